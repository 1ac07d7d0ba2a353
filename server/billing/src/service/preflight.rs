//! What another plan would bring, before anything is ordered.

use domain::{
    catalog::Cycle,
    ids::{PlanId, TenantId},
    money::Money,
    preflight::{PreflightLine, preflight},
    subscription::{Direction, direction},
    time::Timestamp,
};

use super::{ServiceError, Services, membership::Holding};

/// A plan beside the one that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preflight {
    pub plan: PlanId,
    pub cycle: Cycle,
    pub direction: Direction,
    /// `None` where it is agreed on by talking.
    pub price: Option<Money>,
    /// What the change would cost at once, as the provider reckons it; `None` where nothing is paid yet, or it can't say.
    pub due_now: Option<Money>,
    /// When a change that waits for the end of the paid period would take place.
    pub starts_at: Option<Timestamp>,
    pub features: Vec<PreflightLine>,
}

impl Services {
    /// What would become of a tenant's limits on a plan that is offered, and what the change would cost. It changes nothing.
    pub async fn preflight(&self, tenant: &TenantId, plan: &str, cycle: Cycle) -> Result<Preflight, ServiceError> {
        let catalog = self.catalog();
        let plan = catalog.listed_plans().find(|listed| listed.id.as_str() == plan).ok_or_else(|| {
            let offered: Vec<_> = catalog.listed_plans().map(|listed| listed.id.as_str()).collect();
            ServiceError::field("plan", format!("plan must be one of {}.", offered.join(", ")))
        })?;
        let (Holding { entitled, subscription, .. }, usage) = self.readings(tenant).await?;
        let held = catalog.plan(entitled.plan.as_str());
        let changes = |own: &&domain::subscription::Subscription| {
            own.status.is_live() && plan.is_paid() && (&own.plan, own.cycle) != (&plan.id, cycle)
        };
        let due_now = match subscription.as_ref().filter(changes) {
            Some(own) => self.preview(own, plan.id.as_str(), cycle).await.map(|preview| preview.due_now),
            None => None,
        };
        Ok(Preflight {
            plan: plan.id.clone(),
            cycle,
            direction: held.map_or(Direction::Up, |held| direction(held, plan)),
            price: plan.price(cycle, catalog.currency),
            due_now,
            starts_at: subscription
                .as_ref()
                .filter(|own| own.status.is_live())
                .and_then(|own| if plan.is_paid() { self.starts_at(own, plan, cycle) } else { Some(own.period_end) }),
            features: preflight(catalog, &entitled, &usage, plan),
        })
    }
}
