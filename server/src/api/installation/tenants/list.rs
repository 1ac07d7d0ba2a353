//! `GET /api/v1/tenants`: the tenants, newest first, page by page.

use axum::{Json, extract::FromRequestParts, http::request::Parts};
use billing::service::{
    FieldErrors, ServiceError, Tenants,
    operator::Place,
    tenant::profile::{ProfilePage, ProfileQuery},
};
use serde::Serialize;
use url::form_urlencoded;
use utoipa::ToSchema;

use super::TenantItem;
use crate::api::{
    ApiError,
    operations::openapi::Error,
    request::{body::whole_text, handle::Handle, installation::TenantsKey},
};

const TENANTS: usize = 50;
const MOST_TENANTS: usize = 100;
const SEARCH_MAX_CHARS: usize = 254;

/// The query.
#[derive(Debug)]
pub struct TenantsQuery {
    query: ProfileQuery,
    limit: usize,
}

impl<S: Sync> FromRequestParts<S> for TenantsQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let mut errors = FieldErrors::new();
        let mut params = Self { query: ProfileQuery::default(), limit: TENANTS };
        for (name, value) in form_urlencoded::parse(query) {
            match name.as_ref() {
                "limit" => match whole_text(&value)
                    .and_then(|limit| limit.try_into().ok())
                    .filter(|limit| (1..=MOST_TENANTS).contains(limit))
                {
                    Some(limit) => params.limit = limit,
                    None => {
                        drop(errors.insert("limit", format!("limit must be a whole number, 1 to {MOST_TENANTS}.")));
                    }
                },
                "cursor" => match value.parse() {
                    Ok(place) => params.query.after = Some(place),
                    Err(_) => drop(errors.insert("cursor", "cursor must be the nextCursor of a response.".to_owned())),
                },
                "query" => params.query.search = text("query", value.trim(), &mut errors),
                "customerId" => params.query.customer = text("customerId", &value, &mut errors),
                "plan" => match value.parse() {
                    Ok(plan) => params.query.plan = Some(plan),
                    Err(_) => drop(errors.insert("plan", "plan must be a plan's id.".to_owned())),
                },
                "status" => match value.parse() {
                    Ok(status) => params.query.status = Some(status),
                    Err(_) => {
                        drop(errors.insert("status", "status must be active, past_due or canceled.".to_owned()));
                    }
                },
                _ => {}
            }
        }
        if errors.is_empty() { Ok(params) } else { Err(ServiceError::invalid(errors).into()) }
    }
}

/// Returns the text to search for; notes an error if it is too long or has a NUL, which the database does not accept.
fn text(name: &'static str, value: &str, errors: &mut FieldErrors) -> String {
    if value.chars().count() > SEARCH_MAX_CHARS || value.contains('\0') {
        errors.insert(name, format!("{name} may have at most {SEARCH_MAX_CHARS} characters, and no NUL."));
    }
    value.to_owned()
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TenantList {
    /// Newest first.
    items: Vec<TenantItem>,
    /// The next page's `cursor`; `null` on the last page.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// The tenants, newest first, without deleted ones. A tenant that is created while pages are read does not move the
/// others: each is on exactly one page.
#[utoipa::path(
    get,
    path = "/api/v1/tenants",
    operation_id = "listTenants",
    tag = "tenants",
    security(("installation_key" = ["tenants"])),
    params(
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "How many at most, 1 to 100; 50 when missing."),
        ("cursor" = Option<String>, Query, description = "The `nextCursor` of the previous page."),
        ("query" = Option<String>, Query, description = "Part of a name, or a whole id, external id or address."),
        ("plan" = Option<String>, Query, description = "Only tenants on this plan."),
        ("status" = Option<String>, Query, description = "Only tenants whose subscription is `active`, `past_due` or `canceled`. A tenant without one is `active`."),
        ("customerId" = Option<String>, Query, description = "Only the tenant of this customer at the payment provider."),
    ),
    responses(
        (status = 200, description = "A page of tenants.", body = TenantList),
        (status = 400, description = "`validation_error`: `fields` says what is wrong with the query.", body = Error),
    )
)]
pub async fn list(
    Handle(tenants): Handle<Tenants>,
    TenantsKey(principal): TenantsKey,
    TenantsQuery { query, limit }: TenantsQuery,
) -> Result<Json<TenantList>, ApiError> {
    let ProfilePage { items, next } = tenants.list_profiles(&principal, query, limit).await?;
    let next_cursor = next.as_ref().map(Place::to_string);
    Ok(Json(TenantList { items: items.into_iter().map(TenantItem::from).collect(), next_cursor }))
}
