//! `server operator …`: who runs this installation, and sees the desk.

use serde_json::json;

use super::open_services;
use crate::{
    cli::{OperatorListArgs, OperatorOneArgs},
    config::Config,
};

pub async fn add(config: &Config, args: OperatorOneArgs) -> color_eyre::Result<()> {
    let OperatorOneArgs { email, json } = args;
    let services = open_services(config).await?;
    let added = services.add_operator(&email).await;
    let desk = services.settings().app_url.join("operator")?;
    services.store().close().await;
    let email = added?;
    if json {
        println!("{}", json!({ "email": email, "operator": true }));
    } else {
        println!("{email} is an operator: the desk is at {desk}.");
    }
    Ok(())
}

pub async fn remove(config: &Config, args: OperatorOneArgs) -> color_eyre::Result<()> {
    let OperatorOneArgs { email, json } = args;
    let services = open_services(config).await?;
    let removed = services.remove_operator(&email).await;
    services.store().close().await;
    let was_one = removed?;
    if json {
        println!("{}", json!({ "email": email, "operator": false }));
    } else if was_one {
        println!("{email} is no operator any more.");
    } else {
        println!("{email} was no operator.");
    }
    Ok(())
}

pub async fn list(config: &Config, args: OperatorListArgs) -> color_eyre::Result<()> {
    let OperatorListArgs { json } = args;
    let services = open_services(config).await?;
    let operators = services.operators().await;
    services.store().close().await;
    let operators = operators?;
    if json {
        let items = operators
            .iter()
            .map(|one| json!({ "userId": one.user, "email": one.email, "since": one.since.rfc3339_secs() }));
        println!("{}", json!({ "items": items.collect::<Vec<_>>() }));
    } else if operators.is_empty() {
        println!("There is no operator.");
    } else {
        for one in operators {
            println!("{} since {}", one.email, one.since.rfc3339_secs());
        }
    }
    Ok(())
}
