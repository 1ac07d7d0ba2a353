//! The chart's figures.

use std::borrow::Cow;

use domain::{
    catalog::{Feature, Limit},
    entitlement::{
        FeatureUsage,
        history::{Span, Step},
    },
};
use leptos::prelude::*;
use locales::text;

use crate::{
    components::usage::chart::step_name,
    wording::{amount, name},
};

/// Renders the table, newest step first.
pub(super) fn table(feature: &Feature, usage: &FeatureUsage, step: Step, points: &[Span]) -> AnyView {
    let of_limit = |closing: u64| match usage.limit {
        Limit::AtMost(most) if most > 0 => {
            let reading = FeatureUsage { used: closing, ..usage.clone() };
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
                    <td class="num">{amount(feature, point.closing)}</td>
                    <td class="num">{of_limit(point.closing)}</td>
                </tr>
            }
        })
        .collect_view();
    let head = match step {
        Step::Hour => text!(usage_table_hour),
        Step::Day => text!(usage_table_day),
    };
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=text!(usage_table)>
            <table class="ledger">
                <caption class="unseen">{text!(usage_table_caption, feature = name(&feature.title))}</caption>
                <thead><tr>
                    <th scope="col">{head}</th>
                    <th scope="col" class="num">{text!(usage_table_added)}</th>
                    <th scope="col" class="num">{text!(usage_table_total)}</th>
                    <th scope="col" class="num">{text!(usage_table_share)}</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
