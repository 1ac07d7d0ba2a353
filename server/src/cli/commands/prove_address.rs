//! `server prove-address`: address verification for an installation that sends no mail.

use super::{open_services, print_account_link};
use crate::{cli::AccountLinkArgs, config::Config};

/// Prints a link that verifies the address of an account.
pub async fn print_link(config: &Config, args: AccountLinkArgs) -> color_eyre::Result<()> {
    let AccountLinkArgs { email, json } = args;
    let services = open_services(config).await?;
    let link = services.accounts().address_verification_link(&email).await?;
    services.store().close().await;
    print_account_link(link, &email, json)
}
