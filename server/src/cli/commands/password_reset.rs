//! `server password-reset`: a password reset for a person who gets no mail.

use super::{open_services, print_account_link};
use crate::{cli::AccountLinkArgs, config::Config};

/// Prints a link that sets a new password.
pub async fn print_link(config: &Config, args: AccountLinkArgs) -> color_eyre::Result<()> {
    let AccountLinkArgs { email, json } = args;
    let services = open_services(config).await?;
    let link = services.accounts().password_reset_link(&email).await?;
    services.store().close().await;
    print_account_link(link, &email, json)
}
