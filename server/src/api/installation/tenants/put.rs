//! `PUT /api/v1/tenants/external:{id}`: makes a tenant, or updates it.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};
use billing::service::{
    Imports, ServiceError,
    tenant::{
        import::LinkPreview,
        profile::{FieldChange, MetadataChange, ProfileChange, PutTenant},
    },
};
use domain::{
    catalog::Cycle,
    subscription::{BillingInterval, Provider, ProviderStatus},
    tenant::import::ImportOutcome,
};
use serde::Serialize;
use url::form_urlencoded;
use utoipa::ToSchema;

use super::{NamedExternalId, TenantBody, time};
use crate::api::{
    ApiError,
    billing::preflight::Amount,
    operations::openapi::{Error, two_shapes},
    request::{
        body::{Body, Fields, ReadFields},
        handle::Handle,
        installation::TenantsKey,
    },
};

const DRY_RUN: &str = "dryRun";
/// The maximum length of a customer's id in characters (Stripe: "Object IDs").
const CUSTOMER_MAX_CHARS: usize = 255;

#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "name": "Acme Robotics", "email": "ops@acme.example", "metadata": { "region": "eu" }, "customers": { "stripe": "cus_NffrFeUfNV2Hib" }
}))]
pub struct PutTenantRequest {
    /// 1 to 80 characters without addresses. Required for a new tenant; a missing field keeps its value.
    #[schema(required = false, nullable = true, min_length = 1, max_length = 80)]
    name: Option<String>,
    /// `null` removes it.
    #[schema(value_type = Option<String>, required = false, nullable = true, max_length = 254)]
    email: FieldChange<String>,
    /// Replaces the whole metadata: up to 50 keys of at most 40 characters, with values of at most 500 characters.
    #[schema(required = false, nullable = true)]
    metadata: Option<BTreeMap<String, String>>,
    /// Customers that pay already, by provider (`stripe`, `polar`): the tenant is linked to them, and their subscriptions
    /// apply at once. Nothing is changed at the provider.
    #[schema(required = false, nullable = true)]
    customers: Option<BTreeMap<String, String>>,
}

impl ReadFields for PutTenantRequest {
    fn read(fields: &mut Fields) -> Self {
        Self {
            name: fields.optional_text("name"),
            email: fields.text_change("email"),
            metadata: fields.optional_texts("metadata"),
            customers: fields.optional_texts("customers"),
        }
    }
}

/// Whether to change nothing: the query parameter `dryRun`.
#[derive(Clone, Copy, Debug)]
pub struct DryRun(bool);

impl<S: Sync> FromRequestParts<S> for DryRun {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let mut is_dry_run = false;
        for (_, value) in form_urlencoded::parse(query).filter(|(name, _)| name == DRY_RUN) {
            is_dry_run = match value.as_ref() {
                "true" => true,
                "false" => false,
                _ => return Err(ServiceError::field(DRY_RUN, "dryRun must be true or false.").into()),
            };
        }
        Ok(Self(is_dry_run))
    }
}

/// What would come of the customer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerPreview {
    /// `adopt`: the tenant gets the plan. `already`: it is linked to the customer. `no_subscription`: none is live.
    /// `unmapped_price`: no plan sells the price. `several_subscriptions`: the best plan counts.
    outcome: ImportOutcome,
    /// `null` where no plan is sold.
    #[schema(required = true)]
    plan: Option<String>,
    #[schema(required = true)]
    cycle: Option<Cycle>,
    /// How often it is billed, where that is not once a billing cycle: 3 of the unit `month` is every 3 months.
    #[serde(skip_serializing_if = "Option::is_none")]
    billing_interval: Option<BillingInterval>,
    /// The seats, or the quantity of the subscription; `null` without a live one.
    #[schema(required = true)]
    seats: Option<u64>,
    /// For each time it is billed, before discounts and tax; `null` where no single amount exists.
    #[schema(required = true)]
    price: Option<Amount>,
    /// The provider's status of the subscription, as `active`, `trialing` or `past_due`; `null` without a live one.
    #[schema(required = true)]
    status: Option<&'static str>,
    /// `null` without a live subscription.
    #[schema(format = DateTime, required = true)]
    period_end: Option<String>,
}

impl From<LinkPreview> for CustomerPreview {
    fn from(preview: LinkPreview) -> Self {
        let LinkPreview { outcome, details } = preview;
        Self {
            outcome,
            plan: details.plan.map(String::from),
            cycle: details.cycle,
            billing_interval: details.interval,
            seats: details.seats,
            price: details.price.map(Amount::from),
            status: details.status.map(ProviderStatus::as_str),
            period_end: time(details.period_end),
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum PutTenantResponse {
    Tenant(Box<TenantBody>),
    Preview(CustomerPreview),
}

two_shapes!(PutTenantResponse: TenantBody, CustomerPreview);

/// Creates the tenant with the product's own id, or updates it. Safe to repeat and to call concurrently: only one call
/// creates it. Needs no person and no password.
///
/// With `customers`, the tenant is linked to customers that pay at the provider already: no checkout makes a second one.
/// Their subscriptions apply at once. Nothing is changed at the provider.
#[utoipa::path(
    put,
    path = "/api/v1/tenants/{tenant}",
    operation_id = "putTenant",
    tag = "tenants",
    security(("installation_key" = ["tenants"])),
    params(
        ("tenant" = String, Path, description = "`external:` and the product's own id, percent-encoded: 1 to 128 bytes of UTF-8 without control characters."),
        ("dryRun" = Option<bool>, Query, description = "`true` changes nothing, and answers what would come of the one customer in `customers`."),
    ),
    request_body = PutTenantRequest,
    responses(
        (status = 200, description = "The tenant, which existed. With `dryRun`, what would come of the customer.", body = PutTenantResponse),
        (status = 201, description = "The new tenant.", body = TenantBody),
        (status = 400, description = "`validation_error`: a field is invalid, or a provider has no such customer (`customers.stripe`, `customers.polar`). Nothing was changed.", body = Error),
        (status = 409, description = "`tenant_deleted`: a deleted tenant has this external id. Restore it, or purge it first.\n`customer_taken`: another tenant, perhaps a deleted one, is linked to the customer.\n`conflict`: the tenant is linked to another customer of the provider, or ordered a subscription through Dues at another provider while the customer has one, or other requests change it.", body = Error),
        (status = 501, description = "`billing_not_configured`: the provider of a customer is not configured.", body = Error),
        (status = 502, description = "`provider_rejected`: the provider refused to show the customer; the message has its reason. The tenant may be made and linked by then.", body = Error),
        (status = 503, description = "`provider_unavailable`: the provider does not answer. Try again: the tenant may be made and linked by then, and a repeat stores its subscriptions.\n`provider_account_changed`: the provider's key does not open the account that this installation uses.", body = Error),
    )
)]
pub async fn put(
    Handle(imports): Handle<Imports>,
    TenantsKey(principal): TenantsKey,
    NamedExternalId(external): NamedExternalId,
    DryRun(is_dry_run): DryRun,
    Body(PutTenantRequest { name, email, metadata, customers }): Body<PutTenantRequest>,
) -> Result<(StatusCode, Json<PutTenantResponse>), ApiError> {
    let metadata = metadata.map(MetadataChange::Replace);
    let change = ProfileChange { name, email, metadata, external_id: FieldChange::Keep };
    let customers = named_customers(customers.unwrap_or_default())?;
    if is_dry_run {
        let [(provider, customer)] = customers.as_slice() else {
            return Err(ServiceError::field("customers", "customers: a dry run takes exactly one.").into());
        };
        let preview = imports.preview_put(&principal, &external, change, (*provider, customer.as_str())).await?;
        return Ok((StatusCode::OK, Json(PutTenantResponse::Preview(preview.into()))));
    }
    let put = imports.put_tenant(&principal, &external, change, &customers).await?;
    let PutTenant { profile, entitlements, created } = put;
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(PutTenantResponse::Tenant(Box::new((profile, entitlements).into())))))
}

/// Returns the customers by provider. Fails for an unknown provider, and for a text that can't be an id.
fn named_customers(customers: BTreeMap<String, String>) -> Result<Vec<(Provider, String)>, ServiceError> {
    let named = customers.into_iter().map(|(provider, customer)| {
        let provider = provider.parse::<Provider>().ok()?;
        let is_id =
            (1..=CUSTOMER_MAX_CHARS).contains(&customer.len()) && customer.bytes().all(|byte| byte.is_ascii_graphic());
        is_id.then_some((provider, customer))
    });
    let wrong =
        || ServiceError::field("customers", "customers: write them as {\"stripe\": \"cus_…\"}; polar works, too.");
    named.collect::<Option<_>>().ok_or_else(wrong)
}
