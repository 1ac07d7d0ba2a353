//! The table of the installation's keys.

use std::borrow::Cow;

use billing::service::tenant::installation::key::ListedInstallationKey;
use domain::tenant::installation_scope::InstallationScope;
use leptos::prelude::*;
use locales::text;

use crate::{
    actions::operator::installation_key::KEYS,
    components::key_table::{KeyRow, key_table},
};

pub(super) fn list(keys: &[ListedInstallationKey]) -> AnyView {
    key_table(text!(keys_caption_installation), text!(keys_purpose_installation), KEYS, keys.iter().map(row))
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
        made_by: Some(created_by.clone().map_or_else(|| text!(keys_created_on_command_line), Cow::Owned)),
        last_used_at: *last_used_at,
        expires_at: *expires_at,
        is_expired: *is_expired,
    }
}
