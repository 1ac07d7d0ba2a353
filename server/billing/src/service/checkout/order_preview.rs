//! What an order would change and cost, with the provider's preview of its proration.

use domain::{
    account::WorkspaceViewer,
    catalog::{Cycle, Plan},
    ids::TenantId,
    money::{Currency, Money},
    subscription::{Direction, Subscription, direction, order::ValidatedOrder, plan_change::starts_at},
    time::Timestamp,
    wire::{ChangePreview, OrderReview, OrderRoute},
};

use super::{
    order_conflict, repair_flow,
    seats::{DirectChange, seats_price},
};
use crate::{
    payment::{ProviderCapabilities, ProviderError},
    service::{Checkouts, ServiceError},
};

/// What a page chose for an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderChoices {
    /// All seats; `None` for as many as the order buys by default.
    pub seats: Option<u64>,
    /// A currency in which the workspace can't pay is ignored.
    pub currency: Option<Currency>,
}

impl Checkouts {
    /// Returns what an order would change and cost, with the seats that it buys by default. Any member of the workspace
    /// may call it. Changes nothing.
    pub async fn review_order(
        &self,
        viewer: impl Into<WorkspaceViewer>,
        plan: &str,
        cycle: Cycle,
    ) -> Result<OrderReview, ServiceError> {
        self.review_order_with(viewer, plan, cycle, OrderChoices::default()).await
    }

    /// Like [`Self::review_order`], with what the page chose.
    pub async fn review_order_with(
        &self,
        viewer: impl Into<WorkspaceViewer>,
        plan: &str,
        cycle: Cycle,
        choices: OrderChoices,
    ) -> Result<OrderReview, ServiceError> {
        let OrderChoices { seats, currency } = choices;
        let viewer = &viewer.into();
        let tenant = &viewer.current_membership.tenant_id;
        // Reports an unknown plan before anything is read.
        self.validate_order(plan, cycle)?;
        let membership = self.subscriptions().membership_in(viewer, currency).await?;
        let live = membership.subscription.as_ref().filter(|current| current.status.is_live());
        let order = self.order_priced_in(membership.catalog.currency, live.is_some(), plan, cycle);
        let order = order.map_err(|error| ServiceError::field("plan", error.to_string()))?;
        let ValidatedOrder { plan, cycle, price: _ } = order;
        let held = self.catalog().plan(membership.entitlements.plan.as_str());
        let direction = held.map_or(Direction::Up, |held| direction(held, plan));
        let direct = live.filter(|current| self.changes_directly(current, plan));
        let seats = self.ordered_seats(tenant, plan, seats, live).await?;
        let price = seats_price(&order, seats)?;
        let to = DirectChange { plan, cycle, price, seats };
        let starts_at = match direct {
            Some(current) => self.change_starts_at(current, &to),
            None => live.and_then(|current| self.starts_at(current, plan, cycle)),
        };
        let mut trial_days = 0;
        let route = match live {
            None => {
                trial_days = if membership.is_trial_available { plan.trial_days } else { 0 };
                OrderRoute::Checkout
            }
            Some(current) if current.plan == plan.id && current.cycle == cycle => match repair_flow(current) {
                None => OrderRoute::Unchanged,
                Some(_) => OrderRoute::Portal { preview: None },
            },
            Some(current) if order_conflict(self.catalog(), current, (plan, cycle, price)).is_some() => {
                OrderRoute::Portal { preview: None }
            }
            Some(current) if direct.is_some() => {
                OrderRoute::Portal { preview: self.preview_direct(tenant, current, &to).await? }
            }
            Some(current) => {
                let preview = self.preview_with_recurring(tenant, current, plan, cycle).await?;
                OrderRoute::Portal { preview }
            }
        };
        let is_direct = direct.is_some();
        Ok(OrderReview {
            plan: plan.id.clone(),
            cycle,
            price,
            seats,
            is_direct,
            direction,
            route,
            trial_days,
            starts_at,
            checkout: self.settings().checkout,
            membership,
        })
    }

    /// Returns when a change of a live subscription takes effect, if it is deferred to the end of the period; `None` if
    /// it is immediate or the time is unknown.
    pub(super) fn starts_at(&self, current: &Subscription, plan: &Plan, cycle: Cycle) -> Option<Timestamp> {
        starts_at(current, (plan, cycle), self.catalog(), ProviderCapabilities::of(current.provider).changes)
    }

    /// Returns the provider's preview of a change; `None` if it has no estimate. A deferred change costs nothing now.
    pub(super) async fn preview(
        &self,
        tenant: &TenantId,
        current: &Subscription,
        plan: &str,
        cycle: Cycle,
    ) -> Result<Option<ChangePreview>, ServiceError> {
        let Some(plan) = self.catalog().plan(plan) else { return Ok(None) };
        if self.changes_directly(current, plan) {
            let currency = current.currency().unwrap_or(self.catalog().currency);
            let Some(price) = plan.lowest_price(cycle, currency) else { return Ok(None) };
            let to = self.direct_change(tenant, &ValidatedOrder { plan, cycle, price }, current, None).await?;
            return self.preview_direct(tenant, current, &to).await;
        }
        let Some(provider) = self.sender(current.provider) else { return Ok(None) };
        if self.starts_at(current, plan, cycle).is_some() {
            let nothing = Money::new(0, current.currency().unwrap_or(self.catalog().currency));
            return Ok(Some(ChangePreview { lines: Vec::new(), due_now: nothing, afterwards: None }));
        }
        let question = format!("preview {} {} {cycle:?}", current.external_id, plan.id);
        self.estimate(tenant, current, question, provider.preview_change(&current.external_id, &plan.id, cycle)).await
    }

    /// Returns the preview with the recurring amount after the change.
    async fn preview_with_recurring(
        &self,
        tenant: &TenantId,
        current: &Subscription,
        plan: &Plan,
        cycle: Cycle,
    ) -> Result<Option<ChangePreview>, ServiceError> {
        let Some(preview) = self.preview(tenant, current, plan.id.as_str(), cycle).await? else { return Ok(None) };
        let Some(provider) = self.sender(current.provider) else { return Ok(None) };
        let question = format!("afterwards {} {} {cycle:?}", current.external_id, plan.id);
        let recurring = provider.preview_recurring(&current.external_id, &plan.id, cycle);
        let afterwards = self.estimate(tenant, current, question, recurring).await?;
        Ok(Some(ChangePreview { afterwards, ..preview }))
    }

    /// Returns a provider's estimate, cached for a few seconds; `None` if the call fails. `Err` only if the provider's
    /// key opens the wrong account.
    pub(super) async fn estimate<T: Clone + Send + Sync + 'static>(
        &self,
        tenant: &TenantId,
        current: &Subscription,
        question: String,
        fetch: impl Future<Output = Result<T, ProviderError>> + Send,
    ) -> Result<Option<T>, ServiceError> {
        let estimate = async {
            match fetch.await {
                Ok(estimate) => Ok(Some(estimate)),
                Err(ProviderError::Unsupported) => Ok(None),
                Err(error) => Err(ServiceError::from_provider(current.provider.title(), error)),
            }
        };
        match self.providers().read_provider(tenant, (question, 1), estimate).await {
            Err(error) if !matches!(error, ServiceError::ProviderAccountChanged { .. }) => {
                tracing::warn!(
                    %tenant,
                    provider = current.provider.as_str(),
                    error = &error as &dyn std::error::Error,
                    "failed to estimate a change of plan"
                );
                Ok(None)
            }
            estimate => estimate,
        }
    }
}
