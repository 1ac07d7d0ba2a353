//! `server prove-address`: address verification for an installation that sends no mail.

use billing::service::account::address_proof::ProofLink;
use color_eyre::eyre::bail;

use super::open_services;
use crate::{cli::ProveAddressArgs, config::Config};

/// Prints a link that verifies the address of an account.
pub async fn print_link(config: &Config, args: ProveAddressArgs) -> color_eyre::Result<()> {
    let ProveAddressArgs { email, json } = args;
    let services = open_services(config).await?;
    let link = services.accounts().address_proof_link(&email).await?;
    services.store().close().await;
    let Some(ProofLink { url, expires_at }) = link else {
        bail!("--email is wrong: no account has the address {email}")
    };
    if json {
        println!("{}", serde_json::json!({ "email": email, "url": url, "expiresAt": expires_at.rfc3339_secs() }));
    } else {
        println!("{url}");
    }
    Ok(())
}
