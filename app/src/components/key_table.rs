//! The table of keys: a workspace's, or the installation's.

use std::borrow::Cow;

use domain::time::Timestamp;
use leptos::prelude::*;
use locales::text;

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

/// A key as the table shows it.
pub(crate) struct KeyRow<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) scopes: Vec<&'static str>,
    /// The networks that the key may be used from; empty for any.
    pub(crate) sources: Vec<String>,
    /// A sentence below the scopes.
    pub(crate) remark: Option<Cow<'static, str>>,
    pub(crate) created_at: Timestamp,
    /// The creator of the key, shown below the day of creation.
    pub(crate) made_by: Option<Cow<'static, str>>,
    pub(crate) last_used_at: Option<Timestamp>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) is_expired: bool,
}

/// Renders keys, each with a link that asks at `path` whether to revoke it. Without keys, renders `purpose`: what a key
/// is for.
pub(crate) fn key_table<'a>(
    caption: Cow<'static, str>,
    purpose: Cow<'static, str>,
    path: &str,
    keys: impl ExactSizeIterator<Item = KeyRow<'a>>,
) -> AnyView {
    if keys.len() == 0 {
        return view! {
            <div class="empty">
                <p>{text!(keys_none)}</p>
                <p>{purpose}</p>
            </div>
        }
        .into_any();
    }
    record_table(
        RowAlign::Middle,
        caption,
        [
            Column::Text(text!(keys_column_name)),
            Column::Text(text!(keys_scopes)),
            Column::Text(text!(keys_column_created)),
            Column::Text(text!(keys_column_last_used)),
            Column::Text(text!(keys_column_expires)),
            Column::Button(text!(keys_revoke)),
        ],
        keys.map(|key| row(key, path)).collect_view(),
    )
}

fn row(key: KeyRow<'_>, path: &str) -> impl IntoView + use<> {
    let KeyRow { id, name, scopes, sources, remark, created_at, made_by, last_used_at, expires_at, is_expired } = key;
    let bound = (!sources.is_empty()).then(|| {
        view! { <br/><span class="note breaking">{text!(keys_only_from, networks = sources.join(", "))}</span> }
    });
    let start: String = id.chars().take(SHOWN_OF_ID).collect();
    let remark = remark.map(|remark| view! { <br/><span class="note">{remark}</span> });
    let made_by = made_by.map(|maker| view! { <br/><span class="note breaking"><bdi>{maker}</bdi></span> });
    let used = last_used_at.map_or_else(|| text!(keys_never_used), |at| minute(at).into());
    let asks = with_query(path, &[("revoke", id)]);
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                <span class="breaking"><bdi>{name.to_owned()}</bdi></span><br/><code class="note">{format!("dues_{start}…")}</code>
            </th>
            <td role="cell" data-label=text!(keys_scopes)>{scopes.join(", ")}{bound}{remark}</td>
            <td role="cell" class="by" data-label=text!(keys_column_created)>
                <span class="nowrap">{day(created_at)}</span>{made_by}
            </td>
            <td role="cell" data-label=text!(keys_column_last_used)>{used}</td>
            <td role="cell" data-label=text!(keys_column_expires)>{expiry(expires_at, is_expired)}</td>
            <td role="cell" class="num">
                <a class="plain stop" href=asks>{text!(keys_revoke)}<span class="unseen">{format!(" {name}")}</span></a>
            </td>
        </tr>
    }
}
