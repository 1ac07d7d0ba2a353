//! The table of keys.

use billing::service::tenant::key::ListedKey;
use domain::tenant::scope::Scope;
use leptos::prelude::*;

use crate::components::key_table::{KeyRow, key_table};

pub(super) fn list(keys: &[ListedKey], workspace: &str, path: &str) -> AnyView {
    key_table(
        format!("API keys of {workspace}"),
        "A service needs one to ask Dues what this workspace may use, and to say what it used.",
        path,
        keys.iter().map(row),
    )
}

fn row(key: &ListedKey) -> KeyRow<'_> {
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
    KeyRow {
        id,
        name,
        scopes: scopes.iter().copied().map(Scope::as_str).collect(),
        sources: sources.iter().map(ToString::to_string).collect(),
        remark: is_self_issued_meter
            .then_some("made by an admin: keys that count usage are now given by the installation"),
        created_at: *created_at,
        made_by: created_by.as_ref().map(|email| format!("in the name of {email}")),
        last_used_at: *last_used_at,
        expires_at: *expires_at,
        is_expired: *is_expired,
    }
}
