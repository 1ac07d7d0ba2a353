//! Preflight: what a change to another plan would mean, before an order.

use domain::{
    catalog::{Cycle, Plan, Pricing},
    ids::{PlanId, TenantId},
    money::{Currency, Money},
    subscription::{
        Direction, ProviderStatus, Subscription, direction,
        order::{OrderError, order_seats},
        preflight::{PreflightLine, preflight},
    },
    time::Timestamp,
};

use super::{
    order_conflict,
    seats::{DirectChange, TOO_MANY_SEATS},
};
use crate::service::{Checkouts, ServiceError, subscription::membership::TenantPlan};

/// Another plan, compared with the current one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preflight {
    pub plan: PlanId,
    pub cycle: Cycle,
    pub direction: Direction,
    /// `None` for a plan with a custom price.
    pub price: Option<Money>,
    /// The provider's estimate of what is due at once; `None` if there is no paid subscription, no estimate, or a
    /// conflict.
    pub due_now: Option<Money>,
    /// When the change would take effect; `None` if at once.
    pub starts_at: Option<Timestamp>,
    /// Why a checkout would be refused now, and what to do first; `None` if there is no conflict.
    pub conflict: Option<&'static str>,
    pub features: Vec<PreflightLine>,
}

impl Checkouts {
    /// Returns what a change to a listed plan would mean for limits and cost. Changes nothing.
    ///
    /// `currency` is validated like that of a checkout; `None` for the tenant's.
    pub async fn preflight(
        &self,
        tenant: &TenantId,
        plan: &str,
        cycle: Cycle,
        currency: Option<Currency>,
    ) -> Result<Preflight, ServiceError> {
        let catalog = self.catalog();
        let plan = catalog.listed_plans().find(|listed| listed.id.as_str() == plan).ok_or_else(|| {
            let offered: Vec<_> = catalog.listed_plans().map(|listed| listed.id.as_str()).collect();
            ServiceError::field("plan", format!("plan must be one of {}.", offered.join(", ")))
        })?;
        let (TenantPlan { entitlements, subscription, .. }, usage) = self.usage().readings(tenant).await?;
        let held = catalog.plan(entitlements.plan.as_str());
        let live = subscription.as_ref().filter(|current| current.status.is_live());
        let conflict = live.filter(|_| plan.is_paid());
        let in_use = plan.seats.as_ref().and_then(|sold| usage.iter().find(|usage| usage.feature == sold.feature));
        let in_use = in_use.map_or(0, |usage| usage.used);
        // An order that is refused for its seats is shown with the fewest.
        let seats = order_seats(plan, None, live, in_use).unwrap_or_default();
        let paid_in = self.subscriptions().requested_currency(tenant, subscription.as_ref(), currency).await?;
        let is_sold = !plan.is_paid() || plan.currencies().contains(&paid_in);
        if currency.is_some() && live.is_none() && !is_sold {
            let error = OrderError::OtherCurrency { plan: plan.name.clone(), currency: paid_in };
            return Err(ServiceError::field("currency", error.to_string()));
        }
        // A plan that is not sold in the tenant's currency has its price in the catalog's.
        let price_in = |currency| price_of(plan, cycle, currency, seats);
        let price = price_in(paid_in).or_else(|| price_in(catalog.currency));
        let ordered = price.unwrap_or(Money::new(0, paid_in));
        let conflict = conflict.and_then(|current| order_conflict(catalog, current, (plan, cycle, ordered)));
        let conflict = conflict.or_else(|| seats_conflict(plan, seats));
        let changes = |current: &&Subscription| plan.is_paid() && (&current.plan, current.cycle) != (&plan.id, cycle);
        let due_now = match live.filter(changes).filter(|_| conflict.is_none()) {
            Some(current) => {
                self.preview(tenant, current, plan.id.as_str(), cycle).await?.map(|preview| preview.due_now)
            }
            None => None,
        };
        let starts_at = live.filter(|_| conflict.is_none()).and_then(|current| match plan.pricing {
            Pricing::Paid(_) => match price {
                Some(price) if self.changes_directly(current, plan) => {
                    self.change_starts_at(current, &DirectChange { plan, cycle, price, seats })
                }
                _ => self.starts_at(current, plan, cycle),
            },
            // An incomplete or paused subscription has no paid period, so its change to the free plan is immediate.
            Pricing::Free => (!matches!(current.status, ProviderStatus::Incomplete | ProviderStatus::Paused))
                .then_some(current.period_end),
            Pricing::Custom => None,
        });
        Ok(Preflight {
            plan: plan.id.clone(),
            cycle,
            direction: held.map_or(Direction::Up, |held| direction(held, plan)),
            price,
            due_now,
            starts_at,
            conflict,
            features: preflight(catalog, &entitlements, &usage, plan),
        })
    }
}

/// Returns the price per cycle with the seats that an order would buy; `None` where it is negotiated.
fn price_of(plan: &Plan, cycle: Cycle, currency: Currency, seats: Option<u64>) -> Option<Money> {
    match seats {
        Some(seats) => plan.price_with_seats(cycle, currency, seats),
        None => plan.lowest_price(cycle, currency),
    }
}

/// Returns why an order would be refused for its seats. `seats` are those that it would buy.
const fn seats_conflict(plan: &Plan, seats: Option<u64>) -> Option<&'static str> {
    if plan.seats.is_some() && seats.is_none() { Some(TOO_MANY_SEATS) } else { None }
}
