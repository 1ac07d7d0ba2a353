//! The alerts that were sent about limits.

use domain::{
    entitlement::alert::{Alert, AlertKind},
    wire::MembershipView,
};
use leptos::prelude::*;

use crate::{
    components::{
        icon::{Tone, state},
        page::entry::entry,
        table::{Column, RowAlign, record_table},
    },
    wording::{minute, most, used},
};

const MOST_SHOWN: usize = 20;

/// Renders the alerts, newest first; `None` without any.
pub(super) fn alerts_table(view: &MembershipView, alerts: &[Alert]) -> Option<AnyView> {
    let known = alerts.iter().filter_map(|alert| Some((view.catalog.feature(alert.feature.as_str())?, alert)));
    let rows = known
        .take(MOST_SHOWN)
        .map(|(feature, alert)| {
            let says = match alert.kind {
                AlertKind::Warning => state(Tone::Near, "Near the limit".to_owned()),
                AlertKind::Reached => state(Tone::Stop, "Limit reached".to_owned()),
                AlertKind::Cleared => state(Tone::Ok, "Room again".to_owned()),
            };
            let href = format!("/usage/{}", feature.key);
            let figures = format!("{} of {}", used(feature, alert.used), most(feature, alert.limit));
            view! {
                <tr role="row">
                    <th role="rowheader" scope="row" class="nowrap">{minute(alert.sent_at)}</th>
                    <td role="cell"><a href=href>{feature.title.clone()}</a></td>
                    <td role="cell">{says}</td>
                    <td role="cell" class="num" data-label="Stood at">{figures}</td>
                </tr>
            }
        })
        .collect::<Vec<_>>();
    if rows.is_empty() {
        return None;
    }
    let note = view! { <a href="/api/v1/usage/alerts">"The same as JSON"</a> }.into_any();
    Some(entry(
        "alerts",
        "What was told",
        Some(note),
        record_table(
            RowAlign::Baseline,
            "Limits that were near, reached or far again, newest first",
            [Column::Text("When"), Column::Text("Limit"), Column::Text("What"), Column::Figure("Stood at")],
            rows,
        ),
    ))
}
