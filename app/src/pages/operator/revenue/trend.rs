//! Revenue by month: a chart and a table for each currency.

use std::borrow::Cow;

use billing::service::operator::DeskRevenue;
use domain::subscription::revenue::{
    change::RevenueChangeKind,
    trend::{ChangeSum, RevenueTrend, TrendMonth},
};
use leptos::prelude::*;
use locales::text;

use crate::wording::{exact, month, number};

const CSV: &str = "/operator/revenue.csv";
const CSV_FILE: &str = "revenue.csv";
/// Height of the chart, and the vertical range of its bars, in pixels.
const HEIGHT: u32 = 160;
const BARS: (f64, f64) = (24.0, 136.0);
/// Width of a bar, as a share of its month.
const BAR_SHARE: f64 = 0.7;

/// Renders the months of every currency.
pub(super) fn months(found: &DeskRevenue) -> AnyView {
    let DeskRevenue { current: _, trends, recorded_since } = found;
    let since = match recorded_since {
        Some(since) => text!(revenue_trend_since, month = month(since.starts_at())),
        None => text!(revenue_trend_not_recorded),
    };
    let currencies = trends.iter().map(|trend| view! { {chart(trend)}{table(trend)} }).collect_view();
    view! {
        <p class="note">{since}</p>
        {currencies}
    }
    .into_any()
}

/// Renders the section's note, with the link to the CSV.
pub(super) fn note() -> AnyView {
    view! {
        {text!(revenue_trend_note)}
        " "
        <a href=CSV download=CSV_FILE>{text!(revenue_trend_csv)}</a>
    }
    .into_any()
}

#[expect(clippy::cast_precision_loss, reason = "the height of a bar is exact to a pixel at most")]
const fn figure(minor: i64) -> f64 {
    minor as f64
}

#[expect(clippy::cast_precision_loss, reason = "a trend has twelve months")]
const fn coordinate(at: usize) -> f64 {
    at as f64
}

/// Renders a bar for each month. The table below it has the same figures.
fn chart(trend: &RevenueTrend) -> AnyView {
    let RevenueTrend { currency, months } = trend;
    let (Some(first), Some(last)) = (months.first(), months.last()) else { return ().into_any() };
    let minor = |month: &TrendMonth| month.recurring.map_or(0, |sum| sum.monthly.minor);
    let most = months.iter().max_by_key(|month| minor(month)).and_then(|month| month.recurring);
    let top = figure(most.map_or(0, |sum| sum.monthly.minor).max(1));
    let step = 100.0 / coordinate(months.len());
    let bars = months
        .iter()
        .enumerate()
        .filter(|(_, month)| minor(month) > 0)
        .map(|(at, month)| {
            let tall = (BARS.1 - BARS.0) * figure(minor(month)) / top;
            let x = format!("{:.2}%", (coordinate(at) + (1.0 - BAR_SHARE) / 2.0) * step);
            let width = format!("{:.2}%", BAR_SHARE * step);
            view! { <rect class="bar" x=x width=width y=format!("{:.1}", BARS.1 - tall) height=format!("{tall:.1}")/> }
        })
        .collect_view();
    let (from, to) = (month(first.month.starts_at()), month(last.month.starts_at()));
    let (title_id, description_id) = (format!("t-{currency}"), format!("d-{currency}"));
    let label = format!("{title_id} {description_id}");
    let highest = most.map_or_else(|| text!(revenue_trend_unknown), |sum| exact(sum.monthly).into());
    view! {
        <svg class="chart" width="100%" height=HEIGHT role="img" aria-labelledby=label>
            <title id=title_id>{text!(revenue_trend_chart, currency = currency.to_string(), from = &*from, to = &*to)}</title>
            <desc id=description_id>{text!(revenue_trend_highest, amount = &*highest)}</desc>
            <text class="halo" x="0" y="14">{text!(revenue_trend_highest, amount = &*highest)}</text>
            {bars}
            <line class="axis" x2="100%" y1="136" y2="136"/>
            <text x="0" y="154">{from}</text>
            <text x="100%" y="154" text-anchor="end">{to}</text>
        </svg>
    }
    .into_any()
}

fn table(trend: &RevenueTrend) -> AnyView {
    let RevenueTrend { currency, months } = trend;
    let heading = |words: Cow<'static, str>| view! { <th scope="col" class="num">{words}</th> };
    let headings = [
        text!(revenue_trend_recurring),
        text!(revenue_trend_new),
        text!(revenue_trend_churned),
        text!(revenue_trend_upgraded),
        text!(revenue_trend_downgraded),
        text!(revenue_trend_trials),
        text!(revenue_trend_converted),
    ];
    let rows = months.iter().map(row).collect_view();
    let label = text!(revenue_trend_table, currency = currency.to_string());
    let caption = label.clone();
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=label>
            <table class="ledger">
                <caption class="unseen">{caption}</caption>
                <thead>
                    <tr>
                        <th scope="col">{text!(revenue_trend_month)}</th>
                        {headings.map(heading)}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(of: &TrendMonth) -> impl IntoView + use<> {
    let sum = |ChangeSum { subscriptions, monthly }: ChangeSum| {
        let amount = (monthly.minor != 0).then(|| view! { <br/><span class="note nowrap">{exact(monthly)}</span> });
        view! { {number(subscriptions)}{amount} }
    };
    let recurring = match of.recurring {
        Some(ChangeSum { subscriptions, monthly }) => {
            let active = text!(revenue_trend_active, subscriptions = subscriptions);
            view! { {exact(monthly)}<br/><span class="note nowrap">{active}</span> }.into_any()
        }
        None => view! { {text!(revenue_trend_unknown)} }.into_any(),
    };
    let changes = RevenueChangeKind::ALL.map(|kind| view! { <td class="num">{sum(of.changes(kind))}</td> });
    view! {
        <tr>
            <th scope="row" class="nowrap">{month(of.month.starts_at())}</th>
            <td class="num">{recurring}</td>
            {changes}
        </tr>
    }
}
