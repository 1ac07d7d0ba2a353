//! The chart's legend.

use domain::catalog::{FeatureKind, Limit, WarnAt};
use leptos::prelude::*;

use super::picture::Picture;
use crate::wording::used;

pub(super) fn legend(picture: &Picture<'_>, has_pace: bool) -> AnyView {
    let Picture { feature, usage, plan, step, .. } = picture;
    let limits = matches!(usage.limit, Limit::AtMost(1..)).then(|| {
        let near = match feature.warn_at {
            WarnAt::Percent(share) => format!("Warning at {share}%"),
            WarnAt::Amount(amount) => format!("Warning at {}", used(feature, amount)),
        };
        let limit = plan.map_or_else(|| "Custom limit".to_owned(), |plan| format!("Limit on {plan}"));
        view! {
            <span>{sample(view! { <line class="limit" x2="24" y1="4" y2="4"/> })}{limit}</span>
            <span>{sample(view! { <line class="warn" x2="24" y1="4" y2="4"/> })}{near}</span>
        }
    });
    let run = if matches!(feature.kind, FeatureKind::Counter(_)) { "Running total" } else { "Stood at" };
    let pace = has_pace.then(|| {
        let words = format!("Pace of the last seven {}s", step.as_str());
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
