//! `server operator …`: manages the operators of this installation.

use billing::service::{
    ServiceError,
    operator::{AccountName, AddedOperator},
};
use color_eyre::eyre::{bail, eyre};
use serde_json::json;

use super::open_services;
use crate::{
    cli::{OperatorListArgs, OperatorOneArgs, output::print_line},
    config::Config,
};

pub async fn add(config: &Config, args: OperatorOneArgs) -> color_eyre::Result<()> {
    let services = open_services(config).await?;
    let added = services.operators().add_operator(account_name(&args)?).await;
    let desk = services.settings().app_url.join("operator")?;
    services.store().close().await;
    let AddedOperator { user, email, made_at } = match added {
        Err(ServiceError::AddressNotVerified) => {
            bail!(
                "the account's address is not verified, so it may be a stranger's: `server prove-address` prints a link that verifies it"
            )
        }
        added => added?,
    };
    let made_at = made_at.rfc3339_secs();
    if args.json {
        print_line!("{}", json!({ "id": user, "email": email, "accountMadeAt": made_at, "operator": true }))?;
    } else {
        print_line!("{email} is an operator: account {user}, made {made_at}. The desk is at {desk}.")?;
    }
    Ok(())
}

pub async fn remove(config: &Config, args: OperatorOneArgs) -> color_eyre::Result<()> {
    let services = open_services(config).await?;
    let removed = services.operators().remove_operator(account_name(&args)?).await;
    services.store().close().await;
    let was_one = removed?;
    let OperatorOneArgs { email, user, json } = args;
    let named = email.clone().or_else(|| user.map(String::from)).unwrap_or_default();
    if json {
        let name = if email.is_some() { "email" } else { "id" };
        print_line!("{}", json!({ name: named, "operator": false }))?;
    } else if was_one {
        print_line!("{named} is no operator any more.")?;
    } else {
        print_line!("{named} was no operator.")?;
    }
    Ok(())
}

/// Returns the account that the arguments name.
fn account_name(args: &OperatorOneArgs) -> color_eyre::Result<AccountName<'_>> {
    let OperatorOneArgs { email, user, json: _ } = args;
    let by_email = email.as_deref().map(AccountName::Email);
    by_email.or_else(|| user.as_ref().map(AccountName::Id)).ok_or_else(|| eyre!("--email or --user is missing"))
}

pub async fn list(config: &Config, args: OperatorListArgs) -> color_eyre::Result<()> {
    let OperatorListArgs { json } = args;
    let services = open_services(config).await?;
    let operators = services.operators().list().await;
    services.store().close().await;
    let operators = operators?;
    if json {
        let items = operators
            .iter()
            .map(|one| json!({ "userId": one.user, "email": one.email, "since": one.since.rfc3339_secs() }));
        print_line!("{}", json!({ "items": items.collect::<Vec<_>>() }))?;
    } else if operators.is_empty() {
        print_line!("There is no operator.")?;
    } else {
        for one in operators {
            print_line!("{} since {}", one.email, one.since.rfc3339_secs())?;
        }
    }
    Ok(())
}
