//! The alerts that were sent about limits.

use domain::{
    entitlement::alert::{Alert, AlertKind},
    wire::MembershipView,
};
use leptos::prelude::*;
use locales::text;

use crate::{
    components::{
        icon::{Tone, state},
        page::entry::entry,
        table::{Column, RowAlign, record_table},
    },
    wording::{minute, most, name, used},
};

const MOST_SHOWN: usize = 20;

/// Renders the alerts, newest first; `None` without any.
pub(super) fn alerts_table(view: &MembershipView, alerts: &[Alert]) -> Option<AnyView> {
    let known = alerts.iter().filter_map(|alert| Some((view.catalog.feature(alert.feature.as_str())?, alert)));
    let rows = known
        .take(MOST_SHOWN)
        .map(|(feature, alert)| {
            let says = match alert.kind {
                AlertKind::Warning | AlertKind::SecondWarning | AlertKind::ThirdWarning => {
                    state(Tone::Near, text!(usage_alert_warning))
                }
                AlertKind::Reached => state(Tone::Stop, text!(usage_alert_reached)),
                AlertKind::Cleared => state(Tone::Ok, text!(usage_alert_cleared)),
            };
            let href = format!("/usage/{}", feature.key);
            let figures = text!(usage_figures, used = used(feature, alert.used), limit = most(feature, alert.limit));
            view! {
                <tr role="row">
                    <th role="rowheader" scope="row" class="nowrap">{minute(alert.sent_at)}</th>
                    <td role="cell"><a href=href>{name(&feature.title)}</a></td>
                    <td role="cell">{says}</td>
                    <td role="cell" class="num" data-label=text!(usage_alerts_usage)>{figures}</td>
                </tr>
            }
        })
        .collect::<Vec<_>>();
    if rows.is_empty() {
        return None;
    }
    let note = view! { <a href="/api/v1/usage/alerts">{text!(usage_json)}</a> }.into_any();
    Some(entry(
        "alerts",
        text!(usage_alerts),
        Some(note),
        record_table(
            RowAlign::Baseline,
            text!(usage_alerts_caption),
            [
                Column::Text(text!(usage_alerts_when)),
                Column::Text(text!(usage_alerts_limit)),
                Column::Text(text!(usage_alerts_alert)),
                Column::Figure(text!(usage_alerts_usage)),
            ],
            rows,
        ),
    ))
}
