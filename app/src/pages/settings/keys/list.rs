//! The table of keys.

use billing::service::tenant::key::ListedKey;
use domain::tenant::scope::Scope;
use leptos::prelude::*;

use crate::{
    components::{
        form::key_fields::expiry,
        table::{Column, RowAlign, record_table},
    },
    request::local_path::with_query,
    wording::{day, minute},
};

/// Number of an id's characters shown: enough to distinguish keys.
const SHOWN_OF_ID: usize = 8;

pub(super) fn list(keys: &[ListedKey], workspace: &str) -> AnyView {
    if keys.is_empty() {
        return view! {
            <div class="empty">
                <p>"No keys yet."</p>
                <p>"A service needs one to ask Dues what this workspace may use, and to say what it used."</p>
            </div>
        }
        .into_any();
    }
    record_table(
        RowAlign::Middle,
        format!("API keys of {workspace}"),
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

fn row(key: &ListedKey) -> impl IntoView + use<> {
    let ListedKey {
        id,
        name,
        scopes,
        created_at,
        maker: _,
        created_by,
        is_self_issued_meter,
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
    let scopes = scopes.iter().copied().map(Scope::as_str).collect::<Vec<_>>().join(", ");
    let made_by = created_by
        .clone()
        .map(|email| view! { <br/><span class="note breaking">{format!("in the name of {email}")}</span> });
    let meter = is_self_issued_meter.then(|| {
        view! { <br/><span class="note">"made by an admin: keys that count usage are now given by the installation"</span> }
    });
    let asks = with_query("/settings/keys", &[("revoke", id)]);
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                <span class="breaking">{name.clone()}</span><br/><code class="note">{format!("dues_{start}…")}</code>
            </th>
            <td role="cell" data-label="May">{scopes}{bound}{meter}</td>
            <td role="cell" class="by" data-label="Made"><span class="nowrap">{day(*created_at)}</span>{made_by}</td>
            <td role="cell" data-label="Last used">{last_used_at.map_or_else(|| "never".to_owned(), minute)}</td>
            <td role="cell" data-label="Expires">{expiry(*expires_at, *is_expired)}</td>
            <td role="cell" class="num">
                <a class="plain stop" href=asks>"Revoke"<span class="unseen">{format!(" {name}")}</span></a>
            </td>
        </tr>
    }
}
