//! The table of the installation's keys.

use billing::service::tenant::installation::key::ListedInstallationKey;
use domain::tenant::installation_scope::InstallationScope;
use leptos::prelude::*;

use crate::{
    actions::operator::installation_key::KEYS,
    components::key_table::{KeyRow, key_table},
};

pub(super) fn list(keys: &[ListedInstallationKey]) -> AnyView {
    key_table(
        "Keys of the installation".to_owned(),
        "A product needs one to create workspaces and to count for all of them.",
        KEYS,
        keys.iter().map(row),
    )
}

fn row(key: &ListedInstallationKey) -> KeyRow<'_> {
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
    KeyRow {
        id,
        name,
        scopes: scopes.iter().copied().map(InstallationScope::as_str).collect(),
        sources: sources.iter().map(ToString::to_string).collect(),
        remark: None,
        created_at: *created_at,
        made_by: Some(created_by.clone().unwrap_or_else(|| "on the command line".to_owned())),
        last_used_at: *last_used_at,
        expires_at: *expires_at,
        is_expired: *is_expired,
    }
}
