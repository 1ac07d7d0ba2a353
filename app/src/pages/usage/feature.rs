//! `/usage/{feature}`: one limit, its usage over time and when it is reached at this pace.

mod keys;
mod now;
mod own;
mod range;
mod table;

use billing::{
    Services,
    service::{
        ServiceError,
        usage::history::{History, RecentUsage},
    },
};
use domain::{
    catalog::{Feature, FeatureKind},
    entitlement::history::{Step, projection::Projection},
    ids::TenantId,
    time::Timestamp,
    wire::MembershipView,
};
use leptos::prelude::*;
use locales::text;

use self::{
    keys::by_key,
    now::{current_facts, lead, lead_text},
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
            download::as_csv,
            pace::pace_sentence,
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
        let lately = services.usage().recent_usage(&view.viewer.current_membership.tenant_id, &view.usage).await?;
        let pace = Pace::of(view.now, reading, choice.range, &lately);
        if !choice.mistakes.is_empty() {
            set_status(http::StatusCode::BAD_REQUEST);
        }
        let author = match view.entitlements.own.get(&reading.0.key) {
            Some(own) => services.usage().own_limit_author(&viewer.current_membership.tenant_id, own).await?,
            None => None,
        };
        let own = OwnSetting::of(&req, author, key).parts(&req, &view, pace.reading.0);
        // Names of keys are for admins. What keys added to a gauge says nothing of what is in use.
        let has_keys = viewer.current_membership.role.is_admin() && matches!(reading.0.kind, FeatureKind::Counter(_));
        let keys = if has_keys {
            services.usage().usage_by_key(&viewer.current_membership.tenant_id, &reading.0.key).await?
        } else {
            Vec::new()
        };
        let keys = by_key(reading.0, &keys);
        Ok(page(&view, &pace, &choice, history.as_ref(), (own, keys), live_updates(&viewer, Some(key), &req)))
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

/// A feature with its usage, and where usage leads at its current pace.
pub(crate) struct Pace<'a> {
    reading: Reading<'a>,
    projection: Option<Projection>,
}

/// Returns a feature with its usage in a workspace, and its projection if the query's range ends now.
pub(crate) async fn pace<'a>(
    services: &Services,
    (tenant, readings): (&TenantId, Readings<'a>),
    key: &str,
    req: &PageRequest,
) -> Result<Pace<'a>, ServiceError> {
    let reading = counted(readings, key).ok_or(ServiceError::NotFound("limit"))?;
    let range = Choice::from_request(req, readings.now).range;
    let lately = services.usage().recent_usage(tenant, readings.usage).await?;
    Ok(Pace::of(readings.now, reading, range, &lately))
}

impl<'a> Pace<'a> {
    /// A range that has ended has no current pace.
    fn of(now: Timestamp, reading: Reading<'a>, range: Range, lately: &RecentUsage) -> Self {
        let (feature, usage) = reading;
        let projection = if range.to.is_none() { lately.projection(feature, usage, now) } else { None };
        Self { reading, projection }
    }
}

/// Renders the parts of the page that live updates replace: the lead and the facts.
pub(crate) fn live_parts(now: Timestamp, pace: &Pace<'_>) -> Vec<AnyView> {
    let Pace { reading, projection } = pace;
    vec![lead(now, *reading, projection.as_ref()), current_facts(now, *reading, projection.as_ref())]
}

/// Returns a counted feature with its usage; other features have no page.
fn counted<'a>(readings: Readings<'a>, key: &str) -> Option<Reading<'a>> {
    readings.iter().find(|(feature, _)| feature.key.as_str() == key && feature.kind.is_counted())
}

fn page(
    view: &MembershipView,
    pace: &Pace<'_>,
    choice: &Choice,
    history: Option<&History<'_>>,
    (own, keys): (OwnParts, Option<AnyView>),
    live_updates: AnyView,
) -> AnyView {
    let Pace { reading, projection } = pace;
    let (feature, _) = *reading;
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
                    {lead(view.now, *reading, projection.as_ref())}
                    {custom_limit}
                </div>
                {choice.mistakes.summary()}
                {own.answer}
                {limit_notice(view, *reading)}
                {status_notice(view)}
                {current_facts(view.now, *reading, projection.as_ref())}
                <div class="actions"><a class="button" href="/membership#plans">{text!(usage_compare_plans)}</a></div>
            })}
            {history.map(|history| over_time(view, pace, choice, history))}
            {keys}
            {own.section}
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
fn over_time(view: &MembershipView, pace: &Pace<'_>, choice: &Choice, history: &History<'_>) -> AnyView {
    let History { feature, step, from, to, points, reset_times } = history;
    let Pace { reading: (_, usage), projection } = pace;
    let path = format!("/usage/{}", feature.key);
    let (from, to) = (from.rfc3339_secs(), to.rfc3339_secs());
    let range = [("feature", feature.key.as_str()), ("step", step.as_str()), ("from", &from), ("to", &to)];
    // The API is for accounts and keys: it takes no portal session.
    let json = view.viewer.account_viewer().is_some().then(|| with_query("/api/v1/usage/history", &range));
    let plan = plan_name(view, view.entitlements.plan.as_str());
    let is_capped = view.entitlements.cap(&view.catalog, &feature.key).is_some();
    let drawn = chart(&Picture {
        feature,
        usage,
        plan: (!is_custom(view, feature) && !is_capped).then_some(&*plan),
        step: *step,
        points,
        reset_times,
        now: choice.range.to.is_none().then_some(view.now),
        projection: *projection,
        description: lead_text(view.now, pace.reading, projection.as_ref()),
    });
    let ahead = projection.as_ref().map(|found| view! { <p>{pace_sentence(view.now, feature, found)}</p> });
    let note = text!(usage_history_note).into_any();
    let head = match step {
        Step::Hour => text!(usage_history_by_hour),
        Step::Day => text!(usage_history_by_day),
        Step::Month => text!(usage_history_by_month),
    };
    let as_json = json.map(|href| view! { <a href=href>{text!(usage_json)}</a> });
    let downloads = view! { <span class="stack">{as_csv(&range)}{as_json}</span> }.into_any();
    view! {
        {entry("run", text!(usage_history), Some(note), view! {
            {choice.view(&path)}
            <figure class="stack">{drawn}{ahead}</figure>
        })}
        {entry("steps", head, Some(downloads), table(feature, usage, *step, points))}
    }
    .into_any()
}
