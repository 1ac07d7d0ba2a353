//! Actions on the workspace's secrets.

use ::billing::service::{ServiceError, tenant::secret::SecretsAuthority};
use domain::account::Viewer;
use leptos::prelude::*;

use crate::{
    actions::{confirmed, redirect_with_error, signed_in, signed_in_with},
    request::{PageRequest, draft::Draft, redirect},
};

pub(crate) const PAGE: &str = "/settings/secrets";

fn keeper(viewer: &Viewer) -> Result<SecretsAuthority, ServiceError> {
    let keeper = SecretsAuthority::admin(viewer)?;
    let from = PageRequest::now().and_then(|req| req.client_address());
    Ok(match from {
        Some(from) => keeper.calling_from(from),
        None => keeper,
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
    let Some((services, viewer)) = signed_in_with(&draft) else { return Ok(()) };
    let value = value.into();
    let kept = async {
        let keeper = keeper(&viewer)?.confirmed(&confirmed(&services)?);
        services.secrets().set_secret(&keeper, key.trim(), &value).await
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
    let Some((services, viewer)) = signed_in() else { return Ok(()) };
    let deleted = async {
        let keeper = keeper(&viewer)?.confirmed(&confirmed(&services)?);
        services.secrets().delete_secret(&keeper, &key).await
    };
    match deleted.await {
        Ok(()) => redirect("/settings/secrets?code=deleted"),
        Err(error) => redirect_with_error(PAGE, Vec::new(), &error),
    }
    Ok(())
}
