//! Seats of the current subscription: shown, previewed and changed.

use domain::{
    catalog::{Plan, Seats},
    ids::{CheckoutAttemptId, FeatureKey, TenantId},
    money::{Currency, Money},
    subscription::{
        Subscription, current_subscription,
        seats::{PendingSeats, SeatsChange, SeatsPreview, SeatsRefusal, SeatsView, seats_change},
    },
    tenant::audit::{AuditAction, AuditActor, NewAuditEntry},
};
use serde_json::json;

use super::lifecycle::Cause;
use crate::{
    payment::{ChangeStart, ProviderCapabilities, ProviderError, SubscriptionChange},
    service::{
        ServiceError, Subscriptions,
        base::{core::new_id, limits::tenant_locks::RETRY_AFTER_SECS, permission::Biller},
    },
};

/// The number of calls that a preview makes at most: the subscription, what is due now, and what is due each cycle.
const CALLS_OF_PREVIEW: u32 = 3;

/// The seats after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedSeats {
    pub view: SeatsView,
    /// What the change charged at once; `None` where the provider does not report it with the subscription.
    pub charged: Option<Money>,
}

/// The live subscription of a tenant whose plan is sold with seats.
struct SeatsState<'a> {
    current: Subscription,
    plan: &'a Plan,
    sold: &'a Seats,
    /// All seats that it pays for.
    bought: u64,
    in_use: u64,
}

impl SeatsState<'_> {
    /// Decides about a change to `seats` in all.
    fn change_to(&self, seats: u64) -> Result<SeatsChange, ServiceError> {
        let change = seats_change(&self.current, self.sold, (self.bought, self.in_use), seats)
            .map_err(|refusal| refused(&self.plan.name, refusal))?;
        let withdraws_end = ProviderCapabilities::of(self.current.provider).seats_withdraw_end;
        if change == SeatsChange::Now && withdraws_end && self.current.ends_at().is_some() {
            return Err(refused(&self.plan.name, SeatsRefusal::Ends));
        }
        Ok(change)
    }

    fn request(&self, seats: u64) -> SubscriptionChange {
        SubscriptionChange {
            subscription: self.current.external_id.clone(),
            plan: self.current.plan.clone(),
            cycle: self.current.cycle,
            seats: Some(seats),
        }
    }

    /// The state after the change to `seats` in all, as the provider has made it.
    fn changed(mut self, change: SeatsChange, seats: u64) -> Self {
        self.current.details.pending_seats = match change {
            SeatsChange::Unchanged => self.current.details.pending_seats,
            SeatsChange::TakeBack | SeatsChange::Now => None,
            SeatsChange::Waits { at } => Some(PendingSeats { seats, at }),
        };
        if change == SeatsChange::Now {
            self.bought = seats;
        }
        self
    }

    fn view(self, currency: Currency) -> SeatsView {
        let Self { current, plan: _, sold, bought, in_use } = self;
        SeatsView {
            price: sold.price(current.cycle, current.currency().unwrap_or(currency)),
            plan: current.plan,
            seats: bought,
            included: sold.included,
            min: sold.min,
            max: sold.max,
            in_use,
            cycle: current.cycle,
            pending: current.details.pending_seats,
        }
    }
}

impl Subscriptions {
    /// Returns the seats of the current subscription. [`ServiceError::NoSubscription`] without a live one, and a
    /// validation error of `seats` where its plan is sold without.
    pub async fn seats(&self, tenant: &TenantId) -> Result<SeatsView, ServiceError> {
        Ok(self.seats_state(tenant).await?.view(self.catalog().currency))
    }

    /// Returns what a change to `seats` seats in all would cost, and when it would start. Changes nothing; fails as
    /// [`Self::change_seats`] does.
    pub async fn preview_seats(&self, tenant: &TenantId, seats: u64) -> Result<SeatsPreview, ServiceError> {
        let state = self.seats_state(tenant).await?;
        let currency = state.current.currency().unwrap_or(self.catalog().currency);
        let listed = state.plan.price_with_seats(state.current.cycle, currency, seats);
        let nothing = Some(Money::new(0, currency));
        let preview = |due_now, next_price, starts_at| SeatsPreview { seats, due_now, next_price, starts_at };
        Ok(match state.change_to(seats)? {
            SeatsChange::Unchanged | SeatsChange::TakeBack => preview(nothing, listed, None),
            SeatsChange::Waits { at } => preview(nothing, listed, Some(at)),
            SeatsChange::Now => match self.estimate_seats(tenant, &state, seats).await? {
                Some(estimate) => preview(Some(estimate.due_now), estimate.afterwards.or(listed), None),
                None => preview(None, listed, None),
            },
        })
    }

    /// Changes the number of all seats: more at once, with the difference charged, fewer with the next period.
    /// Idempotent. A change replaces a decrease that waits, and the current number takes it back.
    ///
    /// Fails with [`ServiceError::SeatsInUse`] below what is in use, with a validation error of `seats` for a number that
    /// the plan is not sold with, and with [`ServiceError::ProviderRejected`], nothing changed, where the payment is
    /// declined.
    pub async fn change_seats(&self, biller: &Biller, seats: u64) -> Result<SeatsView, ServiceError> {
        self.change_seats_charged(biller, seats).await.map(|changed| changed.view)
    }

    /// Like [`Self::change_seats`], with what was charged.
    pub async fn change_seats_charged(&self, biller: &Biller, seats: u64) -> Result<ChangedSeats, ServiceError> {
        let tenant = biller.tenant();
        // Refuses what the stored subscription shows to be wrong without a call.
        let provider = self.seats_state(tenant).await?.current.provider;
        self.providers().spend_provider_change(tenant).await?;
        let lock = self.0.checkout_locks.acquire(tenant).await;
        let _lock = lock.map_err(|_| ServiceError::Busy { retry_after_secs: RETRY_AFTER_SECS })?;
        // The stored subscription may be stale.
        self.reconcile_tenant(tenant, provider, Cause::Order).await?;
        let state = self.seats_state(tenant).await?;
        let change = state.change_to(seats)?;
        let start = match change {
            SeatsChange::Unchanged => {
                let currency = state.current.currency().unwrap_or(self.catalog().currency);
                let charged = Some(Money::new(0, currency));
                return Ok(ChangedSeats { view: state.view(self.catalog().currency), charged });
            }
            SeatsChange::TakeBack => None,
            SeatsChange::Now => Some(ChangeStart::Now),
            SeatsChange::Waits { .. } => Some(ChangeStart::NextPeriod),
        };
        let name = state.current.provider;
        let provider = self.sender(name).ok_or(ServiceError::BillingNotConfigured)?;
        let outcome = match start {
            None => provider.drop_pending_change(&state.current.external_id).await,
            Some(start) => {
                let attempt: CheckoutAttemptId = new_id()?;
                provider.change_subscription(&state.request(seats), start, &attempt).await
            }
        };
        if let Err(error) = outcome {
            let is_made = |stored: &Subscription| {
                let waiting = stored.details.pending_seats.map(|pending| pending.seats);
                match change {
                    SeatsChange::Unchanged => true,
                    SeatsChange::TakeBack => waiting.is_none(),
                    SeatsChange::Now => stored.details.seats == Some(seats),
                    SeatsChange::Waits { .. } => waiting == Some(seats),
                }
            };
            self.settle_lost_answer(tenant, &state.current, error, is_made).await?;
        }
        let entry = NewAuditEntry {
            by: AuditActor::from(biller.by()),
            action: AuditAction::SeatsRequested,
            target: state.current.external_id.clone(),
            details: json!({
                "plan": state.current.plan,
                "provider": name,
                "from": state.bought,
                "seats": seats,
            }),
        };
        self.record_audit_separately(tenant, entry).await?;
        if let Err(error) = self.reconcile_tenant(tenant, name, Cause::Order).await {
            // The change is made, and perhaps paid: it is no failure. A webhook or the periodic reconciliation writes it.
            tracing::warn!(
                %tenant,
                provider = name.as_str(),
                error = &error as &dyn std::error::Error,
                "failed to fetch a subscription after a change of seats"
            );
            let view = state.changed(change, seats).view(self.catalog().currency);
            return Ok(ChangedSeats { view, charged: None });
        }
        let after = self.seats_state(tenant).await?;
        let charged = charged(&state.current, &after.current, self.catalog().currency);
        Ok(ChangedSeats { view: after.view(self.catalog().currency), charged })
    }

    /// Returns how many seats are in use now: what is counted of the feature that they limit.
    pub(in crate::service) async fn seats_in_use(
        &self,
        tenant: &TenantId,
        feature: &FeatureKey,
    ) -> Result<u64, ServiceError> {
        // Members may have joined within the second for which a view is fresh.
        self.0.views.invalidate(tenant);
        let (_, usage) = self.usage().readings(tenant).await?;
        Ok(usage.iter().find(|usage| usage.feature == *feature).map_or(0, |usage| usage.used))
    }

    /// Reads the live subscription and what is in use from the store.
    async fn seats_state(&self, tenant: &TenantId) -> Result<SeatsState<'_>, ServiceError> {
        let all = self.store().read().await?.connection().list_subscriptions(tenant).await?;
        let current = current_subscription(self.catalog(), &all).filter(|current| current.status.is_live());
        let current = current.cloned().ok_or(ServiceError::NoSubscription)?;
        let plan = self.catalog().plan(current.plan.as_str()).ok_or(ServiceError::NoSubscription)?;
        let Some(sold) = &plan.seats else {
            return Err(ServiceError::field("seats", format!("{} is sold without seats.", plan.name)));
        };
        let bought = current.details.seats.unwrap_or(sold.min);
        let in_use = self.seats_in_use(tenant, &sold.feature).await?;
        Ok(SeatsState { current, plan, sold, bought, in_use })
    }

    /// Returns the provider's estimate of more seats; `None` if it has none, or if the call fails.
    async fn estimate_seats(
        &self,
        tenant: &TenantId,
        state: &SeatsState<'_>,
        seats: u64,
    ) -> Result<Option<domain::wire::ChangePreview>, ServiceError> {
        let name = state.current.provider;
        let Some(provider) = self.sender(name) else { return Ok(None) };
        let change = state.request(seats);
        let question = format!("seats {} {} {:?} {seats}", change.subscription, change.plan, change.cycle);
        let estimate = async {
            match provider.preview_subscription_change(&change).await {
                Ok(estimate) => Ok(Some(estimate)),
                Err(ProviderError::Unsupported) => Ok(None),
                Err(error) => Err(ServiceError::from_provider(name.title(), error)),
            }
        };
        match self.providers().read_provider(tenant, (question, CALLS_OF_PREVIEW), estimate).await {
            Err(error) if !matches!(error, ServiceError::ProviderAccountChanged { .. }) => {
                tracing::warn!(
                    %tenant,
                    provider = name.as_str(),
                    error = &error as &dyn std::error::Error,
                    "failed to estimate a change of seats"
                );
                Ok(None)
            }
            estimate => estimate,
        }
    }
}

/// Returns what was paid on an invoice that the subscription has now and had not before.
fn charged(before: &Subscription, after: &Subscription, currency: Currency) -> Option<Money> {
    let newest = after.details.last_invoice.as_ref()?;
    let is_same = before.details.last_invoice.as_ref().is_some_and(|known| known.id == newest.id);
    Some(if is_same { Money::new(0, after.currency().unwrap_or(currency)) } else { newest.paid })
}

fn refused(plan: &str, refusal: SeatsRefusal) -> ServiceError {
    ServiceError::Conflict(match refusal {
        SeatsRefusal::NotSold { min, most } => {
            return ServiceError::field(
                "seats",
                format!("seats must be from {min} to {most}: that is how {plan} is sold."),
            );
        }
        SeatsRefusal::InUse { in_use } => return ServiceError::SeatsInUse { in_use },
        SeatsRefusal::FirstPaymentOpen => {
            "The first payment for this workspace's plan is not finished. Finish it first."
        }
        SeatsRefusal::PaymentDue => "A payment is overdue. Pay it first, then change the seats.",
        SeatsRefusal::Paused => "The subscription is paused. Resume it at the provider first.",
        SeatsRefusal::Ends => "The subscription is set to end. Resume it first, then change the seats.",
        SeatsRefusal::ChangeScheduled => {
            "Another change waits for the end of the period. Resume the subscription first: that takes the change back."
        }
    })
}

#[cfg(test)]
mod tests {
    use domain::{catalog::file::default_catalog, subscription::ProviderStatus, time::Timestamp};

    use super::*;

    #[test]
    fn a_change_that_could_not_be_fetched_again_is_shown_as_made() {
        let catalog = default_catalog().with_seats("team", (2, 3, None), 1200);
        let plan = catalog.plan("team").unwrap();
        let at = Timestamp::from_secs(1_768_000_000);
        let after = |change: SeatsChange, seats: u64| {
            let mut current = Subscription::sample("sub_1", "team", ProviderStatus::Active, at);
            current.details.pending_seats = Some(PendingSeats { seats: 5, at });
            let state = SeatsState { current, plan, sold: plan.seats.as_ref().unwrap(), bought: 8, in_use: 1 };
            let view = state.changed(change, seats).view(Currency::USD);
            (view.seats, view.pending)
        };
        assert_eq!(after(SeatsChange::Now, 9), (9, None));
        assert_eq!(after(SeatsChange::Waits { at }, 4), (8, Some(PendingSeats { seats: 4, at })));
        assert_eq!(after(SeatsChange::TakeBack, 8), (8, None));
    }
}
