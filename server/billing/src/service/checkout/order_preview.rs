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

use super::{order_conflict, repair_flow};
use crate::{
    payment::{ProviderCapabilities, ProviderError},
    service::{Checkouts, ServiceError},
};

impl Checkouts {
    /// Returns what an order would change and cost. Any member of the workspace may call it. Changes nothing.
    pub async fn review_order(
        &self,
        viewer: impl Into<WorkspaceViewer>,
        plan: &str,
        cycle: Cycle,
    ) -> Result<OrderReview, ServiceError> {
        self.review_order_in(viewer, plan, cycle, None).await
    }

    /// Returns what an order would change and cost, in the currency that the page chose. A currency in which the
    /// workspace can't pay is ignored.
    pub async fn review_order_in(
        &self,
        viewer: impl Into<WorkspaceViewer>,
        plan: &str,
        cycle: Cycle,
        chosen: Option<Currency>,
    ) -> Result<OrderReview, ServiceError> {
        let viewer = &viewer.into();
        // Reports an unknown plan before anything is read.
        self.validate_order(plan, cycle)?;
        let membership = self.subscriptions().membership_in(viewer, chosen).await?;
        let live = membership.subscription.as_ref().filter(|current| current.status.is_live());
        let order = self.order_priced_in(membership.catalog.currency, live.is_some(), plan, cycle);
        let ValidatedOrder { plan, cycle, price } =
            order.map_err(|error| ServiceError::field("plan", error.to_string()))?;
        let held = self.catalog().plan(membership.entitlements.plan.as_str());
        let direction = held.map_or(Direction::Up, |held| direction(held, plan));
        let starts_at = live.and_then(|current| self.starts_at(current, plan, cycle));
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
            Some(current) if order_conflict(current, plan, cycle, price.currency).is_some() => {
                OrderRoute::Portal { preview: None }
            }
            Some(current) => {
                let preview =
                    self.preview_with_recurring(&viewer.current_membership.tenant_id, current, plan, cycle).await?;
                OrderRoute::Portal { preview }
            }
        };
        let checkout = self.settings().checkout;
        let plan = plan.id.clone();
        Ok(OrderReview { plan, cycle, price, direction, route, trial_days, starts_at, checkout, membership })
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
    async fn estimate<T: Clone + Send + Sync + 'static>(
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
