//! The chart's figures.

use std::borrow::Cow;

use domain::{
    catalog::{Feature, FeatureKind, Limit},
    entitlement::{
        FeatureUsage,
        history::{Span, Step},
    },
};
use leptos::prelude::*;
use locales::text;

use crate::{
    components::usage::chart::{level, step_name},
    wording::{amount, name},
};

/// Renders the table, newest step first.
pub(super) fn table(feature: &Feature, usage: &FeatureUsage, step: Step, points: &[Span]) -> AnyView {
    let of_limit = |level: u64| match usage.limit {
        Limit::AtMost(most) if most > 0 => {
            let reading = FeatureUsage { used: level, ..usage.clone() };
            text!(usage_permille, whole = reading.permille() / 10, tenth = reading.permille() % 10)
        }
        _ => Cow::Borrowed("\u{2013}"),
    };
    let signed = |added: i64| {
        let size = amount(feature, added.unsigned_abs());
        if added < 0 { format!("\u{2212}{size}") } else { size }
    };
    let rows = points
        .iter()
        .rev()
        .map(|point| {
            view! {
                <tr>
                    <th scope="row" class="nowrap">{step_name(step, point.starts_at)}</th>
                    <td class="num">{signed(point.amount)}</td>
                    <td class="num">{amount(feature, level(feature.kind, step, point))}</td>
                    <td class="num">{of_limit(level(feature.kind, step, point))}</td>
                </tr>
            }
        })
        .collect_view();
    let head = match step {
        Step::Hour => text!(usage_table_hour),
        Step::Day => text!(usage_table_day),
        Step::Month => text!(usage_table_month),
    };
    let total = match (feature.kind, step) {
        (FeatureKind::Counter(_), Step::Month) => text!(usage_table_highest),
        _ => text!(usage_table_total),
    };
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=text!(usage_table)>
            <table class="ledger">
                <caption class="unseen">{text!(usage_table_caption, feature = name(&feature.title))}</caption>
                <thead><tr>
                    <th scope="col">{head}</th>
                    <th scope="col" class="num">{text!(usage_table_added)}</th>
                    <th scope="col" class="num">{total}</th>
                    <th scope="col" class="num">{text!(usage_table_share)}</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
