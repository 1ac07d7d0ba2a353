//! Warnings about the accounts at the payment providers, and objects that are missing from the accounts.

use billing::service::{
    AccountWarning,
    operator::{ObjectKind, UnknownObject},
};
use leptos::prelude::*;

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
            let head = format!("{} is not asked: its key opens another account", provider.title());
            let body = view! {
                <p class="breaking">{with_code(text)}</p>
                <p>"Nothing is written meanwhile. Webhooks and jobs wait, and go on when the account is the right one."</p>
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

/// Renders the objects that the accounts do not contain, each with a link to its workspace if the table spans several.
pub(super) fn unknown_table(objects: Vec<(&UnknownObject, Option<AnyView>)>) -> AnyView {
    if objects.is_empty() {
        return view! { <p>"The providers know everything that was seen there."</p> }.into_any();
    }
    let of_many = objects.iter().any(|(_, owner_link)| owner_link.is_some());
    let rows = objects.into_iter().map(|(object, owner_link)| row(object, owner_link)).collect_view();
    let mut columns = vec![Column::Text("What"), Column::Text("At"), Column::Text("Since")];
    if of_many {
        columns.insert(1, Column::Text("Whose"));
    }
    record_table(RowAlign::Baseline, "What the providers do not know now, oldest first", columns, rows)
}

fn row(object: &UnknownObject, owner_link: Option<AnyView>) -> impl IntoView + use<> {
    let UnknownObject { provider, kind, external_id, found_at } = object;
    let what = match kind {
        ObjectKind::Customer => "Customer",
        ObjectKind::Subscription => "Subscription",
        ObjectKind::Checkout => "Checkout",
    };
    let id = external_id.clone();
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">{what} " " <code class="breaking">{id}</code></th>
            {owner_link.map(|owner_link| view! { <td role="cell" data-label="Whose">{owner_link}</td> })}
            <td role="cell" data-label="At">{provider.title()}</td>
            <td role="cell" data-label="Since">{minute(*found_at)}</td>
        </tr>
    }
}
