//! `/usage/{feature}`: one limit, its usage over time and when it is reached at this pace.

mod now;
mod own;
mod range;
mod table;

use billing::{
    Services,
    service::{ServiceError, usage::history::History},
};
use domain::{
    catalog::Feature,
    entitlement::{
        FeatureUsage,
        history::{Span, Step},
    },
    ids::TenantId,
    time::Timestamp,
    wire::MembershipView,
};
use leptos::prelude::*;
use locales::text;

use self::{
    now::{current_facts, lead, lead_text, reached_at},
    own::{OwnParts, OwnSetting},
    range::{Choice, Range},
    table::table,
};
use crate::{
    components::{
        membership::{limit_notices::limit_notice, notices::status_notice, status::plan_name},
        page::{
            Place,
            access::workspace_page,
            entry::{entry, opening},
            frame,
            live_updates::live_updates,
            not_found,
        },
        usage::{
            chart::{chart, picture::Picture},
            readings::{Reading, Readings},
        },
    },
    request::{PageRequest, local_path::with_query, set_status},
    wording::name,
};

pub(crate) fn usage_feature() -> AnyView {
    workspace_page(|services, viewer, req| async move {
        let view = services.subscriptions().membership(&viewer).await?;
        let key = req.last_segment();
        let Some(reading) = counted(Readings::of(&view), key) else { return Ok(not_found::not_found()) };
        let choice = Choice::from_request(&req, view.now);
        let history = fetch_history(&services, &view, key, choice.range).await?;
        if !choice.mistakes.is_empty() {
            set_status(http::StatusCode::BAD_REQUEST);
        }
        let author = match view.entitlements.own.get(&reading.0.key) {
            Some(own) => services.usage().own_limit_author(&viewer.current_membership.tenant_id, own).await?,
            None => None,
        };
        let own = OwnSetting::of(&req, author, key).parts(&req, &view, reading.0);
        Ok(page(&view, reading, &choice, history.as_ref(), own, live_updates(&viewer, Some(key), &req)))
    })
}

/// Returns the feature's history; `None` for a feature that Dues counts itself, such as members.
async fn fetch_history<'a>(
    services: &'a Services,
    view: &MembershipView,
    key: &str,
    range: Range,
) -> Result<Option<History<'a>>, ServiceError> {
    let Range { step, from, to, .. } = range;
    match services.usage().history(&view.viewer.current_membership.tenant_id, key, step, Some(from), to).await {
        Ok(history) => Ok(Some(history)),
        Err(ServiceError::CountedInternally(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A feature with its usage, and when the limit is reached at the current pace.
pub(crate) struct Pace<'a> {
    reading: Reading<'a>,
    reached_at: Option<Timestamp>,
}

/// Returns a feature with its usage in a workspace, and when the limit is reached at the pace of the query's range.
pub(crate) async fn pace<'a>(
    services: &Services,
    (tenant, readings): (&TenantId, Readings<'a>),
    key: &str,
    req: &PageRequest,
) -> Result<Pace<'a>, ServiceError> {
    let reading = counted(readings, key).ok_or(ServiceError::NotFound("limit"))?;
    let range = Choice::from_request(req, readings.now).range;
    // A range that has ended has no current pace.
    if range.to.is_some() {
        return Ok(Pace { reading, reached_at: None });
    }
    let points = match services.usage().latest_points(tenant, key, range.step, range.from).await {
        Ok(points) => points,
        Err(ServiceError::CountedInternally(_)) => return Ok(Pace { reading, reached_at: None }),
        Err(error) => return Err(error),
    };
    Ok(Pace::of(readings.now, reading, range, Some(&*points)))
}

impl<'a> Pace<'a> {
    fn of(now: Timestamp, reading: Reading<'a>, range: Range, points: Option<&[Span]>) -> Self {
        let running = points.filter(|_| range.to.is_none());
        let reached_at = running.and_then(|points| reached_at(now, reading.1, range.step, points));
        Self { reading, reached_at }
    }
}

/// Renders the parts of the page that live updates replace: the lead and the facts.
pub(crate) fn live_parts(now: Timestamp, pace: &Pace<'_>) -> Vec<AnyView> {
    let Pace { reading: (feature, usage), reached_at } = *pace;
    vec![lead(now, feature, usage, reached_at), current_facts(now, feature, usage)]
}

/// Returns a counted feature with its usage; other features have no page.
fn counted<'a>(readings: Readings<'a>, key: &str) -> Option<Reading<'a>> {
    readings.iter().find(|(feature, _)| feature.key.as_str() == key && feature.kind.is_counted())
}

fn page(
    view: &MembershipView,
    reading: Reading<'_>,
    choice: &Choice,
    history: Option<&History<'_>>,
    own: OwnParts,
    live_updates: AnyView,
) -> AnyView {
    let Pace { reading: (feature, usage), reached_at } =
        Pace::of(view.now, reading, choice.range, history.map(|history| &*history.points));
    let title = name(&feature.title);
    let custom_limit = is_custom(view, feature).then(|| view! { <p class="note">{text!(usage_custom_limit)}</p> });
    frame(
        title.clone(),
        Place::Usage,
        view.viewer.account_viewer(),
        view! {
            {opening(view! { <a href="/usage">{text!(usage_title)}</a>" / "{name(&feature.section)} }, view! {
                <div class="stack">
                    <h1>{title}</h1>
                    {lead(view.now, feature, usage, reached_at)}
                    {custom_limit}
                </div>
                {choice.mistakes.summary()}
                {own.answer}
                {limit_notice(view, reading)}
                {status_notice(view)}
                {current_facts(view.now, feature, usage)}
                <div class="actions"><a class="button" href="/membership#plans">{text!(usage_compare_plans)}</a></div>
            })}
            {own.section}
            {history.map(|history| over_time(view, usage, choice, history, reached_at))}
            {live_updates}
        },
    )
}

/// Whether the limit is custom rather than the plan's.
fn is_custom(view: &MembershipView, feature: &Feature) -> bool {
    let plan = view.catalog.plan(view.entitlements.plan.as_str());
    plan.is_some_and(|plan| view.entitlements.is_custom(plan, &feature.key))
}

/// Renders the chart and its table.
fn over_time(
    view: &MembershipView,
    usage: &FeatureUsage,
    choice: &Choice,
    history: &History<'_>,
    reached_at: Option<Timestamp>,
) -> AnyView {
    let History { feature, step, from, to, points, reset_times } = history;
    let path = format!("/usage/{}", feature.key);
    let (from, to) = (from.rfc3339_secs(), to.rfc3339_secs());
    let json = [("feature", feature.key.as_str()), ("step", step.as_str()), ("from", &from), ("to", &to)];
    let json = with_query("/api/v1/usage/history", &json);
    let plan = plan_name(view, view.entitlements.plan.as_str());
    let is_capped = view.entitlements.cap(&view.catalog, &feature.key).is_some();
    let drawn = chart(&Picture {
        feature,
        usage,
        plan: (!is_custom(view, feature) && !is_capped).then_some(&*plan),
        step: *step,
        points,
        reset_times,
        reached_at,
        description: lead_text(view.now, feature, usage, reached_at),
    });
    let note = text!(usage_history_note).into_any();
    let head = match step {
        Step::Hour => text!(usage_history_by_hour),
        Step::Day => text!(usage_history_by_day),
    };
    let as_json = view! { <a href=json>{text!(usage_json)}</a> }.into_any();
    view! {
        {entry("run", text!(usage_history), Some(note), view! {
            {choice.view(&path)}
            <figure class="stack">{drawn}</figure>
        })}
        {entry("steps", head, Some(as_json), table(feature, usage, *step, points))}
    }
    .into_any()
}
