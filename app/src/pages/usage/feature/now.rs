//! The current state of one limit. Live updates replace elements by id.

use std::borrow::Cow;

use domain::{
    catalog::{Enforcement, Feature, FeatureKind, Limit},
    entitlement::{
        FeatureUsage,
        history::{Span, Step, secs_until_exhausted},
    },
    time::Timestamp,
};
use leptos::prelude::*;
use locales::text;

use crate::{
    components::facts::{Fact, facts},
    wording::{amount, day, days_away, left, most, used},
};

const SECS_PER_DAY: i64 = 86_400;

/// Renders the lead. `reached_at` is when the limit is reached at the current pace.
pub(super) fn lead(now: Timestamp, feature: &Feature, usage: &FeatureUsage, reached_at: Option<Timestamp>) -> AnyView {
    view! { <p class="lead" id="now">{lead_text(now, feature, usage, reached_at)}</p> }.into_any()
}

pub(super) fn lead_text(
    now: Timestamp,
    feature: &Feature,
    usage: &FeatureUsage,
    reached_at: Option<Timestamp>,
) -> Cow<'static, str> {
    let used_words = used_words(feature, usage);
    match reached_at {
        Some(at) => Cow::Owned(format!("{used_words} {}", at_this_pace(now, feature, at))),
        None => used_words,
    }
}

/// Returns when the limit is reached at the current pace; `None` if it is not, or only after the counter resets.
pub(super) fn reached_at(now: Timestamp, usage: &FeatureUsage, step: Step, points: &[Span]) -> Option<Timestamp> {
    let left = usage.left().filter(|left| *left > 0)?;
    let secs = secs_until_exhausted(left, step, points)?;
    let at = now.plus_secs(secs);
    let comes = secs <= 366 * SECS_PER_DAY && usage.resets_at.is_none_or(|resets| at < resets);
    comes.then_some(at)
}

fn at_this_pace(now: Timestamp, feature: &Feature, reached_at: Timestamp) -> Cow<'static, str> {
    let secs = reached_at.secs_since(now);
    let (hours, days) = (secs / 3600, secs / SECS_PER_DAY);
    match (feature.enforcement, hours, days) {
        (Enforcement::Hard, 0, _) => text!(usage_reach_within_hour),
        (Enforcement::Hard, hours, 0) => text!(usage_reach_in_hours, hours = hours),
        (Enforcement::Hard, _, days) => text!(usage_reach_in_days, days = days),
        (Enforcement::Soft, 0, _) => text!(usage_exceed_within_hour),
        (Enforcement::Soft, hours, 0) => text!(usage_exceed_in_hours, hours = hours),
        (Enforcement::Soft, _, days) => text!(usage_exceed_in_days, days = days),
    }
}

/// Says how much is used: "45 of 100 used."
fn used_words(feature: &Feature, usage: &FeatureUsage) -> Cow<'static, str> {
    let used = amount(feature, usage.used);
    match usage.limit {
        Limit::Unlimited => text!(usage_used_unlimited, used = used),
        Limit::AtMost(_) => text!(usage_used, used = used, limit = most(feature, usage.limit)),
    }
}

/// Renders the facts below the lead.
pub(super) fn current_facts(now: Timestamp, feature: &Feature, usage: &FeatureUsage) -> AnyView {
    view! { <div id="figures">{facts(figures(now, feature, usage))}</div> }.into_any()
}

fn figures(now: Timestamp, feature: &Feature, usage: &FeatureUsage) -> Vec<Fact> {
    type Words = Cow<'static, str>;
    let fact = |label: Words, figure: Words, footnote: Words| Fact { label, figure, footnote };
    let share = match usage.limit {
        Limit::AtMost(_) => {
            text!(usage_fact_used_share, percent = usage.percent(), limit = most(feature, usage.limit))
        }
        Limit::Unlimited => Cow::Owned(amount(feature, usage.used)),
    };
    let mut figures = vec![fact(text!(usage_fact_used), Cow::Owned(used(feature, usage.used)), share)];
    if let Some(rest) = usage.left() {
        let (short, whole) = (left(feature, rest), amount(feature, rest));
        let footnote = if short == whole {
            text!(usage_fact_left_of, limit = most(feature, usage.limit))
        } else {
            Cow::Owned(whole)
        };
        figures.push(fact(text!(usage_fact_left), Cow::Owned(short), footnote));
    }
    figures.push(match usage.resets_at {
        Some(at) => {
            let when = text!(usage_fact_resets_when, time = at.time_of_day(), away = days_away(now, at));
            fact(text!(usage_fact_resets), Cow::Owned(day(at)), when)
        }
        None => fact(text!(usage_fact_measured), text!(usage_fact_measured_now), text!(usage_fact_measured_note)),
    });
    let (figure, footnote) = match (feature.enforcement, feature.kind) {
        (Enforcement::Soft, _) => (text!(usage_fact_allowed), text!(usage_fact_allowed_note)),
        (Enforcement::Hard, FeatureKind::Counter(_)) => {
            (text!(usage_fact_refused), text!(usage_fact_refused_until_reset))
        }
        (Enforcement::Hard, _) => (text!(usage_fact_refused), text!(usage_fact_refused_until_room)),
    };
    figures.push(fact(text!(usage_fact_at_limit), figure, footnote));
    figures
}
