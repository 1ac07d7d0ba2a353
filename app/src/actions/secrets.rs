//! Actions on the workspace's secrets.

use ::billing::service::{ServiceError, tenant::secret::SecretsAuthority};
use domain::tenant::portal::PortalPermission;
use leptos::prelude::*;

use crate::{
    actions::{Keeper, keeper_with, redirect_with_error},
    request::{PageRequest, draft::Draft, redirect},
};

pub(crate) const PAGE: &str = "/settings/secrets";

fn authority(keeper: &Keeper) -> Result<SecretsAuthority, ServiceError> {
    let authority = match keeper {
        Keeper::Account(viewer) => SecretsAuthority::admin(viewer)?,
        Keeper::Portal(_, grant) => SecretsAuthority::portal(grant)?,
    };
    let from = PageRequest::now().and_then(|req| req.client_address());
    Ok(match from {
        Some(from) => authority.calling_from(from),
        None => authority,
    })
}

/// Stores a secret, or replaces its value if the name exists.
#[server(prefix = "/rpc", endpoint = "set-secret")]
pub(crate) async fn set_secret(
    #[server(default)] key: String,
    #[server(default)] value: String,
) -> Result<(), ServerFnError> {
    // Only the name is kept: a draft never holds the value.
    let draft = Draft::of([("key", key.as_str())]);
    let Some((services, keeper)) = keeper_with(PortalPermission::Secrets, &draft) else { return Ok(()) };
    let value = value.into();
    let kept = async {
        let authority = authority(&keeper)?.confirmed(&keeper.confirmed(&services)?);
        services.secrets().set_secret(&authority, key.trim(), &value).await
    };
    match kept.await {
        Ok(_) => redirect("/settings/secrets?code=kept"),
        Err(error) => {
            draft.keep();
            redirect_with_error(PAGE, Vec::new(), &error);
        }
    }
    Ok(())
}

/// Deletes a secret.
#[server(prefix = "/rpc", endpoint = "delete-secret")]
pub(crate) async fn delete_secret(#[server(default)] key: String) -> Result<(), ServerFnError> {
    let keeper = keeper_with(PortalPermission::Secrets, &Draft::default());
    let Some((services, keeper)) = keeper else { return Ok(()) };
    let deleted = async {
        let authority = authority(&keeper)?.confirmed(&keeper.confirmed(&services)?);
        services.secrets().delete_secret(&authority, &key).await
    };
    match deleted.await {
        Ok(()) => redirect("/settings/secrets?code=deleted"),
        Err(error) => redirect_with_error(PAGE, Vec::new(), &error),
    }
    Ok(())
}
