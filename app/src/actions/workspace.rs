//! Actions on the open workspace itself: its name, and its deletion.

use leptos::prelude::*;

use crate::{
    actions::{confirmed, redirect_with_error, signed_in, signed_in_with},
    request::{draft::Draft, redirect},
};

pub(crate) const PAGE: &str = "/settings/workspace";

/// Renames the open workspace.
#[server(prefix = "/rpc", endpoint = "rename-workspace")]
pub(crate) async fn rename_workspace(#[server(default)] name: String) -> Result<(), ServerFnError> {
    let draft = Draft::of([("name", name.as_str())]);
    let Some((services, viewer)) = signed_in_with(&draft) else { return Ok(()) };
    match services.tenants().rename_workspace(&viewer, &name).await {
        Ok(()) => redirect(&format!("{PAGE}?code=renamed")),
        Err(error) => {
            draft.keep();
            redirect_with_error(PAGE, Vec::new(), &error);
        }
    }
    Ok(())
}

/// Deletes the open workspace. The next page is in another workspace of the user, if there is one.
#[server(prefix = "/rpc", endpoint = "delete-workspace")]
pub(crate) async fn delete_workspace(#[server(default)] workspace: String) -> Result<(), ServerFnError> {
    let Some((services, viewer)) = signed_in() else { return Ok(()) };
    let deleted = async { services.tenants().delete_workspace(&viewer, &workspace, &confirmed(&services)?).await };
    match deleted.await {
        Ok(()) => redirect("/membership?code=workspace_deleted"),
        Err(error) => redirect_with_error(PAGE, Vec::new(), &error),
    }
    Ok(())
}
