//! The chart's legend.

use domain::{
    catalog::{FeatureKind, Limit, WarnAt},
    entitlement::history::projection::Pace,
};
use leptos::prelude::*;
use locales::text;

use super::picture::Picture;
use crate::wording::used;

pub(super) fn legend(picture: &Picture<'_>) -> AnyView {
    let Picture { feature, usage, plan, projection, .. } = picture;
    let limits = matches!(usage.limit, Limit::AtMost(1..)).then(|| {
        let near = match feature.warn_at {
            WarnAt::Percent(share) => text!(chart_key_warning_percent, share = share),
            WarnAt::Amount(amount) => text!(chart_key_warning_amount, amount = used(feature, amount)),
        };
        let limit = plan.map_or_else(|| text!(chart_key_custom_limit), |plan| text!(chart_key_limit, plan = plan));
        view! {
            <span>{sample(view! { <line class="limit" x2="24" y1="4" y2="4"/> })}{limit}</span>
            <span>{sample(view! { <line class="warn" x2="24" y1="4" y2="4"/> })}{near}</span>
        }
    });
    let run = match feature.kind {
        FeatureKind::Counter(_) => text!(chart_key_running_total),
        _ => text!(chart_key_in_use),
    };
    let pace = projection.map(|projection| {
        let words = match projection.pace {
            Pace::Today => text!(chart_key_pace_today),
            Pace::Days(days) => text!(chart_key_pace_days, days = days),
        };
        view! { <span>{sample(view! { <path class="pace" d="M0 4H24"/> })}{words}</span> }
    });
    view! {
        <figcaption class="keys">
            {limits}
            <span>{sample(view! { <path class="run" d="M0 4H24"/> })}{run}</span>
            {pace}
        </figcaption>
    }
    .into_any()
}

fn sample(line: impl IntoView + 'static) -> AnyView {
    view! { <svg width="24" height="8" class="chart" aria-hidden="true">{line}</svg> }.into_any()
}
