//! `server password-reset`: a password reset for a person who gets no mail.

use billing::service::account::password_reset::ResetLink;
use color_eyre::eyre::bail;

use super::open_services;
use crate::{cli::PasswordResetArgs, config::Config};

/// Prints a link that sets a new password.
pub async fn print_link(config: &Config, args: PasswordResetArgs) -> color_eyre::Result<()> {
    let PasswordResetArgs { email, json } = args;
    let services = open_services(config).await?;
    let link = services.accounts().password_reset_link(&email).await?;
    services.store().close().await;
    let Some(ResetLink { url, expires_at }) = link else {
        bail!("--email is wrong: no account has the address {email}")
    };
    if json {
        println!("{}", serde_json::json!({ "email": email, "url": url, "expiresAt": expires_at.rfc3339_secs() }));
    } else {
        println!("{url}");
    }
    Ok(())
}
