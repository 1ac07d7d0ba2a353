//! Checkout: from an order to the provider's hosted page ([`attempt`]), and back ([`settle`]).

mod attempt;
mod order_options;
pub mod order_preview;
pub mod preflight;
mod prepared;
mod return_url;
mod seats;
mod settle;

use domain::{
    catalog::{Catalog, Cycle, Plan},
    ids::{PlanId, TenantId},
    money::Money,
    subscription::{
        Direction, Provider, Subscription,
        checkout_options::{CheckoutDiscount, CheckoutOptions},
        current_subscription, direction,
        order::{AttemptState, ValidatedOrder, validate_order},
        plan_change::{ChangeConflict, Repair, change_conflict, needed_repair, starts_at_price},
        trial,
    },
    tenant::audit::{AuditAction, AuditActor, NewAuditEntry},
};
use locales::Locale;
use serde_json::json;
use url::Url;

use self::{
    attempt::is_rejection,
    order_options::{check_options, refuse_for_change},
    prepared::PreparedCheckout,
    seats::{DirectChange, seats_price},
};
use super::{
    Checkouts, ServiceError,
    base::{core::new_id, limits::tenant_locks::RETRY_AFTER_SECS, permission::Biller},
    subscription::lifecycle::Cause,
};
use crate::{
    payment::{NewPortal, PortalFlow, ProviderCapabilities},
    store::subscription::checkout_attempts::Attempt,
};

/// An order, and the URLs to which the provider's page sends the user back. For a URL that is `None`, Dues uses a page
/// of its own.
#[derive(Clone, Debug)]
pub struct CheckoutOrder {
    pub plan: String,
    pub cycle: Cycle,
    pub success_url: Option<String>,
    pub cancel_url: Option<String>,
    /// Whether to refuse a plan that is not larger than the current one.
    pub upgrade_only: bool,
    /// All seats to buy, those included in the plan's price too. `None` for those that the workspace has bought, else
    /// for enough for those in use.
    pub seats: Option<u64>,
    /// Whether a person has confirmed the order on its review page. A change that the provider's portal can't make is
    /// then made at once; otherwise the order leads to that page.
    pub is_confirmed: bool,
    /// The language of the provider's page; `None` for the tenant's.
    pub language: Option<Locale>,
    /// `settings` is not read: those of the installation apply.
    pub options: CheckoutOptions,
}

/// A started checkout, with the hosted page on which the order is confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckoutStarted {
    pub url: String,
    /// The provider's id of the checkout session, or of the subscription to change.
    pub id: String,
    pub provider: Provider,
    pub plan: PlanId,
    pub cycle: Cycle,
    pub price: Money,
    /// `true` if `url` is a portal page that changes a live subscription; `false` if it is a checkout page.
    pub is_portal: bool,
    /// Length of the trial in days; 0 if the first payment is due at once.
    pub trial_days: u16,
}

impl Checkouts {
    /// Starts a checkout, or opens the portal's confirmation if a subscription is live.
    ///
    /// A tenant has at most one open attempt: the previous hosted page is closed first, so that the user can't pay
    /// both. [`ServiceError::Busy`] when too many orders of the tenant wait for one another.
    pub async fn start_checkout(
        &self,
        biller: &Biller,
        request: CheckoutOrder,
    ) -> Result<CheckoutStarted, ServiceError> {
        let tenant = biller.tenant();
        check_options(biller, &request.options)?;
        let stored = self.store().read().await?.connection().list_subscriptions(tenant).await?;
        self.order_in_currency(&stored, &request.plan, request.cycle, request.options.currency)?;
        let success_url = self.return_url(
            "successUrl",
            request.success_url.as_deref(),
            "membership/membership-paid?checkout=success",
        )?;
        let cancel_url = self.return_url("cancelUrl", request.cancel_url.as_deref(), "membership?checkout=canceled")?;
        let portal_return_url =
            request.cancel_url.map_or_else(|| self.page_url("membership?from=portal"), |_| cancel_url.clone());
        let tag = request.options.locale.clone();
        let locale = match tag.or_else(|| request.language.map(|language| language.tag().to_owned())) {
            Some(tag) => Some(tag),
            None => self.store().read().await?.connection().find_tenant_language(tenant).await?,
        };
        let order = PreparedCheckout {
            plan: request.plan,
            cycle: request.cycle,
            options: request.options,
            success_url,
            cancel_url,
            portal_return_url,
            upgrade_only: request.upgrade_only,
            seats: request.seats,
            is_confirmed: request.is_confirmed,
            locale,
        };

        self.providers().spend_provider_change(tenant).await?;
        let lock = self.0.checkout_locks.acquire(tenant).await;
        let _lock = lock.map_err(|_| ServiceError::Busy { retry_after_secs: RETRY_AFTER_SECS })?;

        match self.begin_order(biller, &order).await {
            // A live subscription is changed at its own provider, which can differ from the provider of new checkouts.
            Err(ServiceError::CustomerGone { provider, .. }) if self.sender(provider).is_some() => {
                self.subscriptions().replace_customer(tenant, provider).await?;
                self.begin_order(biller, &order).await
            }
            outcome => outcome,
        }
    }

    /// Starts one attempt, with the stored customer.
    async fn begin_order(&self, biller: &Biller, checkout: &PreparedCheckout) -> Result<CheckoutStarted, ServiceError> {
        let tenant = biller.tenant();
        let (success_url, cancel_url) = (checkout.success_url.clone(), checkout.cancel_url.clone());
        let locale = checkout.locale.clone();
        // A payment may have arrived without its webhook: a second subscription would be charged twice.
        self.subscriptions().reconcile_all_providers(tenant, Cause::Order).await?;
        let subscriptions = self.store().read().await?.connection().list_subscriptions(tenant).await?;
        let options = &checkout.options;
        let order = self.order_in_currency(&subscriptions, &checkout.plan, checkout.cycle, options.currency)?;
        let ValidatedOrder { plan, cycle, price: _ } = order;
        if checkout.upgrade_only {
            self.require_upgrade(tenant, plan, &subscriptions).await?;
        }
        let live = current_subscription(self.catalog(), &subscriptions).filter(|current| current.status.is_live());
        let seats = self.ordered_seats(tenant, plan, checkout.seats, live).await?;
        let price = seats_price(&order, seats)?;
        let started = |url: Url, id: String, provider, trial_days: Option<u16>| CheckoutStarted {
            url: url.into(),
            id,
            provider,
            plan: plan.id.clone(),
            cycle,
            price,
            is_portal: trial_days.is_none(),
            trial_days: trial_days.unwrap_or_default(),
        };
        // A live subscription is changed at its provider, even if another provider takes new checkouts now.
        if let Some(current) = live {
            refuse_for_change(options)?;
            let paid_at = current.provider;
            let provider = self.sender(paid_at).ok_or(ServiceError::BillingNotConfigured)?;
            let customer = self.store().read().await?.connection().find_customer(tenant, paid_at).await?;
            let customer = customer.ok_or(ServiceError::Internal("subscription without a customer"))?.external_id;
            let flow = change_flow(self.catalog(), current, (plan, cycle, price))?;
            if matches!(flow, PortalFlow::ConfirmChange { .. }) && self.changes_directly(current, plan) {
                let target = DirectChange { plan, cycle, price, seats };
                let url = Box::pin(self.change_directly(biller, current, &target, checkout)).await?;
                return Ok(started(url, current.external_id.clone(), paid_at, None));
            }
            let return_url = if ProviderCapabilities::of(paid_at).portal_reports_change {
                cancel_url
            } else {
                checkout.portal_return_url.clone()
            };
            let portal = NewPortal { customer, flow, return_url, done_url: success_url, locale };
            let url = match provider.create_portal(&portal).await {
                Ok(url) => url,
                Err(error) => return Err(self.providers().failed_call(tenant, paid_at, error).await),
            };
            let started = started(url, current.external_id.clone(), paid_at, None);
            self.record_audit_separately(tenant, audit_entry(biller, &started, None)).await?;
            return Ok(started);
        }
        let name = self.configured_provider()?;
        let customer = self.subscriptions().ensure_customer(tenant, name).await?;
        let options = self.options_of_attempt(tenant, (name, &customer), options, price.currency).await?;

        let attempt = Attempt {
            id: new_id()?,
            provider: name,
            plan: plan.id.clone(),
            cycle,
            state: AttemptState::Open,
            success_url,
            cancel_url,
            session_id: None,
            trial_days: options.trial_days.unwrap_or_else(|| trial::days_for(plan, &subscriptions)),
            locale,
            options,
            created_by: biller.by().clone(),
            created_at: self.wall_now(),
            seats,
        };
        if let Some(superseded) = self.open_attempt(tenant, &attempt).await? {
            self.close_superseded(tenant, &superseded, &attempt.id).await?;
        }
        let (session, url) = match self.open_hosted_page(tenant, &attempt, customer).await {
            Ok(opened) => opened,
            Err(error) => {
                // A rejected session does not exist. If the answer was lost, it may exist: its attempt stays open.
                if is_rejection(&error) {
                    self.close_attempt(tenant, &attempt.id, AttemptState::Expired).await?;
                }
                return Err(error);
            }
        };
        let mut tx = self.store().begin().await?;
        let is_latest = tx.connection().update_attempt_session(tenant, &attempt.id, &session).await?;
        let started = started(url, session, name, Some(attempt.trial_days));
        if is_latest {
            let entry = audit_entry(biller, &started, attempt.options.discount.as_ref());
            self.record_audit(&mut tx, tenant, entry).await?;
        }
        tx.commit().await?;
        if !is_latest {
            self.expire_superseded(tenant, &attempt.id).await?;
            return Err(ServiceError::Conflict("A newer checkout replaces this one. Use the newer one."));
        }
        Ok(started)
    }

    /// Fails if the plan is not larger than the current one.
    async fn require_upgrade(
        &self,
        tenant: &TenantId,
        wanted: &Plan,
        subscriptions: &[Subscription],
    ) -> Result<(), ServiceError> {
        let tenant = self.store().read().await?.connection().find_tenant(tenant).await?;
        let tenant = tenant.ok_or(ServiceError::TenantNotFound)?;
        let entitlements = self.entitlements(&tenant, current_subscription(self.catalog(), subscriptions));
        match self.catalog().plan(entitlements.plan.as_str()) {
            Some(held) if direction(held, wanted) != Direction::Up => {
                Err(ServiceError::NotAnUpgrade { wanted: wanted.name.clone(), held: held.name.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Validates an order in the catalog's currency.
    pub(in crate::service) fn validate_order(
        &self,
        plan: &str,
        cycle: Cycle,
    ) -> Result<ValidatedOrder<'_>, ServiceError> {
        let currency = self.catalog().currency;
        validate_order(self.catalog(), plan, cycle, currency)
            .map_err(|error| ServiceError::field("plan", error.to_string()))
    }
}

/// Returns the audit entry of a started checkout. `discount` is that of the order.
fn audit_entry(biller: &Biller, started: &CheckoutStarted, discount: Option<&CheckoutDiscount>) -> NewAuditEntry {
    let CheckoutStarted { url: _, id, provider, plan, cycle, price, is_portal, trial_days: _ } = started;
    let mut details = json!({
        "plan": plan,
        "cycle": cycle,
        "provider": provider,
        "portal": is_portal,
        "currency": price.currency,
    });
    if let (Some(discount), Some(fields)) = (discount, details.as_object_mut()) {
        fields.insert(discount.field().to_owned(), json!(discount.code()));
    }
    let by = AuditActor::from(biller.by());
    NewAuditEntry { by, action: AuditAction::CheckoutStarted, target: id.clone(), details }
}

/// Returns the portal's flow that moves a live subscription to the plan. Fails on a conflict, or if nothing changes.
fn change_flow(
    catalog: &Catalog,
    current: &Subscription,
    (plan, cycle, price): (&Plan, Cycle, Money),
) -> Result<PortalFlow, ServiceError> {
    if let Some(reason) = order_conflict(catalog, current, (plan, cycle, price)) {
        return Err(ServiceError::Conflict(reason));
    }
    if current.plan != plan.id || current.cycle != cycle {
        let subscription = current.external_id.clone();
        return Ok(PortalFlow::ConfirmChange { subscription, plan: plan.id.clone(), cycle });
    }
    repair_flow(current)
        .ok_or_else(|| ServiceError::field("plan", format!("This workspace is on {} already.", plan.name)))
}

/// Returns the conflict that the tenant must resolve before the order; `None` if there is none. The price is that of a
/// cycle with the ordered seats.
pub(super) fn order_conflict(
    catalog: &Catalog,
    current: &Subscription,
    (plan, cycle, price): (&Plan, Cycle, Money),
) -> Option<&'static str> {
    let rules = ProviderCapabilities::of(current.provider).changes;
    // A change keeps the quantity of a plan without seats.
    let with_quantity = || current.price_on(plan, cycle, price.currency).unwrap_or(price);
    let cost = if plan.seats.is_some() { price } else { with_quantity() };
    let waits = starts_at_price(current, (plan, cycle, cost), catalog, rules).is_some();
    Some(match change_conflict(current, (plan, cycle), price.currency, rules, waits)? {
        ChangeConflict::FirstPaymentOpen => {
            "The first payment for this workspace's plan is not finished. Finish it at the provider, from the membership page, or wait until it has arrived."
        }
        ChangeConflict::OtherCurrency => {
            "This workspace pays in another currency than this plan is sold in, so its plan can't be changed to it from here. Choose another plan, ask the operator of this installation, or end the plan first."
        }
        ChangeConflict::CollectionPaused => {
            "Payments for this workspace's plan are paused at the provider, so a plan that starts at once would not be paid. Change the plan when the pause is over, or ask the operator of this installation to end it."
        }
        ChangeConflict::ChangeScheduled => {
            "Another change waits for the end of the period. Resume the subscription first: that takes the change back."
        }
    })
}

/// Returns the portal's flow that repairs a live subscription whose payment is due or whose end is set; `None` if it
/// needs no repair.
fn repair_flow(current: &Subscription) -> Option<PortalFlow> {
    Some(match needed_repair(current)? {
        Repair::UpdateCard => PortalFlow::UpdateCard,
        // The portal's home is where the first payment is completed.
        Repair::FinishFirstPayment | Repair::Keep => PortalFlow::Home,
    })
}
