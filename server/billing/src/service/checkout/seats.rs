//! Orders of plans with seats: how many are bought, and changes of plan that the provider's portal can't make.

use domain::{
    catalog::{Cycle, Plan},
    ids::{CheckoutAttemptId, TenantId},
    money::Money,
    subscription::{
        Subscription,
        order::{SeatsError, ValidatedOrder, order_seats},
        plan_change::starts_at_price,
    },
    tenant::audit::{AuditAction, AuditActor, NewAuditEntry},
    time::Timestamp,
    wire::ChangePreview,
};
use serde_json::json;
use url::Url;

use super::prepared::PreparedCheckout;
use crate::{
    payment::{ChangeStart, ProviderCapabilities, SubscriptionChange},
    service::{
        Checkouts, ServiceError,
        base::{core::new_id, permission::Biller},
        subscription::lifecycle::Cause,
    },
};

pub(super) const TOO_MANY_SEATS: &str =
    "This workspace has or uses more seats than the plan is sold with. Take fewer seats, or free some, first.";

/// A change of plan, with the seats and the price per cycle after it.
#[derive(Clone, Copy)]
pub(super) struct DirectChange<'a> {
    pub(super) plan: &'a Plan,
    pub(super) cycle: Cycle,
    pub(super) price: Money,
    pub(super) seats: Option<u64>,
}

impl DirectChange<'_> {
    fn of(&self, current: &Subscription) -> SubscriptionChange {
        SubscriptionChange {
            subscription: current.external_id.clone(),
            plan: self.plan.id.clone(),
            cycle: self.cycle,
            seats: self.seats,
        }
    }
}

impl Checkouts {
    /// Returns the seats that an order buys in all; `None` for a plan without seats. Fails for a number that is not sold
    /// or is below what is in use, and if the workspace needs more than the plan is sold with.
    pub(super) async fn ordered_seats(
        &self,
        tenant: &TenantId,
        plan: &Plan,
        wanted: Option<u64>,
        live: Option<&Subscription>,
    ) -> Result<Option<u64>, ServiceError> {
        let in_use = match &plan.seats {
            Some(sold) => self.subscriptions().seats_in_use(tenant, &sold.feature).await?,
            None => 0,
        };
        order_seats(plan, wanted, live, in_use).map_err(|error| match error {
            SeatsError::TooMany { .. } => ServiceError::Conflict(TOO_MANY_SEATS),
            error => ServiceError::field("seats", error.to_string()),
        })
    }

    /// Whether Dues changes the subscription to `plan` itself: the provider's portal can't change a subscription with
    /// an item for seats.
    pub(super) fn changes_directly(&self, current: &Subscription, plan: &Plan) -> bool {
        let held = self.catalog().plan(current.plan.as_str());
        let has_seats = plan.seats.is_some() || held.is_some_and(|held| held.seats.is_some());
        has_seats && !ProviderCapabilities::of(current.provider).portal_changes_seats
    }

    /// Returns when the change takes effect, if it waits for the end of the period.
    pub(super) fn change_starts_at(&self, current: &Subscription, to: &DirectChange<'_>) -> Option<Timestamp> {
        let rules = ProviderCapabilities::of(current.provider).changes;
        starts_at_price(current, (to.plan, to.cycle, to.price), self.catalog(), rules)
    }

    /// Makes the change, if a person has confirmed it, and returns the URL of the order's end; else returns the URL of
    /// the page on which it is confirmed.
    pub(super) async fn change_directly(
        &self,
        biller: &Biller,
        current: &Subscription,
        to: &DirectChange<'_>,
        checkout: &PreparedCheckout,
    ) -> Result<Url, ServiceError> {
        let tenant = biller.tenant();
        if !checkout.is_confirmed {
            return self.review_url(to);
        }
        let end: Url = checkout.success_url.parse().map_err(|_| ServiceError::Internal("success URL is invalid"))?;
        let provider = self.sender(current.provider).ok_or(ServiceError::BillingNotConfigured)?;
        let waits = self.change_starts_at(current, to).is_some();
        let start = if waits { ChangeStart::NextPeriod } else { ChangeStart::Now };
        let attempt: CheckoutAttemptId = new_id()?;
        if let Err(error) = provider.change_subscription(&to.of(current), start, &attempt).await {
            // The provider may have it wait for the next period.
            let wanted = (&to.plan.id, to.cycle);
            let is_made = |stored: &Subscription| {
                let waits = stored.pending.as_ref().is_some_and(|next| (&next.plan, next.cycle) == wanted);
                waits || (&stored.plan, stored.cycle) == wanted
            };
            self.subscriptions().settle_lost_answer(tenant, current, error, is_made).await?;
        }
        let details = json!({
            "plan": to.plan.id,
            "cycle": to.cycle,
            "seats": to.seats,
            "provider": current.provider,
        });
        let entry = NewAuditEntry {
            by: AuditActor::from(biller.by()),
            action: AuditAction::ChangeRequested,
            target: current.external_id.clone(),
            details,
        };
        self.record_audit_separately(tenant, entry).await?;
        let fetched = self.subscriptions().reconcile_tenant(tenant, current.provider, Cause::Order).await;
        if let Err(error) = fetched {
            // The change is made, and perhaps paid: it is no failure. The page of the order's end fetches again.
            tracing::warn!(
                %tenant,
                provider = current.provider.as_str(),
                error = &error as &dyn std::error::Error,
                "failed to fetch a subscription after a change of plan"
            );
        }
        Ok(end)
    }

    /// Returns the URL of the review page of an order.
    fn review_url(&self, to: &DirectChange<'_>) -> Result<Url, ServiceError> {
        let mut url: Url =
            self.page_url("checkout").parse().map_err(|_| ServiceError::Internal("page URL is invalid"))?;
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("plan", to.plan.id.as_str()).append_pair("cycle", to.cycle.as_str());
            if let Some(seats) = to.seats {
                query.append_pair("seats", &seats.to_string());
            }
        }
        Ok(url)
    }

    /// Returns the provider's preview of a change that Dues makes itself; `None` if the provider has no estimate. A
    /// change that waits costs nothing now.
    pub(super) async fn preview_direct(
        &self,
        tenant: &TenantId,
        current: &Subscription,
        to: &DirectChange<'_>,
    ) -> Result<Option<ChangePreview>, ServiceError> {
        let Some(provider) = self.sender(current.provider) else { return Ok(None) };
        if self.change_starts_at(current, to).is_some() {
            let nothing = Money::new(0, to.price.currency);
            return Ok(Some(ChangePreview { lines: Vec::new(), due_now: nothing, afterwards: Some(to.price) }));
        }
        let change = to.of(current);
        let question = format!("preview {} {} {:?} {:?}", change.subscription, change.plan, change.cycle, change.seats);
        self.estimate(tenant, current, question, provider.preview_subscription_change(&change)).await
    }

    /// Returns the change of plan that an order of `plan` makes to a live subscription.
    pub(super) async fn direct_change<'a>(
        &self,
        tenant: &TenantId,
        order: &ValidatedOrder<'a>,
        current: &Subscription,
        wanted: Option<u64>,
    ) -> Result<DirectChange<'a>, ServiceError> {
        let ValidatedOrder { plan, cycle, price: _ } = *order;
        let seats = self.ordered_seats(tenant, plan, wanted, Some(current)).await?;
        Ok(DirectChange { plan, cycle, price: seats_price(order, seats)?, seats })
    }
}

/// Returns the price per cycle of an order with its seats.
pub(super) fn seats_price(order: &ValidatedOrder<'_>, seats: Option<u64>) -> Result<Money, ServiceError> {
    let ValidatedOrder { plan, cycle, price } = *order;
    let with_seats = match seats {
        Some(seats) => plan.price_with_seats(cycle, price.currency, seats),
        None => Some(price),
    };
    with_seats.ok_or(ServiceError::Internal("the price of the seats is too large"))
}
