//! `POST /api/v1/billing/checkout`: starts a checkout, in the shape of the console document or the workspace document.

mod options;

use std::collections::BTreeMap;

use axum::Json;
use billing::service::{Checkouts, checkout::CheckoutOrder};
use domain::{
    catalog::{Cycle, MOST_SEATS},
    money::Currency,
};
use serde::Serialize;
use utoipa::ToSchema;

use self::options::OptionFields;
use crate::api::{
    ApiError,
    operations::openapi::{Error, two_shapes},
    request::{
        body::{Body, Fields, ReadFields},
        handle::Handle,
        language::PageLanguage,
        tenant_callers::TenantOrderer,
    },
};

/// The values that [`Cycle`] is parsed from, as an error message lists them.
pub const CYCLES: &str = "monthly, yearly or annual";

/// In the shape of either document.
#[derive(Debug)]
pub enum CheckoutRequest {
    Console(ConsoleCheckout),
    Workspace(WorkspaceCheckout),
}

#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase", example = json!({ "plan": "starter" }))]
pub struct ConsoleCheckout {
    plan: String,
    /// `annual` means `yearly`; monthly when missing.
    billing_cycle: Option<Cycle>,
    /// Where the browser returns to: an address of this installation or of an allowed origin.
    success_url: Option<String>,
    cancel_url: Option<String>,
    /// All seats to buy, those included in the plan's price too, for a plan with seats. By default those that the
    /// workspace has, else enough for those in use.
    seats: Option<u64>,
    /// The id of a coupon at Stripe or of a discount at Polar. For a first payment only.
    coupon: Option<String>,
    /// A promotion code that customers know, as `SUMMER`, or its id at the provider. For a first payment only, and not
    /// together with `coupon`.
    promotion_code: Option<String>,
    /// ISO 4217. Before the workspace's first subscription a currency of the plan's prices, by default the catalog's;
    /// after it that of the first subscription.
    #[schema(value_type = Option<String>)]
    currency: Option<Currency>,
    /// The trial in days, in place of the plan's; 0 for none, 730 at most. For a first payment, and with an
    /// installation key only.
    trial_days: Option<u16>,
    /// The tag of the language of the provider's page (BCP 47), in place of `Accept-Language`.
    locale: Option<String>,
    /// At most 20 texts that the session and the subscription at the provider get besides `tenant_id` and
    /// `external_id`. A change of a live subscription ignores them.
    metadata: Option<BTreeMap<String, String>>,
}

/// What is bought.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum WorkspaceCheckoutType {
    Subscription,
}

#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase", example = json!({
    "type": "subscription",
    "planId": "standard",
    "successUrl": "https://app.dartstream.io/membership/membership-paid?checkout=success&plan=standard",
    "cancelUrl": "https://app.dartstream.io/membership"
}))]
pub struct WorkspaceCheckout {
    r#type: WorkspaceCheckoutType,
    plan_id: String,
    /// `annual` means `yearly`; monthly when missing.
    billing_cycle: Option<Cycle>,
    /// Where the browser returns to: an address of this installation or of an allowed origin.
    success_url: Option<String>,
    cancel_url: Option<String>,
    /// All seats to buy, those included in the plan's price too, for a plan with seats. By default those that the
    /// workspace has, else enough for those in use.
    seats: Option<u64>,
    /// The id of a coupon at Stripe or of a discount at Polar. For a first payment only.
    coupon: Option<String>,
    /// A promotion code that customers know, as `SUMMER`, or its id at the provider. For a first payment only, and not
    /// together with `coupon`.
    promotion_code: Option<String>,
    /// ISO 4217. Before the workspace's first subscription a currency of the plan's prices, by default the catalog's;
    /// after it that of the first subscription.
    #[schema(value_type = Option<String>)]
    currency: Option<Currency>,
    /// The trial in days, in place of the plan's; 0 for none, 730 at most. For a first payment, and with an
    /// installation key only.
    trial_days: Option<u16>,
    /// The tag of the language of the provider's page (BCP 47), in place of `Accept-Language`.
    locale: Option<String>,
    /// At most 20 texts that the session and the subscription at the provider get besides `tenant_id` and
    /// `external_id`. A change of a live subscription ignores them.
    metadata: Option<BTreeMap<String, String>>,
}

two_shapes!(CheckoutRequest: ConsoleCheckout, WorkspaceCheckout);

impl ReadFields for CheckoutRequest {
    fn read(fields: &mut Fields) -> Self {
        let is_console = !fields.has("planId") && !fields.has("type");
        let (success_url, cancel_url) = (fields.optional_text("successUrl"), fields.optional_text("cancelUrl"));
        let billing_cycle = fields.optional_word("billingCycle", CYCLES);
        let seats = fields.optional_between("seats", 1, MOST_SEATS);
        let OptionFields { coupon, promotion_code, currency, trial_days, locale, metadata } =
            OptionFields::read(fields);
        if is_console {
            let plan = fields.text("plan");
            return Self::Console(ConsoleCheckout {
                plan,
                billing_cycle,
                success_url,
                cancel_url,
                seats,
                coupon,
                promotion_code,
                currency,
                trial_days,
                locale,
                metadata,
            });
        }
        if fields.text("type") != "subscription" {
            fields.note("type", "type must be \"subscription\".");
        }
        let r#type = WorkspaceCheckoutType::Subscription;
        let plan_id = fields.text("planId");
        Self::Workspace(WorkspaceCheckout {
            r#type,
            plan_id,
            billing_cycle,
            success_url,
            cancel_url,
            seats,
            coupon,
            promotion_code,
            currency,
            trial_days,
            locale,
            metadata,
        })
    }
}

impl CheckoutRequest {
    const fn is_console(&self) -> bool {
        matches!(self, Self::Console(_))
    }
}

impl From<CheckoutRequest> for CheckoutOrder {
    fn from(request: CheckoutRequest) -> Self {
        let (plan, cycle, success_url, cancel_url, seats, options) = match request {
            CheckoutRequest::Console(ConsoleCheckout {
                plan,
                billing_cycle,
                success_url,
                cancel_url,
                seats,
                coupon,
                promotion_code,
                currency,
                trial_days,
                locale,
                metadata,
            }) => {
                let options = OptionFields { coupon, promotion_code, currency, trial_days, locale, metadata };
                (plan, billing_cycle, success_url, cancel_url, seats, options)
            }
            CheckoutRequest::Workspace(WorkspaceCheckout {
                r#type: WorkspaceCheckoutType::Subscription,
                plan_id,
                billing_cycle,
                success_url,
                cancel_url,
                seats,
                coupon,
                promotion_code,
                currency,
                trial_days,
                locale,
                metadata,
            }) => {
                let options = OptionFields { coupon, promotion_code, currency, trial_days, locale, metadata };
                (plan_id, billing_cycle, success_url, cancel_url, seats, options)
            }
        };
        Self {
            plan,
            cycle: cycle.unwrap_or_default(),
            success_url,
            cancel_url,
            upgrade_only: false,
            seats,
            is_confirmed: false,
            language: None,
            options: options.options(),
        }
    }
}

/// In the shape of the request.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum CheckoutResponse {
    Console {
        url: String,
    },
    Workspace {
        #[serde(rename = "checkoutUrl")]
        checkout_url: String,
        #[schema(value_type = WorkspaceCheckoutType)]
        r#type: &'static str,
        /// `portal` when a live subscription is changed.
        #[serde(skip_serializing_if = "Option::is_none")]
        flow: Option<&'static str>,
    },
}

/// Starts a payment on the provider's hosted page, or the change of a live subscription in its portal.
///
/// A change of a plan with seats leads to this installation's review page instead of the portal, which can't change it.
///
/// Each call is a new attempt and closes the hosted page of the previous one. The page is in the language of
/// `locale` or of `Accept-Language`, where the provider has it. What the hosted page offers besides, as a field for
/// promotion codes, and whether taxes are added, is set for the installation.
#[utoipa::path(
    post,
    path = "/api/v1/billing/checkout",
    operation_id = "startCheckout",
    tag = "billing",
    security(("session" = ["billing"]), ("firebase" = ["billing"]), ("installation_key" = ["billing"])),
    request_body = CheckoutRequest,
    responses(
        (
            status = 200,
            description = "Where to send the browser, in the shape of the request.",
            body = CheckoutResponse,
            examples(
                ("console" = (value = json!({ "url": "https://checkout.stripe.com/c/pay/..." }))),
                ("workspace" = (value = json!({
                    "checkoutUrl": "https://checkout.stripe.com/c/pay/...",
                    "type": "subscription"
                }))),
                ("portal" = (value = json!({
                    "checkoutUrl": "https://billing.stripe.com/p/session/...",
                    "type": "subscription",
                    "flow": "portal"
                }))),
            )
        ),
        (status = 400, description = "`validation_error`: unknown, free or custom-priced plan, seats that are not sold or fewer than are in use, a foreign address, a currency in which this workspace can't pay, or a discount that can't be redeemed; `fields` says which field is wrong, and how.", body = Error),
        (status = 403, description = "`scope_required`: the installation key lacks the scope `billing`.", body = Error),
        (status = 409, description = "`conflict`: a newer checkout replaces this one, a payment is being processed, or the workspace has more seats than the plan is sold with.\n`unknown_at_provider`: the provider does not know this workspace's customer or subscription; nothing was changed.", body = Error),
        (status = 429, description = "`throttled`: the provider was asked too often for this workspace; `Retry-After` says when to try again.", body = Error),
        (status = 501, description = "`billing_not_configured`.", body = Error),
        (status = 502, description = "`provider_rejected`: the provider refused; the message has its reason.", body = Error),
        (status = 503, description = "`provider_unavailable`: nothing was charged; try again.\n`provider_account_changed`: the provider's key does not open the account that this installation uses; nothing was changed.\n`busy`: too many orders of this workspace are waiting; `Retry-After` says when to try again.", body = Error),
    )
)]
pub async fn check_out(
    Handle(checkouts): Handle<Checkouts>,
    TenantOrderer(biller): TenantOrderer,
    page: PageLanguage,
    Body(request): Body<CheckoutRequest>,
) -> Result<Json<CheckoutResponse>, ApiError> {
    let is_console = request.is_console();
    let plan = if is_console { "plan" } else { "planId" };
    let mut order = CheckoutOrder { language: page.stated, ..request.into() };
    order.options.locale = order.options.locale.or_else(|| page.foreign_tag());
    let started = checkouts.start_checkout(&biller, order).await;
    let started = started.map_err(|error| error.with_field_name("plan", plan))?;
    Ok(Json(if is_console {
        CheckoutResponse::Console { url: started.url }
    } else {
        let flow = started.is_portal.then_some("portal");
        CheckoutResponse::Workspace { checkout_url: started.url, r#type: "subscription", flow }
    }))
}
