//! The chart's figures.

use domain::{
    catalog::{Feature, Limit, format},
    entitlement::{
        FeatureUsage,
        history::{Span, Step},
    },
};
use leptos::prelude::*;

use crate::components::usage::chart::step_name;

/// Renders the table, newest step first.
pub(super) fn table(feature: &Feature, usage: &FeatureUsage, step: Step, points: &[Span]) -> AnyView {
    let of_limit = |closing: u64| match usage.limit {
        Limit::AtMost(most) if most > 0 => {
            let reading = FeatureUsage { used: closing, ..usage.clone() };
            format!("{}.{}%", reading.permille() / 10, reading.permille() % 10)
        }
        _ => "\u{2013}".to_owned(),
    };
    let signed = |amount: i64| {
        let size = format::amount(feature, amount.unsigned_abs());
        if amount < 0 { format!("\u{2212}{size}") } else { size }
    };
    let rows = points
        .iter()
        .rev()
        .map(|point| {
            view! {
                <tr>
                    <th scope="row" class="nowrap">{step_name(step, point.starts_at)}</th>
                    <td class="num">{signed(point.amount)}</td>
                    <td class="num">{format::amount(feature, point.closing)}</td>
                    <td class="num">{of_limit(point.closing)}</td>
                </tr>
            }
        })
        .collect_view();
    let head = match step {
        Step::Hour => "Hour",
        Step::Day => "Day",
    };
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label="Table of the same figures">
            <table class="ledger">
                <caption class="unseen">{format!("{}, newest first", feature.title)}</caption>
                <thead><tr>
                    <th scope="col">{head}</th>
                    <th scope="col" class="num">"Added"</th>
                    <th scope="col" class="num">"Stood at"</th>
                    <th scope="col" class="num">"Of the limit"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
