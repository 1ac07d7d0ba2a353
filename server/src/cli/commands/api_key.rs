//! `server api-key …`: manages API keys, as the settings pages do.

use billing::{
    identity::factors::Confirmed,
    service::{
        ServiceError,
        tenant::key::{KeyAuthority, ListedKey, NewApiKey, parse_sources},
    },
};
use color_eyre::eyre::bail;
use domain::time::Timestamp;
use ipnet::IpNet;

use super::{name_tenant_argument, open_services};
use crate::{
    api::tenant::api_keys::{create::CreatedApiKey, list::ApiKeyList},
    cli::{ApiKeyCreateArgs, ApiKeyListArgs, ApiKeyRevokeArgs, output::print_line},
    config::Config,
};

pub async fn create(config: &Config, args: ApiKeyCreateArgs) -> color_eyre::Result<()> {
    let ApiKeyCreateArgs { tenant, scopes, name, expires_at, from, json } = args;
    let from = parse_sources(from.iter().map(String::as_str))?;
    let services = open_services(config).await?;
    let new_key = NewApiKey { name, scopes, expires_at, sources: from };
    let made = services.api_keys().create_key(KeyAuthority::Operator(&tenant), &Confirmed::not_asked(), new_key).await;
    services.store().close().await;
    let made = made.map_err(|error| name_tenant_argument(config, &tenant, error))?;
    if json {
        print_line!("{}", serde_json::to_string(&CreatedApiKey::from(made))?)?;
    } else {
        print_line!("{}", made.key)?;
    }
    Ok(())
}

pub async fn list(config: &Config, args: ApiKeyListArgs) -> color_eyre::Result<()> {
    let ApiKeyListArgs { tenant, json } = args;
    let services = open_services(config).await?;
    let tenant_plan = services.subscriptions().tenant_plan(&tenant).await;
    tenant_plan.map_err(|error| name_tenant_argument(config, &tenant, error))?;
    let keys = services.api_keys().list_keys(&tenant).await?;
    services.store().close().await;
    if json {
        print_line!("{}", serde_json::to_string(&ApiKeyList::from(keys))?)?;
    } else {
        for key in keys {
            print_line!("{}", format_key(&key))?;
        }
    }
    Ok(())
}

pub async fn revoke(config: &Config, args: ApiKeyRevokeArgs) -> color_eyre::Result<()> {
    let ApiKeyRevokeArgs { tenant, id, json } = args;
    let services = open_services(config).await?;
    let revoked = services.api_keys().revoke_key(KeyAuthority::Operator(&tenant), &id).await;
    services.store().close().await;
    match revoked {
        Err(ServiceError::NotFound(_)) => bail!("--id is wrong: tenant {tenant} has no key {id}"),
        outcome => outcome?,
    }
    if json {
        print_line!("{}", serde_json::json!({ "id": id, "revoked": true }))?;
    } else {
        print_line!("The key {id} does not work any more.")?;
    }
    Ok(())
}

fn format_key(key: &ListedKey) -> String {
    format_line(&KeyLine {
        id: &key.id,
        name: &key.name,
        scopes: key.scopes.iter().map(|scope| scope.as_str()).collect(),
        created_at: key.created_at,
        last_used_at: key.last_used_at,
        expires_at: key.expires_at,
        is_expired: key.is_expired,
        sources: &key.sources,
    })
}

/// A key's properties that [`format_line`] shows.
pub(super) struct KeyLine<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) scopes: Vec<&'static str>,
    pub(super) created_at: Timestamp,
    pub(super) last_used_at: Option<Timestamp>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) is_expired: bool,
    pub(super) sources: &'a [IpNet],
}

/// Formats a key as one line: `4kq2…  usage  made 2025-10-02T08:00:00Z, never used, never expires  Production gateway`.
pub(super) fn format_line(key: &KeyLine<'_>) -> String {
    let scopes = key.scopes.join(",");
    let used = key.last_used_at.map_or_else(|| "never used".to_owned(), |at| format!("used {}", at.rfc3339_secs()));
    let expires = match (key.expires_at.map(Timestamp::rfc3339_secs), key.is_expired) {
        (None, _) => "never expires".to_owned(),
        (Some(end), false) => format!("expires {end}"),
        (Some(end), true) => format!("expired {end}"),
    };
    let from = if key.sources.is_empty() {
        String::new()
    } else {
        format!(", only from {}", key.sources.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and "))
    };
    format!("{}  {scopes}  made {}, {used}, {expires}{from}  {}", key.id, key.created_at.rfc3339_secs(), key.name)
}
