//! What another plan would bring, before anything is ordered.

use domain::{
    catalog::{Cycle, Pricing},
    ids::{PlanId, TenantId},
    money::Money,
    preflight::{PreflightLine, preflight},
    subscription::{Direction, ProviderStatus, Subscription, direction},
    time::Timestamp,
};

use super::{ServiceError, Services, checkout::in_the_way, membership::Holding};

/// A plan beside the one that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preflight {
    pub plan: PlanId,
    pub cycle: Cycle,
    pub direction: Direction,
    /// `None` where it is agreed on by talking.
    pub price: Option<Money>,
    /// What the change would cost at once, as the provider reckons it; `None` where nothing is paid yet, it can't say, or the
    /// plan can't be ordered now.
    pub due_now: Option<Money>,
    /// When a change that waits for the end of the paid period would take place.
    pub starts_at: Option<Timestamp>,
    /// Why a checkout of it would be refused now, and what to do first.
    pub conflict: Option<&'static str>,
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
        let (Holding { entitlements, subscription, .. }, usage) = self.readings(tenant).await?;
        let held = catalog.plan(entitlements.plan.as_str());
        let live = subscription.as_ref().filter(|own| own.status.is_live());
        let conflict = live.filter(|_| plan.is_paid());
        let conflict = conflict.and_then(|own| in_the_way(own, plan, cycle, catalog.currency));
        let changes = |own: &&Subscription| plan.is_paid() && (&own.plan, own.cycle) != (&plan.id, cycle);
        let due_now = match live.filter(changes).filter(|_| conflict.is_none()) {
            Some(own) => self.preview(tenant, own, plan.id.as_str(), cycle).await?.map(|preview| preview.due_now),
            None => None,
        };
        let starts_at = live.filter(|_| conflict.is_none()).and_then(|own| match plan.pricing {
            Pricing::Paid(_) => self.starts_at(own, plan, cycle),
            // What grants nothing leaves nothing to run out.
            Pricing::Free => {
                (!matches!(own.status, ProviderStatus::Incomplete | ProviderStatus::Paused)).then_some(own.period_end)
            }
            Pricing::Custom => None,
        });
        Ok(Preflight {
            plan: plan.id.clone(),
            cycle,
            direction: held.map_or(Direction::Up, |held| direction(held, plan)),
            price: plan.price(cycle, catalog.currency),
            due_now,
            starts_at,
            conflict,
            features: preflight(catalog, &entitlements, &usage, plan),
        })
    }
}
