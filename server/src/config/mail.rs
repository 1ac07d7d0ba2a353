//! Mail: the SMTP server, the sender, and the address of sales.

use billing::mail::{Mailer, Sender, can_be_mailed};
use domain::account::Email;
use secrecy::SecretString;
use url::Url;

use super::{SettingError, Settings};

/// The sender: `MAIL_FROM`, else `app_name` with an address at the host of `APP_URL`, or at `localhost` if the host is
/// an IPv6 address.
pub(super) fn sender(settings: &Settings, app_name: &str, app_url: &Url) -> Result<Sender, SettingError> {
    let host = app_url.host_str().filter(|host| !host.starts_with('[')).unwrap_or("localhost");
    let is_plain = app_name.chars().all(|char| char.is_ascii_alphanumeric() || char == ' ');
    // Other characters, such as a comma, need quotes.
    let name = if is_plain {
        app_name.to_owned()
    } else {
        format!("\"{}\"", app_name.replace('\\', "\\\\").replace('"', "\\\""))
    };
    let default = format!("{name} <no-reply@{host}>");
    settings.get("MAIL_FROM").unwrap_or(&default).parse().map_err(|error| SettingError::because(&error))
}

pub(super) fn mailer(settings: &Settings, from: &Sender) -> Result<Option<Mailer>, SettingError> {
    let Some(url) = settings.get("SMTP_URL") else { return Ok(None) };
    Mailer::new(&SecretString::from(url), from.clone()).map(Some).map_err(|error| SettingError::because(&error))
}

pub(super) fn sales_email(settings: &Settings) -> Result<Option<Email>, SettingError> {
    const EXPECTS: &str = "an e-mail address, as sales@example.com";
    let email = settings.optional::<Email>("SALES_EMAIL", EXPECTS)?;
    if email.as_ref().is_some_and(|email| !can_be_mailed(email)) {
        return Err(settings.wrong("SALES_EMAIL", EXPECTS));
    }
    Ok(email)
}
