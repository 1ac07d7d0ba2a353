//! `server second-factor …`: recovery for a person who has lost their second factor.

use color_eyre::eyre::bail;

use super::open_services;
use crate::{
    cli::{SecondFactorResetArgs, output::print_line},
    config::Config,
};

/// Removes an account's second factor, if it has one, and ends the account's sessions. They end even without a second
/// factor, because another person may be signed in to the account.
pub async fn reset(config: &Config, args: SecondFactorResetArgs) -> color_eyre::Result<()> {
    let SecondFactorResetArgs { email, json } = args;
    let services = open_services(config).await?;
    let reset = services.accounts().reset_second_factor(&email).await;
    services.store().close().await;
    let Some(was_on) = reset? else { bail!("--email is wrong: no account has the address {email}") };
    if json {
        print_line!("{}", serde_json::json!({ "email": email, "reset": was_on }))?;
    } else if was_on {
        print_line!("{email} has no second factor any more, and is signed out everywhere.")?;
    } else {
        print_line!("{email} had no second factor; the account is signed out everywhere.")?;
    }
    Ok(())
}
