//! `POST /billing/upgrade`: starts an upgrade to a larger plan.

use axum::Json;
use billing::service::{
    Checkouts,
    checkout::{CheckoutOrder, CheckoutStarted},
};
use domain::{
    catalog::Cycle,
    subscription::{Provider, checkout_options::CheckoutOptions},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{
    ApiError,
    billing::checkout::CYCLES,
    operations::openapi::Error,
    principal::TenantBiller,
    request::{
        body::{Body, Fields, ReadFields},
        handle::Handle,
        language::PageLanguage,
    },
};

#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase", example = json!({ "targetPlan": "pro", "billingCycle": "monthly" }))]
pub struct UpgradeRequest {
    target_plan: String,
    /// `annual` means `yearly`; monthly when missing.
    billing_cycle: Option<Cycle>,
}

impl ReadFields for UpgradeRequest {
    fn read(fields: &mut Fields) -> Self {
        Self { target_plan: fields.text("targetPlan"), billing_cycle: fields.optional_word("billingCycle", CYCLES) }
    }
}

impl From<UpgradeRequest> for CheckoutOrder {
    fn from(request: UpgradeRequest) -> Self {
        let UpgradeRequest { target_plan, billing_cycle } = request;
        Self {
            plan: target_plan,
            cycle: billing_cycle.unwrap_or_default(),
            success_url: None,
            cancel_url: None,
            upgrade_only: true,
            seats: None,
            is_confirmed: false,
            language: None,
            options: CheckoutOptions::default(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "success": true,
    "checkoutUrl": "https://checkout.polar.sh/...",
    "session": {
        "id": "checkout-123",
        "provider": "polar",
        "plan": "pro",
        "billing_cycle": "monthly",
        "amount": 2900,
        "currency": "USD"
    }
}))]
pub struct UpgradeResponse {
    /// Always `true`: the upgrade was started. The plan changes once it is paid or confirmed.
    success: bool,
    checkout_url: String,
    session: UpgradeSession,
    /// `portal` when a live subscription is changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    flow: Option<&'static str>,
}

#[derive(Debug, Serialize, ToSchema)]
struct UpgradeSession {
    /// The provider's id of the checkout session, or of the live subscription that is changed.
    id: String,
    provider: Provider,
    plan: String,
    billing_cycle: Cycle,
    /// The plan's list price for a cycle, for a quantity of one, before discounts and tax, in minor units. The
    /// provider's page shows the cost of changing a live subscription.
    amount: i64,
    /// ISO 4217, upper case.
    currency: &'static str,
    /// Days without a charge; left out where the first payment is due at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    trial_days: Option<u16>,
}

impl From<CheckoutStarted> for UpgradeResponse {
    fn from(started: CheckoutStarted) -> Self {
        let CheckoutStarted { url, id, provider, plan, cycle, price, is_portal, trial_days } = started;
        Self {
            success: true,
            checkout_url: url,
            session: UpgradeSession {
                id,
                provider,
                plan: plan.into(),
                billing_cycle: cycle,
                amount: price.minor,
                currency: price.currency.code(),
                trial_days: Some(trial_days).filter(|days| *days > 0),
            },
            flow: is_portal.then_some("portal"),
        }
    }
}

/// Starts an upgrade: a payment on the provider's hosted page, or the change of a live subscription in its portal.
///
/// Each call is a new attempt and closes the hosted page of the previous one.
#[utoipa::path(
    post,
    path = "/billing/upgrade",
    operation_id = "upgradePlan",
    tag = "platform",
    security(("session" = ["billing"]), ("firebase" = ["billing"]), ("api_key" = ["billing"])),
    request_body = UpgradeRequest,
    responses(
        (status = 200, description = "Where to send the browser.", body = UpgradeResponse),
        (status = 400, description = "`not_an_upgrade`: the same plan or a smaller one.\n`validation_error`: unknown, free or custom-priced plan.", body = Error),
        (status = 409, description = "`conflict`: a newer checkout replaces this one, a payment is being processed, another change of plan is scheduled, or the workspace pays in another currency than the plan is sold in.\n`unknown_at_provider`: the provider does not know this workspace's customer or subscription; nothing was changed.", body = Error),
        (status = 429, description = "`throttled`: the provider was asked too often for this workspace; `Retry-After` says when to try again.", body = Error),
        (status = 501, description = "`billing_not_configured`.", body = Error),
        (status = 502, description = "`provider_rejected`: the provider refused; the message has its reason.", body = Error),
        (status = 503, description = "`provider_unavailable`: nothing was charged; try again.\n`provider_account_changed`: the provider's key does not open the account that this installation uses; nothing was changed.\n`busy`: too many orders of this workspace are waiting; `Retry-After` says when to try again.", body = Error),
    )
)]
pub async fn upgrade(
    Handle(checkouts): Handle<Checkouts>,
    TenantBiller(biller): TenantBiller,
    page: PageLanguage,
    Body(request): Body<UpgradeRequest>,
) -> Result<Json<UpgradeResponse>, ApiError> {
    let mut order = CheckoutOrder { language: page.stated, ..request.into() };
    order.options.locale = page.foreign_tag();
    let started = checkouts.start_checkout(&biller, order).await;
    Ok(Json(started.map_err(|error| error.with_field_name("plan", "targetPlan"))?.into()))
}
