//! One limit: what is used of it, over time, and when it is reached at this pace.

use billing::service::ServiceError;
use domain::{
    catalog::{Enforcement, Feature, FeatureKind, Limit, format},
    entitlement::FeatureUsage,
    history::{Span, Step, until_used_up},
    time::Timestamp,
    wire::MembershipView,
};
use leptos::prelude::*;

use super::{
    membership::{limits_notice, standing_notice},
    not_found, signed_in_page,
};
use crate::{
    components::{
        chart::{chart, step_name},
        entry::{entry, opening},
        facts::{Fact, facts},
        page::{Place, frame},
    },
    request::Asked,
    wording::{day, days_away, left, most, used},
};

const SECS_PER_DAY: i64 = 86_400;

/// What part of the past is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Range {
    Day,
    Month,
    Year,
}

impl Range {
    const ALL: [Self; 3] = [Self::Day, Self::Month, Self::Year];

    fn asked(asked: &Asked) -> Self {
        let wanted = asked.query("range").unwrap_or_default();
        Self::ALL.into_iter().find(|range| range.as_str() == wanted).unwrap_or(Self::Month)
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Day => "24 hours",
            Self::Month => "30 days",
            Self::Year => "12 months",
        }
    }

    const fn step(self) -> Step {
        match self {
            Self::Day => Step::Hour,
            Self::Month | Self::Year => Step::Day,
        }
    }

    /// Where the first step begins.
    fn from(self, now: Timestamp) -> Timestamp {
        let back = match self {
            Self::Day => 23 * 3600,
            Self::Month => 29 * SECS_PER_DAY,
            Self::Year => 364 * SECS_PER_DAY,
        };
        self.step().floor(now).plus_secs(-back)
    }
}

pub(crate) fn usage_feature() -> AnyView {
    signed_in_page(|services, viewer, asked| async move {
        let view = services.membership(&viewer).await?;
        let key = asked.last_segment().to_owned();
        let feature = view.catalog.feature(&key).filter(|feature| feature.kind.is_counted());
        let usage = view.usage.iter().find(|usage| usage.feature.as_str() == key);
        let (Some(feature), Some(usage)) = (feature, usage) else {
            return Ok(not_found::not_found());
        };
        let range = Range::asked(&asked);
        let from = Some(range.from(view.now));
        let points = match services.history(&viewer.here.tenant_id, &key, range.step(), from, None).await {
            Ok(history) => history.points,
            // Of members there is no more to show than how many there are.
            Err(ServiceError::CountedHere(_)) => Vec::new(),
            Err(error) => return Err(error),
        };
        Ok(page(&view, feature, usage, range, &points))
    })
}

fn page(view: &MembershipView, feature: &Feature, usage: &FeatureUsage, range: Range, points: &[Span]) -> AnyView {
    let pace = pace(view.now, feature, usage, range.step(), points);
    let stands = stands(feature, usage);
    let says = [stands.clone(), pace.clone().unwrap_or_default()].join(" ");
    frame(
        &feature.title,
        Place::Usage,
        Some(view.viewer.clone()),
        view! {
            {opening(view! { <a href="/usage">"Usage"</a>" / "{feature.section.clone()} }, view! {
                <div class="stack">
                    <h1>{feature.title.clone()}</h1>
                    <p class="lead">{stands}" "{pace}</p>
                </div>
                {standing_notice(view)}
                {limits_notice(view)}
                {facts(figures(view, feature, usage))}
                <div class="actions"><a class="button" href="/membership#plans">"Compare plans"</a></div>
            })}
            {(!points.is_empty()).then(|| over_time(feature, usage, range, points, says.trim().to_owned()))}
        },
    )
}

/// The picture, and the same in figures.
fn over_time(feature: &Feature, usage: &FeatureUsage, range: Range, points: &[Span], says: String) -> AnyView {
    let path = format!("/usage/{}", feature.key);
    let ranges = Range::ALL
        .into_iter()
        .map(|other| {
            let current = (other == range).then_some("true");
            view! { <a href=format!("{path}?range={}", other.as_str()) aria-current=current>{other.title()}</a> }
        })
        .collect_view();
    let json = format!("/api/v1/usage/history?feature={}&step={}", feature.key, range.step().as_str());
    let drawn = chart(feature, usage, range.step(), points, says);
    let note = "Line: where the count stood. Bars: what was added.".into_any();
    view! {
        {entry("run", "Over time", Some(note), view! {
                <nav class="choice" aria-label="Range">{ranges}</nav>
                <figure class="stack">{drawn}</figure>
            })}
        {entry("steps", match range.step() { Step::Hour => "Hour by hour", Step::Day => "Day by day" },
                Some(view! { <a href=json>"The same as JSON"</a> }.into_any()), table(feature, usage, range, points))}
    }
    .into_any()
}

/// "45 of 100 used."
fn stands(feature: &Feature, usage: &FeatureUsage) -> String {
    match usage.limit {
        Limit::Unlimited => format!("{} used, without a limit.", format::amount(feature, usage.used)),
        Limit::AtMost(_) => format!("{} of {} used.", format::amount(feature, usage.used), most(feature, usage.limit)),
    }
}

/// When the limit is reached if it goes on like this; `None` where it is not, or not before the count starts over.
fn pace(now: Timestamp, feature: &Feature, usage: &FeatureUsage, step: Step, points: &[Span]) -> Option<String> {
    let left = usage.left().filter(|left| *left > 0)?;
    let secs = until_used_up(left, step, points)?;
    let at = now.plus_secs(secs);
    if usage.resets_at.is_some_and(|resets| at >= resets) || secs > 366 * SECS_PER_DAY {
        return None;
    }
    let away = match (secs / 3600, secs / SECS_PER_DAY) {
        (0, _) => "within the hour".to_owned(),
        (hours, 0) => format!("in about {hours} hours"),
        (_, 1) => "in about a day".to_owned(),
        (_, days) => format!("in about {days} days"),
    };
    let what = if feature.enforcement == Enforcement::Hard { "the limit is reached" } else { "the limit is passed" };
    Some(format!("At the present pace {what} {away}."))
}

fn figures(view: &MembershipView, feature: &Feature, usage: &FeatureUsage) -> Vec<Fact> {
    let fact = |label, figure: String, footnote: String| Fact { label, figure, footnote };
    let share = match usage.limit {
        Limit::AtMost(_) => format!("{}% of {}", usage.percent(), most(feature, usage.limit)),
        Limit::Unlimited => format::amount(feature, usage.used),
    };
    let mut figures = vec![fact("Used", used(feature, usage.used), share)];
    if let Some(rest) = usage.left() {
        figures.push(fact("Left", left(feature, rest), format::amount(feature, rest)));
    }
    match usage.resets_at {
        Some(at) => {
            figures.push(fact("Starts over", day(at), format!("{}, {}", at.time_of_day(), days_away(view.now, at))));
        }
        None => figures.push(fact("Counts", "What is there now".to_owned(), "it goes up and down".to_owned())),
    }
    let (figure, footnote) = match (feature.enforcement, feature.kind) {
        (Enforcement::Soft, _) => ("Let through", "with a warning"),
        (Enforcement::Hard, FeatureKind::Counter(_)) => ("Refused", "until it starts over"),
        (Enforcement::Hard, _) => ("Refused", "until there is room"),
    };
    figures.push(fact("At the limit", figure.to_owned(), footnote.to_owned()));
    figures
}

fn table(feature: &Feature, usage: &FeatureUsage, range: Range, points: &[Span]) -> AnyView {
    let step = range.step();
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
