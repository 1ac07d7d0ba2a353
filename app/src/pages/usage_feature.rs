//! One limit: what is used of it, over time, and when it is reached at this pace.

mod now;
mod range;
mod table;

use billing::service::{ServiceError, usage::history::History};
use domain::{catalog::Feature, entitlement::FeatureUsage, history::Step, time::Timestamp, wire::MembershipView};
use leptos::prelude::*;

use self::{
    now::says,
    range::{Choice, Range},
    table::table,
};
use super::{
    membership::{limits_notice, plan_name, standing_notice},
    not_found, signed_in_page,
    usage::{Reading, readings},
};
use crate::{
    components::{
        chart::{Picture, chart},
        entry::{entry, opening},
        page::{Place, frame},
    },
    local_path::with_query,
    request::set_status,
};
pub(crate) use now::{lead, reached_at, standing};

pub(crate) fn usage_feature() -> AnyView {
    signed_in_page(|services, viewer, asked| async move {
        let view = services.membership(&viewer).await?;
        let key = asked.last_segment();
        let Some((feature, usage)) = counted(&view, key) else { return Ok(not_found::not_found()) };
        let choice = Choice::asked(&asked, view.now);
        let Range { step, from, to, .. } = choice.range;
        let history = match services.history(&viewer.here.tenant_id, key, step, Some(from), to).await {
            Ok(history) => Some(history),
            // Of members there is no more to show than how many there are.
            Err(ServiceError::CountedHere(_)) => None,
            Err(error) => return Err(error),
        };
        if !choice.mistakes.is_empty() {
            set_status(http::StatusCode::BAD_REQUEST);
        }
        Ok(page(&view, feature, usage, &choice, history.as_ref()))
    })
}

/// A limit that has a page, with its reading.
pub(crate) fn counted<'a>(view: &'a MembershipView, key: &str) -> Option<Reading<'a>> {
    readings(view).find(|(feature, _)| feature.key.as_str() == key && feature.kind.is_counted())
}

fn page(
    view: &MembershipView,
    feature: &Feature,
    usage: &FeatureUsage,
    choice: &Choice,
    history: Option<&History<'_>>,
) -> AnyView {
    let Range { step, to, .. } = choice.range;
    // What has ended has no pace any more.
    let running = history.filter(|_| to.is_none());
    let reached_at = running.and_then(|history| reached_at(view.now, usage, step, &history.points));
    frame(
        &feature.title,
        Place::Usage,
        Some(view.viewer.clone()),
        view! {
            {opening(view! { <a href="/usage">"Usage"</a>" / "{feature.section.clone()} }, view! {
                <div class="stack">
                    <h1>{feature.title.clone()}</h1>
                    {lead(view.now, feature, usage, reached_at)}
                </div>
                {choice.mistakes.summary()}
                {standing_notice(view)}
                {limits_notice(view)}
                {standing(view.now, feature, usage)}
                <div class="actions"><a class="button" href="/membership#plans">"Compare plans"</a></div>
            })}
            {history.map(|history| over_time(view, usage, choice, history, reached_at))}
        },
    )
}

/// The picture, and the same in figures.
fn over_time(
    view: &MembershipView,
    usage: &FeatureUsage,
    choice: &Choice,
    history: &History<'_>,
    reached_at: Option<Timestamp>,
) -> AnyView {
    let History { feature, step, from, to, points, starts } = history;
    let path = format!("/usage/{}", feature.key);
    let (from, to) = (from.rfc3339_secs(), to.rfc3339_secs());
    let json = [("feature", feature.key.as_str()), ("step", step.as_str()), ("from", &from), ("to", &to)];
    let json = with_query("/api/v1/usage/history", &json);
    let drawn = chart(&Picture {
        feature,
        usage,
        plan: &plan_name(view, view.entitled.plan.as_str()),
        step: *step,
        points,
        starts,
        reached_at,
        says: says(view.now, feature, usage, reached_at),
    });
    let note = "Line: where the count stood. Bars: what was added.".into_any();
    let head = match step {
        Step::Hour => "Hour by hour",
        Step::Day => "Day by day",
    };
    view! {
        {entry("run", "Over time", Some(note), view! {
            {choice.view(&path)}
            <figure class="stack">{drawn}</figure>
        })}
        {entry("steps", head, Some(view! { <a href=json>"The same as JSON"</a> }.into_any()), table(feature, usage, *step, points))}
    }
    .into_any()
}
