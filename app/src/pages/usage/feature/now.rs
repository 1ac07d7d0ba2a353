//! The current state of one limit. Live updates replace elements by id.

use std::borrow::Cow;

use domain::{
    catalog::{Enforcement, Feature, FeatureKind, Limit},
    entitlement::{FeatureUsage, history::projection::Projection},
    time::Timestamp,
};
use leptos::prelude::*;
use locales::text;

use crate::{
    components::{
        facts::{Fact, facts},
        usage::{pace::pace_sentence, readings::Reading},
    },
    wording::{self, amount, day, days_away, full_limit},
};

/// Renders the lead.
pub(super) fn lead(now: Timestamp, reading: Reading<'_>, projection: Option<&Projection>) -> AnyView {
    view! { <p class="lead" id="now">{lead_text(now, reading, projection)}</p> }.into_any()
}

/// Says how much is used, and where usage leads at its current pace.
pub(super) fn lead_text(
    now: Timestamp,
    (feature, usage): Reading<'_>,
    projection: Option<&Projection>,
) -> Cow<'static, str> {
    let used_words = used_words(feature, usage);
    match projection {
        Some(projection) => Cow::Owned(format!("{used_words} {}", pace_sentence(now, feature, projection))),
        None => used_words,
    }
}

/// Says how much is used: "45 of 100 used."
fn used_words(feature: &Feature, usage: &FeatureUsage) -> Cow<'static, str> {
    let used = amount(feature, usage.used);
    match usage.limit {
        Limit::Unlimited => text!(usage_used_unlimited, used = used),
        Limit::AtMost(_) => text!(usage_used, used = used, limit = full_limit(feature, usage.limit)),
    }
}

/// Renders the facts below the lead.
pub(super) fn current_facts(now: Timestamp, reading: Reading<'_>, projection: Option<&Projection>) -> AnyView {
    view! { <div id="figures">{facts(figures(now, reading, projection))}</div> }.into_any()
}

fn figures(now: Timestamp, (feature, usage): Reading<'_>, projection: Option<&Projection>) -> Vec<Fact> {
    type Words = Cow<'static, str>;
    let fact = |label: Words, figure: Words, footnote: Words| Fact { label, figure, footnote };
    let used = amount(feature, usage.used);
    // The pages that link to this one shorten counts from a million on. Here they have all their digits.
    let share = match usage.limit {
        Limit::AtMost(_) => {
            text!(usage_fact_used_share, percent = usage.percent(), limit = full_limit(feature, usage.limit))
        }
        Limit::Unlimited => text!(limit_none),
    };
    let mut figures = vec![fact(text!(usage_fact_used), Cow::Owned(used), share)];
    if let Some(rest) = usage.left() {
        let footnote = text!(usage_fact_left_of, limit = full_limit(feature, usage.limit));
        figures.push(fact(text!(usage_fact_left), Cow::Owned(amount(feature, rest)), footnote));
    }
    if let Some(Projection { until, used, reached_at: _, pace: _ }) = projection {
        let footnote = text!(usage_fact_projected_note, day = day(*until));
        figures.push(fact(text!(usage_fact_projected), Cow::Owned(wording::used(feature, *used)), footnote));
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
