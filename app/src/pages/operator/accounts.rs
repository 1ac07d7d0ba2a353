//! Warnings about the accounts at the payment providers, and objects that are missing from the accounts.

use billing::service::{
    AccountWarning,
    operator::{ObjectKind, UnknownObject},
};
use leptos::prelude::*;
use locales::text;

use crate::{
    components::{
        icon::Tone,
        notice::notice,
        table::{Column, RowAlign, record_table},
    },
    wording::minute,
};

/// Renders one notice per provider whose API key belongs to the wrong account.
pub(super) fn account_notices(accounts: &[AccountWarning]) -> Vec<AnyView> {
    accounts
        .iter()
        .map(|AccountWarning { provider, text }| {
            let head = text!(desk_account_changed, provider = provider.title());
            let body = view! {
                <p class="breaking">{with_code(text)}</p>
                <p>{text!(desk_account_changed_meaning)}</p>
            };
            notice(Tone::Stop, head, body)
        })
        .collect()
}

/// Renders text; the parts between backticks become `<code>`.
fn with_code(text: &str) -> Vec<AnyView> {
    let parts = text.split('`').map(str::to_owned).enumerate();
    parts
        .map(|(at, part)| if at % 2 == 1 { view! { <code>{part}</code> }.into_any() } else { part.into_any() })
        .collect()
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
