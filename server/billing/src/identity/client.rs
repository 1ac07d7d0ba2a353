//! Request data that sign-in limits depend on.

use locales::Locale;

use super::ClientAddress;

const USER_AGENT_MAX_BYTES: usize = 512;
const COOKIE_MAX_BYTES: usize = 1024;

/// The client of a sign-in attempt: its address and headers.
#[derive(Clone, Debug)]
pub struct Client {
    pub address: ClientAddress,
    /// The value of the cookie of known devices, as received; empty if the request has none.
    pub device_cookie: String,
    /// The header `User-Agent`; empty if the request has none.
    pub user_agent: String,
    /// The language of the page or response; `None` if it is not known. A new account's mails follow it.
    pub language: Option<Locale>,
}

impl Client {
    /// Reads the headers. Values that are too long are treated as missing.
    pub fn new(address: ClientAddress, device_cookie: Option<&str>, user_agent: Option<&str>) -> Self {
        let within = |text: Option<&str>, most| text.filter(|text| text.len() <= most).unwrap_or_default().to_owned();
        Self {
            address,
            device_cookie: within(device_cookie, COOKIE_MAX_BYTES),
            user_agent: within(user_agent, USER_AGENT_MAX_BYTES),
            language: None,
        }
    }

    /// Sets the language of the page or response.
    #[must_use]
    pub fn reading(self, language: Locale) -> Self {
        Self { language: Some(language), ..self }
    }
}

impl From<ClientAddress> for Client {
    fn from(address: ClientAddress) -> Self {
        Self::new(address, None, None)
    }
}
