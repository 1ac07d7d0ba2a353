//! The current state of one limit. Live updates replace elements by id.

use domain::{
    catalog::{Enforcement, Feature, FeatureKind, Limit, format},
    entitlement::{
        FeatureUsage,
        history::{Span, Step, secs_until_exhausted},
    },
    time::Timestamp,
};
use leptos::prelude::*;

use crate::{
    components::facts::{Fact, facts},
    wording::{day, days_away, left, most, used},
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
) -> String {
    let used_words = used_words(feature, usage);
    match reached_at {
        Some(at) => format!("{used_words} {}", at_this_pace(now, feature, at)),
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

fn at_this_pace(now: Timestamp, feature: &Feature, reached_at: Timestamp) -> String {
    let secs = reached_at.secs_since(now);
    let away = match (secs / 3600, secs / SECS_PER_DAY) {
        (0, _) => "within the hour".to_owned(),
        (1, 0) => "in about an hour".to_owned(),
        (hours, 0) => format!("in about {hours} hours"),
        (_, 1) => "in about a day".to_owned(),
        (_, days) => format!("in about {days} days"),
    };
    let what = if feature.enforcement == Enforcement::Hard { "the limit is reached" } else { "the limit is passed" };
    format!("At the present pace {what} {away}.")
}

/// Builds "45 of 100 used."
fn used_words(feature: &Feature, usage: &FeatureUsage) -> String {
    match usage.limit {
        Limit::Unlimited => format!("{} used, without a limit.", format::amount(feature, usage.used)),
        Limit::AtMost(_) => format!("{} of {} used.", format::amount(feature, usage.used), most(feature, usage.limit)),
    }
}

/// Renders the facts below the lead.
pub(super) fn current_facts(now: Timestamp, feature: &Feature, usage: &FeatureUsage) -> AnyView {
    view! { <div id="figures">{facts(figures(now, feature, usage))}</div> }.into_any()
}

fn figures(now: Timestamp, feature: &Feature, usage: &FeatureUsage) -> Vec<Fact> {
    let fact = |label, figure: String, footnote: String| Fact { label, figure, footnote };
    let share = match usage.limit {
        Limit::AtMost(_) => format!("{}% of {}", usage.percent(), most(feature, usage.limit)),
        Limit::Unlimited => format::amount(feature, usage.used),
    };
    let mut figures = vec![fact("Used", used(feature, usage.used), share)];
    if let Some(rest) = usage.left() {
        let (short, whole) = (left(feature, rest), format::amount(feature, rest));
        let footnote = if short == whole { format!("of {}", most(feature, usage.limit)) } else { whole };
        figures.push(fact("Left", short, footnote));
    }
    match usage.resets_at {
        Some(at) => {
            figures.push(fact("Starts over", day(at), format!("{}, {}", at.time_of_day(), days_away(now, at))));
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
