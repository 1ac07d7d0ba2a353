//! `server stripe adopt` and `server polar adopt`: accept another account at a provider.

use billing::{
    Services,
    service::{AdoptOutcome, FoundAccount},
};
use clap::Args;
use color_eyre::eyre::bail;
use domain::subscription::Provider;
use serde_json::json;

use super::open_services;
use crate::{cli::output::print_line, config::Config};

#[derive(Debug, Args)]
pub struct AdoptArgs {
    /// The id of the account to accept, as acct_… at Stripe or the organization's at Polar.
    #[arg(value_name = "ACCOUNT")]
    pub account: Option<String>,
    /// Accept the account that the key opens, without naming it.
    #[arg(long, conflicts_with = "account")]
    pub yes: bool,
    /// Print one JSON object: {"provider","before":{"id","mode"},"account":{"id","mode"},"adopted"}.
    #[arg(long)]
    pub json: bool,
}

pub async fn adopt(config: &Config, provider: Provider, args: AdoptArgs) -> color_eyre::Result<()> {
    let services = open_services(config).await?;
    let outcome = perform(&services, provider, args).await;
    services.store().close().await;
    outcome
}

async fn perform(services: &Services, provider: Provider, args: AdoptArgs) -> color_eyre::Result<()> {
    let AdoptArgs { account, yes, json } = args;
    let FoundAccount { kept, found } = services.providers().find_provider_account(provider).await?;
    let (name, command) = (provider.title(), provider.as_str());
    let was = kept.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
    if !json {
        print_line!("Kept:  {was}\nFound: {found}")?;
    }
    let Some(id) = account.or_else(|| yes.then(|| found.id.clone())) else {
        bail!(
            "nothing was changed: name the account to accept it, as `server {command} adopt {}`, or say --yes",
            found.id
        );
    };
    let adopted = services.providers().adopt_provider_account(provider, &id).await?;
    if adopted == AdoptOutcome::OtherAccount {
        bail!("nothing was changed: the key for {name} opens {found}, not {id}");
    }
    if json {
        let account = |account: &billing::payment::account::ProviderAccount| json!({ "id": account.id, "mode": account.mode.as_str() });
        let (before, now) = (kept.as_ref().map(account), account(&found));
        print_line!(
            "{}",
            json!({ "provider": command, "before": before, "account": now, "adopted": adopted == AdoptOutcome::Done })
        )?;
    } else if adopted == AdoptOutcome::Already {
        print_line!("It is the account that is used already.")?;
    } else {
        print_line!("{name} is used with the account {found} from now on. A server that runs follows within seconds.")?;
    }
    Ok(())
}
