//! Actions that add and delete an operator's notes about a tenant.

use leptos::prelude::*;

use super::{answer, at_desk, at_desk_with, page_of, parse_tenant};
use crate::request::draft::Draft;

/// Adds a note about a tenant. The form's `note_id` makes a repeated submit idempotent.
#[server(prefix = "/rpc", endpoint = "operator-add-note")]
pub(crate) async fn operator_add_note(
    #[server(default)] tenant: String,
    #[server(default)]
    #[server(rename = "noteText")]
    text: String,
    #[server(default)] note_id: String,
) -> Result<(), ServerFnError> {
    let draft = Draft::of([("noteText", text.as_str())]).about(&tenant);
    let Some((services, operator)) = at_desk_with(&draft) else { return Ok(()) };
    let Some(tenant) = parse_tenant(&tenant) else { return Ok(()) };
    let added = async { services.operators().add_note(&operator?, &tenant, (&note_id, &text)).await };
    let added = added.await.map_err(|error| error.with_field_name("note", "noteText"));
    if added.is_err() {
        draft.keep();
    }
    answer(&page_of(&tenant), added, "noted");
    Ok(())
}

/// Deletes a note about a tenant.
#[server(prefix = "/rpc", endpoint = "operator-delete-note")]
pub(crate) async fn operator_delete_note(
    #[server(default)] tenant: String,
    #[server(default)] note: String,
) -> Result<(), ServerFnError> {
    let Some((services, operator)) = at_desk() else { return Ok(()) };
    let Some(tenant) = parse_tenant(&tenant) else { return Ok(()) };
    let deleted = async { services.operators().delete_note(&operator?, &tenant, &note).await };
    answer(&page_of(&tenant), deleted.await, "note_deleted");
    Ok(())
}
