//! The table of the installation's keys.

use billing::service::tenant::installation::key::ListedInstallationKey;
use domain::tenant::installation_scope::InstallationScope;
use leptos::prelude::*;

use crate::{
    actions::operator::installation_key::KEYS,
    components::{
        form::key_fields::expiry,
        table::{Column, RowAlign, record_table},
    },
    request::local_path::with_query,
    wording::{day, minute},
};

/// Number of an id's characters shown: enough to distinguish keys.
const SHOWN_OF_ID: usize = 8;

pub(super) fn list(keys: &[ListedInstallationKey]) -> AnyView {
    if keys.is_empty() {
        return view! {
            <div class="empty">
                <p>"No keys yet."</p>
                <p>"A product needs one to create workspaces and to count for all of them."</p>
            </div>
        }
        .into_any();
    }
    record_table(
        RowAlign::Middle,
        "Keys of the installation",
        [
            Column::Text("Name and start of key"),
            Column::Text("Scopes"),
            Column::Text("Made"),
            Column::Text("Last used"),
            Column::Text("Expires"),
            Column::Button("Revoke"),
        ],
        keys.iter().map(row).collect_view(),
    )
}

fn row(key: &ListedInstallationKey) -> impl IntoView + use<> {
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
    let bound = (!sources.is_empty()).then(|| {
        let sources = sources.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        view! { <br/><span class="note breaking">{format!("only from {sources}")}</span> }
    });
    let start: String = id.chars().take(SHOWN_OF_ID).collect();
    let scopes = scopes.iter().copied().map(InstallationScope::as_str).collect::<Vec<_>>().join(", ");
    let made_by = created_by.clone().unwrap_or_else(|| "on the command line".to_owned());
    let asks = with_query(KEYS, &[("revoke", id)]);
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                <span class="breaking">{name.clone()}</span><br/><code class="note">{format!("dues_{start}…")}</code>
            </th>
            <td role="cell" data-label="May">{scopes}{bound}</td>
            <td role="cell" class="by" data-label="Made">
                <span class="nowrap">{day(*created_at)}</span><br/><span class="note breaking">{made_by}</span>
            </td>
            <td role="cell" data-label="Last used">{last_used_at.map_or_else(|| "never".to_owned(), minute)}</td>
            <td role="cell" data-label="Expires">{expiry(*expires_at, *is_expired)}</td>
            <td role="cell" class="num">
                <a class="plain stop" href=asks>"Revoke"<span class="unseen">{format!(" {name}")}</span></a>
            </td>
        </tr>
    }
}
