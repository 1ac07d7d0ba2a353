//! Secrets of the open workspace.

use ::billing::service::secret::Keeper;
use leptos::prelude::*;

use crate::{
    actions::{redirect_with_error, signed_in},
    draft::Draft,
    request::redirect,
};

const PAGE: &str = "/settings/secrets";

/// Keeps a value, in the place of one that is kept under the name.
#[server(prefix = "/rpc", endpoint = "set-secret")]
pub(crate) async fn set_secret(
    #[server(default)] key: String,
    #[server(default)] value: String,
) -> Result<(), ServerFnError> {
    let Some((services, viewer)) = signed_in() else { return Ok(()) };
    let value = value.into();
    let kept = async { services.set_secret(&Keeper::admin(&viewer)?, key.trim(), &value).await };
    match kept.await {
        Ok(_) => redirect("/settings/secrets?code=kept"),
        Err(error) => {
            // The name alone: a value is written again.
            Draft::of([("key", key.as_str())]).keep();
            redirect_with_error(PAGE, Vec::new(), &error);
        }
    }
    Ok(())
}

/// Forgets a secret.
#[server(prefix = "/rpc", endpoint = "delete-secret")]
pub(crate) async fn delete_secret(#[server(default)] key: String) -> Result<(), ServerFnError> {
    let Some((services, viewer)) = signed_in() else { return Ok(()) };
    let deleted = async { services.delete_secret(&Keeper::admin(&viewer)?, &key).await };
    match deleted.await {
        Ok(()) => redirect("/settings/secrets?code=deleted"),
        Err(error) => redirect_with_error(PAGE, Vec::new(), &error),
    }
    Ok(())
}
