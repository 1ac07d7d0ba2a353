//! The table of keys.

use billing::service::tenant::key::ListedKey;
use domain::tenant::scope::Scope;
use leptos::prelude::*;
use locales::text;

use crate::components::key_table::{KeyRow, key_table};

pub(super) fn list(keys: &[ListedKey], workspace: &str, path: &str) -> AnyView {
    key_table(text!(keys_caption, workspace = workspace), text!(keys_purpose), path, keys.iter().map(row))
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
        remark: is_self_issued_meter.then(|| text!(keys_self_issued)),
        created_at: *created_at,
        made_by: created_by.as_ref().map(|email| text!(keys_created_by, email = email)),
        last_used_at: *last_used_at,
        expires_at: *expires_at,
        is_expired: *is_expired,
    }
}
