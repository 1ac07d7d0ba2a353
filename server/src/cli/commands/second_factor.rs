//! `server second-factor …`: recovery for a person who has lost their second factor.

use color_eyre::eyre::bail;

use super::open_services;
use crate::{cli::SecondFactorResetArgs, config::Config};

/// Removes a second factor and ends the account's sessions.
pub async fn reset(config: &Config, args: SecondFactorResetArgs) -> color_eyre::Result<()> {
    let SecondFactorResetArgs { email, json } = args;
    let services = open_services(config).await?;
    let reset = services.accounts().reset_second_factor(&email).await;
    services.store().close().await;
    let Some(was_on) = reset? else { bail!("--email is wrong: no account has the address {email}") };
    if json {
        println!("{}", serde_json::json!({ "email": email, "reset": was_on }));
    } else if was_on {
        println!("{email} has no second factor any more, and is signed out everywhere.");
    } else {
        println!("{email} had no second factor.");
    }
    Ok(())
}
