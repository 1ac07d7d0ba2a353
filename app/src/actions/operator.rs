//! Actions of the operator's desk. For any other user the desk's pages do not exist.

pub(crate) mod imports;
pub(crate) mod installation_key;
pub(crate) mod limit;
pub(crate) mod mails;
pub(crate) mod notes;
pub(crate) mod webhooks;

use ::billing::{
    Services,
    service::{
        ServiceError,
        operator::{
            ConfirmedOperator, Operator, Place,
            overrides::{CustomLimitChange, OverrideChange, PlanGrantChange},
        },
        tenant::key::{KeyAuthority, NewApiKey, parse_sources},
        usage::correction::{CorrectionRequest, Corrector},
    },
};
use domain::{ids::TenantId, tenant::enterprise::EnterpriseRequestState, time::Timestamp};
use leptos::prelude::*;
use locales::Locale;

use self::limit::parse_limit;
use crate::{
    actions::{
        confirmed,
        keys::{end_of_day, words},
        once::once,
        redirect_with_error,
    },
    request::{
        PageRequest,
        draft::Draft,
        local_path::with_query,
        redirect, redirect_to_login_from_form, services,
        shown_once::{DESK_KEY, Recipient},
    },
};

pub(crate) const HOME: &str = "/operator";
pub(crate) const SEARCH: &str = "/operator/search";
pub(crate) const WORK: &str = "/operator/work";
pub(crate) const REQUESTS: &str = "/operator/requests";

pub(crate) fn page_of(tenant: &TenantId) -> String {
    format!("/operator/tenants/{tenant}")
}

/// Returns the path of a tenant's timeline.
pub(crate) fn timeline_of(tenant: &TenantId) -> String {
    format!("/operator/tenants/{tenant}/timeline")
}

/// Returns the path of a tenant's invoices.
pub(crate) fn invoices_of(tenant: &TenantId) -> String {
    format!("/operator/tenants/{tenant}/invoices")
}

/// Returns the query parameters of one page of the list of enterprise requests: the state listed, and the cursor.
pub(crate) fn part_of_requests(
    state: Option<EnterpriseRequestState>,
    after: Option<&Place>,
) -> Vec<(&'static str, String)> {
    let state = state.map(|state| ("show", state.as_str().to_owned()));
    state.into_iter().chain(after.map(|after| ("after", after.to_string()))).collect()
}

/// The operator; an error if they have not confirmed with a factor recently.
type AtDesk = Result<ConfirmedOperator, ServiceError>;

fn at_desk() -> Option<(Services, AtDesk)> {
    at_desk_with(&Draft::default())
}

/// Like [`at_desk`], and keeps `draft` if the operator has to sign in first.
fn at_desk_with(draft: &Draft) -> Option<(Services, AtDesk)> {
    let (services, operator) = signed_in_at_desk(draft)?;
    let operator = confirmed(&services).map(|confirmed| operator.confirmed(&confirmed));
    Some((services, operator))
}

/// Like [`at_desk_with`], for what needs no recent confirmation.
fn signed_in_at_desk(draft: &Draft) -> Option<(Services, Operator)> {
    let req = PageRequest::now();
    let found = services().zip(req.as_ref().and_then(PageRequest::operator));
    if found.is_none() {
        if req.as_ref().and_then(PageRequest::account).is_some() {
            redirect(HOME);
        } else {
            draft.keep();
            redirect_to_login_from_form(req.as_ref());
        }
    }
    found
}

/// Parses the form's tenant id. Redirects with an error and returns `None` if it is malformed.
fn parse_tenant(tenant: &str) -> Option<TenantId> {
    let id = tenant.parse().ok();
    if id.is_none() {
        redirect_with_error(HOME, Vec::new(), &ServiceError::TenantNotFound);
    }
    id
}

fn answer(page: &str, outcome: Result<(), ServiceError>, code: &str) {
    match outcome {
        Ok(()) => redirect(&with_query(page, &[("code", code)])),
        Err(error @ ServiceError::TenantNotFound) => redirect_with_error(HOME, Vec::new(), &error),
        Err(error) => redirect_with_error(page, Vec::new(), &error),
    }
}

/// Fetches the tenant's subscriptions from the providers now.
#[server(prefix = "/rpc", endpoint = "operator-sync")]
pub(crate) async fn operator_sync(#[server(default)] tenant: String) -> Result<(), ServerFnError> {
    let Some((services, operator)) = at_desk() else { return Ok(()) };
    let Some(tenant) = parse_tenant(&tenant) else { return Ok(()) };
    let synced = async { services.operators().desk_sync(&operator?, &tenant).await };
    answer(&page_of(&tenant), synced.await, "synced");
    Ok(())
}

/// Grants a plan to a tenant, or withdraws the grant.
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
    let draft = Draft::of([("plan", plan.as_str()), ("planUntil", until.as_str())]).about(&tenant);
    let Some((services, operator)) = at_desk_with(&draft) else { return Ok(()) };
    let Some(tenant) = parse_tenant(&tenant) else { return Ok(()) };
    let settled = async {
        let is_back = take_back == "1";
        let until = if is_back { None } else { end_of_day(&until, "planUntil")? };
        let plan = if is_back { PlanGrantChange::Remove } else { PlanGrantChange::Grant(plan) };
        let change = OverrideChange { plan, until, ..OverrideChange::default() };
        services.operators().desk_override(&operator?, &tenant, &change).await.map(drop)
    };
    let settled = settled.await.map_err(|error| error.with_field_name("until", "planUntil"));
    if settled.is_err() {
        draft.keep();
    }
    answer(&page_of(&tenant), settled, "settled");
    Ok(())
}

/// Sets a custom limit for a tenant, or restores the plan's limit.
#[server(prefix = "/rpc", endpoint = "operator-limit")]
pub(crate) async fn operator_limit(
    #[server(default)] tenant: String,
    #[server(default)] feature: String,
    #[server(default)] limit: String,
    #[server(default)]
    #[server(rename = "limitUntil")]
    until: String,
    // `1` caps the limit of every plan at `limit`.
    #[server(default)]
    #[server(rename = "atMost")]
    at_most: String,
) -> Result<(), ServerFnError> {
    let draft = Draft::of([
        ("feature", feature.as_str()),
        ("limit", limit.as_str()),
        ("limitUntil", until.as_str()),
        ("atMost", at_most.as_str()),
    ])
    .about(&tenant);
    let Some((services, operator)) = at_desk_with(&draft) else { return Ok(()) };
    let Some(tenant) = parse_tenant(&tenant) else { return Ok(()) };
    let settled = async {
        let limit_change =
            parse_limit(&Locale::current().typed(&limit), services.catalog().feature(&feature), at_most == "1")?;
        let until = if limit_change == CustomLimitChange::Remove { None } else { end_of_day(&until, "limitUntil")? };
        let change = OverrideChange { limits: vec![(feature, limit_change)], until, ..OverrideChange::default() };
        services.operators().desk_override(&operator?, &tenant, &change).await.map(drop)
    };
    let settled = settled.await.map_err(|error| error.with_field_name("until", "limitUntil"));
    if settled.is_err() {
        draft.keep();
    }
    answer(&page_of(&tenant), settled, "settled");
    Ok(())
}

/// Retries a failed job now.
#[server(prefix = "/rpc", endpoint = "operator-try-again")]
pub(crate) async fn operator_try_again(#[server(default)] job: String) -> Result<(), ServerFnError> {
    let Some((services, operator)) = at_desk() else { return Ok(()) };
    let tried = async { services.operators().retry_job_of_any_tenant(&operator?, &job).await };
    answer(WORK, tried.await, "tried");
    Ok(())
}

/// Sets the state of an enterprise request and redirects back to the page of the list that showed it.
#[server(prefix = "/rpc", endpoint = "operator-request")]
pub(crate) async fn operator_request(
    #[server(default)] id: String,
    // The request's version as displayed: its last change in microseconds. Detects concurrent edits.
    #[server(default)] seen: String,
    #[server(default)] state: String,
    #[server(default)] note: String,
    #[server(default)] show: String,
    #[server(default)] after: String,
) -> Result<(), ServerFnError> {
    let draft = Draft::of([("request", id.as_str()), ("state", state.as_str()), ("note", note.as_str())]);
    let Some((services, operator)) = at_desk_with(&draft) else { return Ok(()) };
    let seen = seen.parse().ok().map(Timestamp::from_micros);
    let handled = async { services.operators().desk_handle_request(&operator?, &id, seen, (&state, &note)).await };
    let handled = handled.await;
    if handled.is_err() {
        draft.keep();
    }
    let mut shown = part_of_requests(show.parse().ok(), after.parse().ok().as_ref());
    match handled {
        Ok(()) => {
            shown.push(("code", "handled".to_owned()));
            redirect(&with_query(
                REQUESTS,
                &shown.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>(),
            ));
        }
        Err(error) => redirect_with_error(REQUESTS, shown, &error),
    }
    Ok(())
}

/// Creates an API key with any scope for a tenant, `usage` included. The next page shows it once. The form's key makes
/// a repeated submit idempotent.
#[server(prefix = "/rpc", endpoint = "operator-key")]
pub(crate) async fn operator_key(
    #[server(default)] tenant: String,
    #[server(default)]
    #[server(rename = "keyName")]
    name: String,
    #[server(default)] scopes: Vec<String>,
    #[server(default)] from: String,
    #[server(default)] key: String,
) -> Result<(), ServerFnError> {
    let draft = Draft::of(
        [("keyName", name.as_str()), ("from", from.as_str())]
            .into_iter()
            .chain(scopes.iter().map(|scope| ("scopes", scope.as_str()))),
    )
    .about(&tenant);
    let Some((services, operator)) = at_desk_with(&draft) else { return Ok(()) };
    let Some(tenant) = parse_tenant(&tenant) else { return Ok(()) };
    let made = async {
        let (operator, confirmed) = (operator?, confirmed(&services)?);
        let new_key = NewApiKey {
            name: name.clone(),
            scopes: words(&scopes)?,
            expires_at: None,
            sources: parse_sources(from.split([',', ' ']))?,
        };
        let scopes = scopes.join(" ");
        let content = [&*name, &*scopes, &*from];
        let (services, by, confirmed) = (&services, KeyAuthority::Desk(&operator, &tenant), &confirmed);
        let work = |_| async move { services.api_keys().create_key(by, confirmed, new_key).await.map(|made| made.key) };
        once(services, Recipient::desk(operator.user(), &tenant), "operator-key", &key, &content, work).await
    };
    let made = made.await.map_err(|error| error.with_field_name("name", "keyName")).map(|made| {
        if let Some(account) = PageRequest::now().and_then(|req| req.account()) {
            DESK_KEY.keep(Recipient::desk(&account.user_id, &tenant), &made);
        }
    });
    if made.is_err() {
        draft.keep();
    }
    answer(&page_of(&tenant), made, "key_given");
    Ok(())
}

/// Corrects a counter of a tenant. The form's key makes a repeated submit idempotent.
#[server(prefix = "/rpc", endpoint = "operator-correct")]
pub(crate) async fn operator_correct(
    #[server(default)] tenant: String,
    #[server(default)]
    #[server(rename = "correctFeature")]
    feature: String,
    #[server(default)] amount: String,
    #[server(default)] reason: String,
    #[server(default)]
    #[server(rename = "idempotencyKey")]
    idempotency_key: String,
) -> Result<(), ServerFnError> {
    let draft =
        Draft::of([("correctFeature", feature.as_str()), ("amount", amount.as_str()), ("reason", reason.as_str())])
            .about(&tenant);
    let Some((services, operator)) = at_desk_with(&draft) else { return Ok(()) };
    let Some(tenant) = parse_tenant(&tenant) else { return Ok(()) };
    let page = page_of(&tenant);
    let corrected = async {
        let wrong = |_| ServiceError::field("amount", "Write a whole number with its sign, as -5000.");
        let amount = Locale::current().typed(amount.trim()).parse().map_err(wrong)?;
        let request = CorrectionRequest { feature, amount, reason, idempotency_key };
        services.usage().correct_usage(&Corrector::desk(&operator?, tenant), request).await.map(drop)
    };
    let corrected = corrected.await.map_err(|error| match error {
        ServiceError::UnknownFeature(_) | ServiceError::CountedInternally(_) => {
            ServiceError::field("correctFeature", "Choose a counted feature of the list.")
        }
        error => error.with_field_name("feature", "correctFeature"),
    });
    if corrected.is_err() {
        draft.keep();
    }
    answer(&page, corrected, "corrected");
    Ok(())
}
