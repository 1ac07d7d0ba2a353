//! The URLs to which the provider's pages send the user back.

use url::Url;

use crate::service::{Checkouts, ServiceError, base::address::ascii_url};

/// Maximum length of a return URL.
const URL_MAX_BYTES: usize = 2048;

impl Checkouts {
    /// Returns the URL `wanted`; if `wanted` is `None`, that of Dues' page `default`. Rejects origins that are not
    /// allowed, to prevent open redirects.
    pub(in crate::service) fn return_url(
        &self,
        field: &'static str,
        wanted: Option<&str>,
        default: &str,
    ) -> Result<String, ServiceError> {
        let Some(wanted) = wanted else { return Ok(self.page_url(default)) };
        let settings = self.settings();
        let is_ours = |url: &Url| {
            let origin = url.origin();
            let is_web = matches!(url.scheme(), "http" | "https");
            let is_bare = url.username().is_empty() && url.password().is_none();
            is_web
                && is_bare
                && (origin == settings.app_url.origin()
                    || settings.allowed_redirect_origins.contains(&origin)
                    || settings.allows_loopback_redirects && is_loopback(url))
        };
        match ascii_url(wanted) {
            Some((address, url)) if address.len() <= URL_MAX_BYTES && is_ours(&url) => Ok(address),
            _ => {
                let message = format!(
                    "{field} must be an address under {} or an allowed redirect origin, which the operator sets.",
                    settings.app_url.origin().ascii_serialization()
                );
                Err(ServiceError::field(field, message))
            }
        }
    }
}

/// Whether a URL is http at 127.0.0.1 or localhost, with any port.
fn is_loopback(url: &Url) -> bool {
    url.scheme() == "http" && matches!(url.host_str(), Some("127.0.0.1" | "localhost"))
}
