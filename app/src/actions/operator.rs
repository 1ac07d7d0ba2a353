//! What operators do at their desk. Whoever is none is led to where there is no page for her.

use ::billing::{
    Services,
    service::{
        ServiceError,
        operator::Operator,
        overrides::{LimitWish, OverrideWish, PlanWish},
    },
};
use domain::{catalog::Limit, ids::TenantId, time::Timestamp};
use leptos::prelude::*;

use crate::{
    actions::{keys::end_of_day, redirect_with_error},
    draft::Draft,
    local_path::with_query,
    request::{Asked, redirect, services},
};

pub(crate) const HOME: &str = "/operator";
pub(crate) const WORK: &str = "/operator/work";
pub(crate) const REQUESTS: &str = "/operator/requests";

pub(crate) fn page_of(tenant: &TenantId) -> String {
    format!("/operator/tenants/{tenant}")
}

fn at_desk() -> Option<(Services, Operator)> {
    let found = services().zip(Asked::now().as_ref().and_then(Asked::operator));
    if found.is_none() {
        redirect(HOME);
    }
    found
}

/// The tenant that a form names; an answer was given where it names none.
fn named(tenant: &str) -> Option<TenantId> {
    let named = tenant.parse().ok();
    if named.is_none() {
        redirect_with_error(HOME, Vec::new(), &ServiceError::TenantNotFound);
    }
    named
}

fn answer(page: &str, outcome: Result<(), ServiceError>, code: &str) {
    match outcome {
        Ok(()) => redirect(&with_query(page, &[("code", code)])),
        Err(error @ ServiceError::TenantNotFound) => redirect_with_error(HOME, Vec::new(), &error),
        Err(error) => redirect_with_error(page, Vec::new(), &error),
    }
}

/// Has the providers asked about a tenant.
#[server(prefix = "/rpc", endpoint = "operator-sync")]
pub(crate) async fn operator_sync(#[server(default)] tenant: String) -> Result<(), ServerFnError> {
    let Some((services, operator)) = at_desk() else { return Ok(()) };
    let Some(tenant) = named(&tenant) else { return Ok(()) };
    answer(&page_of(&tenant), services.desk_sync(&operator, &tenant).await, "synced");
    Ok(())
}

/// Grants a tenant a plan, or takes what was granted back.
#[server(prefix = "/rpc", endpoint = "operator-plan")]
pub(crate) async fn operator_plan(
    #[server(default)] tenant: String,
    #[server(default)] plan: String,
    #[server(default)]
    #[server(rename = "planUntil")]
    until: String,
    #[server(default)]
    #[server(rename = "takeBack")]
    take_back: String,
) -> Result<(), ServerFnError> {
    let Some((services, operator)) = at_desk() else { return Ok(()) };
    let Some(tenant) = named(&tenant) else { return Ok(()) };
    let draft = Draft::of([("plan", plan.as_str()), ("planUntil", until.as_str())]);
    let settled = async {
        let is_back = take_back == "1";
        let until = if is_back { None } else { end_of_day(&until, "planUntil")? };
        let plan = if is_back { PlanWish::TakeBack } else { PlanWish::Grant(plan) };
        let wish = OverrideWish { plan, until, ..OverrideWish::default() };
        services.desk_override(&operator, &tenant, &wish).await.map(drop)
    };
    let settled = settled.await.map_err(|error| error.under_name("until", "planUntil"));
    if settled.is_err() {
        draft.keep();
    }
    answer(&page_of(&tenant), settled, "settled");
    Ok(())
}

/// Sets a limit of a tenant's own, or has the plan's hold again.
#[server(prefix = "/rpc", endpoint = "operator-limit")]
pub(crate) async fn operator_limit(
    #[server(default)] tenant: String,
    #[server(default)] feature: String,
    #[server(default)] limit: String,
    #[server(default)]
    #[server(rename = "limitUntil")]
    until: String,
) -> Result<(), ServerFnError> {
    let Some((services, operator)) = at_desk() else { return Ok(()) };
    let Some(tenant) = named(&tenant) else { return Ok(()) };
    let draft = Draft::of([("feature", feature.as_str()), ("limit", limit.as_str()), ("limitUntil", until.as_str())]);
    let settled = async {
        let wish = limit_wish(&limit)?;
        let until = if wish == LimitWish::TakeBack { None } else { end_of_day(&until, "limitUntil")? };
        let wish = OverrideWish { limits: vec![(feature, wish)], until, ..OverrideWish::default() };
        services.desk_override(&operator, &tenant, &wish).await.map(drop)
    };
    let settled = settled.await.map_err(|error| error.under_name("until", "limitUntil"));
    if settled.is_err() {
        draft.keep();
    }
    answer(&page_of(&tenant), settled, "settled");
    Ok(())
}

/// A number, however people group its digits; `unlimited`; or `plan` for the plan's own.
fn limit_wish(text: &str) -> Result<LimitWish, ServiceError> {
    let plain: String = text.trim().chars().filter(|letter| !matches!(letter, ',' | ' ' | '_' | '\u{a0}')).collect();
    match plain.to_lowercase().as_str() {
        "plan" => Ok(LimitWish::TakeBack),
        "unlimited" | "nolimit" => Ok(LimitWish::Set(Limit::Unlimited)),
        number => match number.parse() {
            Ok(most) => Ok(LimitWish::Set(Limit::AtMost(most))),
            Err(_) => Err(ServiceError::field("limit", "Write a whole number, or “unlimited”.")),
        },
    }
}

/// Has a job that failed tried again at once.
#[server(prefix = "/rpc", endpoint = "operator-try-again")]
pub(crate) async fn operator_try_again(#[server(default)] job: String) -> Result<(), ServerFnError> {
    let Some((services, operator)) = at_desk() else { return Ok(()) };
    answer(WORK, services.desk_try_again(&operator, &job).await, "tried");
    Ok(())
}

/// Says how far an enterprise request has come.
#[server(prefix = "/rpc", endpoint = "operator-request")]
pub(crate) async fn operator_request(
    #[server(default)] id: String,
    // When it was last changed, in microseconds, as the form was drawn.
    #[server(default)] seen: String,
    #[server(default)] state: String,
    #[server(default)] note: String,
) -> Result<(), ServerFnError> {
    let Some((services, operator)) = at_desk() else { return Ok(()) };
    let seen = seen.parse().ok().map(Timestamp::from_micros);
    let handled = services.desk_handle_request(&operator, &id, seen, (&state, &note)).await;
    if handled.is_err() {
        Draft::of([("request", id.as_str()), ("state", state.as_str()), ("note", note.as_str())]).keep();
    }
    answer(REQUESTS, handled, "handled");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_read_as_people_write_it() {
        for (text, wish) in [
            ("1,000", LimitWish::Set(Limit::AtMost(1000))),
            (" 1 000 ", LimitWish::Set(Limit::AtMost(1000))),
            ("0", LimitWish::Set(Limit::AtMost(0))),
            ("Unlimited", LimitWish::Set(Limit::Unlimited)),
            ("no limit", LimitWish::Set(Limit::Unlimited)),
            ("plan", LimitWish::TakeBack),
        ] {
            assert_eq!(limit_wish(text).unwrap(), wish, "{text}");
        }
        for bad in ["", "-1", "many", "1.5", "99999999999999999999999"] {
            assert_eq!(limit_wish(bad).unwrap_err().code(), "validation_error", "{bad}");
        }
    }
}
