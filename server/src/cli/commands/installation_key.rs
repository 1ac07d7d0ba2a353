//! `server installation-key …`: manages keys of the installation, as the operator desk does.

use billing::service::{
    ServiceError,
    tenant::{
        installation::key::{InstallationAuthority, ListedInstallationKey, NewInstallationKey},
        key::{CreatedKey, parse_sources},
    },
};
use color_eyre::eyre::bail;
use domain::time::Timestamp;
use ipnet::IpNet;
use serde_json::{Value, json};

use super::{
    api_key::{KeyLine, format_line},
    open_services,
};
use crate::{
    cli::{InstallationKeyCreateArgs, InstallationKeyListArgs, InstallationKeyRevokeArgs, output::print_line},
    config::Config,
};

const BY: InstallationAuthority<'static> = InstallationAuthority::CommandLine;

pub async fn create(config: &Config, args: InstallationKeyCreateArgs) -> color_eyre::Result<()> {
    let InstallationKeyCreateArgs { name, scopes, expires_at, from, json } = args;
    let from = parse_sources(from.iter().map(String::as_str))?;
    let services = open_services(config).await?;
    let new_key = NewInstallationKey { name, scopes, expires_at, sources: from };
    let made = services.installation_keys().create(BY, new_key).await;
    services.store().close().await;
    let CreatedKey { id, name, scopes, key, created_at, expires_at, sources } = made?;
    if json {
        let made = json!({
            "id": id,
            "name": name,
            "scopes": scopes,
            "key": key,
            "createdAt": created_at.rfc3339_secs(),
            "expiresAt": expires_at.map(Timestamp::rfc3339_secs),
            "from": texts(&sources),
        });
        print_line!("{made}")?;
    } else {
        print_line!("{key}")?;
    }
    Ok(())
}

pub async fn list(config: &Config, args: InstallationKeyListArgs) -> color_eyre::Result<()> {
    let InstallationKeyListArgs { json } = args;
    let services = open_services(config).await?;
    let keys = services.installation_keys().list().await;
    services.store().close().await;
    let keys = keys?;
    if json {
        print_line!("{}", json!({ "items": keys.iter().map(item).collect::<Vec<_>>() }))?;
    } else {
        for key in &keys {
            print_line!("{}", format_key(key))?;
        }
    }
    Ok(())
}

pub async fn revoke(config: &Config, args: InstallationKeyRevokeArgs) -> color_eyre::Result<()> {
    let InstallationKeyRevokeArgs { id, json } = args;
    let services = open_services(config).await?;
    let revoked = services.installation_keys().revoke(BY, &id).await;
    services.store().close().await;
    match revoked {
        Err(ServiceError::NotFound(_)) => bail!("--id is wrong: the installation has no key {id}"),
        outcome => outcome?,
    }
    if json {
        print_line!("{}", json!({ "id": id, "revoked": true }))?;
    } else {
        print_line!("The key {id} does not work any more.")?;
    }
    Ok(())
}

fn texts(sources: &[IpNet]) -> Vec<String> {
    sources.iter().map(ToString::to_string).collect()
}

fn item(key: &ListedInstallationKey) -> Value {
    let ListedInstallationKey {
        id,
        name,
        scopes,
        created_at,
        created_by,
        expires_at,
        is_expired,
        last_used_at,
        sources,
    } = key;
    json!({
        "id": id,
        "name": name,
        "scopes": scopes,
        "createdAt": created_at.rfc3339_secs(),
        "createdBy": created_by,
        "expiresAt": expires_at.map(Timestamp::rfc3339_secs),
        "expired": is_expired,
        "lastUsedAt": last_used_at.map(Timestamp::rfc3339_secs),
        "from": texts(sources),
    })
}

fn format_key(key: &ListedInstallationKey) -> String {
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
