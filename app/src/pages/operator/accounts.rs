//! Warnings about the accounts at the payment providers, and objects that are missing from the accounts.

use billing::service::{
    AccountState, AccountWarning,
    operator::{ObjectKind, UnknownObject},
};
use domain::subscription::Provider;
use leptos::prelude::*;
use locales::{Rich, rich, text};

use crate::{
    components::{
        icon::Tone,
        notice::notice,
        rich::rich_text,
        table::{Column, RowAlign, record_table},
    },
    wording::minute,
};

/// Renders one notice per provider whose API key belongs to the wrong account.
pub(super) fn account_notices(accounts: &[AccountWarning]) -> Vec<AnyView> {
    accounts
        .iter()
        .filter_map(|AccountWarning { provider, state }| {
            let meaning = meaning(*provider, state)?;
            let head = text!(desk_account_changed, provider = provider.title());
            let body = view! {
                <p class="breaking">{rich_text(meaning)}</p>
                <p>{text!(desk_account_changed_meaning)}</p>
            };
            Some(notice(Tone::Stop, head, body))
        })
        .collect()
}

/// Says what is wrong with the account and what to do; `None` if nothing is.
fn meaning(provider: Provider, state: &AccountState) -> Option<Rich> {
    let (title, command) = (provider.title(), provider.as_str());
    match state {
        AccountState::Unchecked | AccountState::Confirmed => None,
        AccountState::Changed { stored, found } => Some(rich!(
            desk_account_other,
            provider = title,
            found = found.to_string(),
            stored = stored.to_string(),
            command = command,
            id = &found.id
        )),
        AccountState::Unproven { found } => Some(rich!(
            desk_account_unproven,
            provider = title,
            found = found.to_string(),
            command = command,
            id = &found.id
        )),
        AccountState::Refused { reason } => Some(text!(desk_account_refused, provider = title, reason = reason).into()),
    }
}

/// Renders the objects that the accounts do not contain, each with a link to its tenant if the table spans several.
pub(super) fn unknown_table(objects: Vec<(&UnknownObject, Option<AnyView>)>) -> AnyView {
    if objects.is_empty() {
        return view! { <p>{text!(desk_missing_none)}</p> }.into_any();
    }
    let of_many = objects.iter().any(|(_, owner_link)| owner_link.is_some());
    let rows = objects.into_iter().map(|(object, owner_link)| row(object, owner_link)).collect_view();
    let mut columns = vec![
        Column::Text(text!(desk_missing_object)),
        Column::Text(text!(desk_column_provider)),
        Column::Text(text!(desk_column_since)),
    ];
    if of_many {
        columns.insert(1, Column::Text(text!(desk_column_tenant)));
    }
    record_table(RowAlign::Baseline, text!(desk_missing_table), columns, rows)
}

fn row(object: &UnknownObject, owner_link: Option<AnyView>) -> impl IntoView + use<> {
    let UnknownObject { provider, kind, external_id, found_at } = object;
    let what = match kind {
        ObjectKind::Customer => text!(desk_missing_customer),
        ObjectKind::Subscription => text!(desk_missing_subscription),
        ObjectKind::Checkout => text!(desk_missing_checkout),
    };
    let id = external_id.clone();
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">{what} " " <code class="breaking">{id}</code></th>
            {owner_link.map(|owner_link| view! { <td role="cell" data-label=text!(desk_column_tenant)>{owner_link}</td> })}
            <td role="cell" data-label=text!(desk_column_provider)>{provider.title()}</td>
            <td role="cell" data-label=text!(desk_column_since)>{minute(*found_at)}</td>
        </tr>
    }
}
