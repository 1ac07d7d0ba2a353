//! A tenant's subscription, the states it goes through, and what each of them grants.

mod details;
mod provider;
#[cfg(test)]
mod tests;

pub use details::{
    AsideReason, AsideSubscription, BillingDetails, CollectionPause, NextPayment, OpenInvoices, UnknownAsideReason,
    one_line,
};
pub use provider::{Provider, UnknownProvider};

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    catalog::{Catalog, Cycle, Limit, Plan},
    ids::{FeatureKey, PlanId},
    money::{Currency, Money},
    overrides::{Overrides, OwnLimit, PlanGrant},
    time::Timestamp,
};

/// The state of a subscription in the provider's words (Stripe: `Subscription.status`; Polar uses a subset).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderStatus {
    Active,
    Trialing,
    PastDue,
    Unpaid,
    Incomplete,
    IncompleteExpired,
    Canceled,
    Paused,
}

impl ProviderStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Trialing => "trialing",
            Self::PastDue => "past_due",
            Self::Unpaid => "unpaid",
            Self::Incomplete => "incomplete",
            Self::IncompleteExpired => "incomplete_expired",
            Self::Canceled => "canceled",
            Self::Paused => "paused",
        }
    }

    /// Whether the provider still bills it or may come to: a second one beside it would be a double charge.
    pub const fn is_live(self) -> bool {
        !matches!(self, Self::IncompleteExpired | Self::Canceled)
    }

    /// Whether a payment for it is due, after it was paid once.
    pub const fn is_due(self) -> bool {
        matches!(self, Self::PastDue | Self::Unpaid)
    }

    /// The three-valued status of the documents.
    pub const fn standing(self) -> Standing {
        match self {
            Self::Active | Self::Trialing => Standing::Active,
            Self::PastDue | Self::Unpaid | Self::Incomplete => Standing::PastDue,
            Self::IncompleteExpired | Self::Canceled | Self::Paused => Standing::Canceled,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the provider reports a subscription status that is not known")]
pub struct UnknownStatus;

impl std::str::FromStr for ProviderStatus {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        Ok(match text {
            "active" => Self::Active,
            "trialing" => Self::Trialing,
            "past_due" => Self::PastDue,
            "unpaid" => Self::Unpaid,
            "incomplete" => Self::Incomplete,
            "incomplete_expired" => Self::IncompleteExpired,
            "canceled" => Self::Canceled,
            "paused" => Self::Paused,
            _ => return Err(UnknownStatus),
        })
    }
}

/// The status that the documents print: `active`, `past_due` or `canceled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Active,
    PastDue,
    Canceled,
}

impl Standing {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::PastDue => "past_due",
            Self::Canceled => "canceled",
        }
    }
}

/// A subscription as the provider last told it: the only source of a paid plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    pub provider: Provider,
    /// The provider's id, `sub_…`.
    pub external_id: String,
    pub plan: PlanId,
    pub cycle: Cycle,
    pub status: ProviderStatus,
    /// When it began, by the provider's clock.
    pub started_at: Timestamp,
    pub period_start: Timestamp,
    pub period_end: Timestamp,
    /// It ends with the period that runs, or before that, and is not renewed.
    pub cancel_at_period_end: bool,
    /// When it ended for good.
    pub ended_at: Option<Timestamp>,
    /// Since when a payment is due, or was due when it ended; grace counts from here.
    pub past_due_since: Option<Timestamp>,
    /// While the change to its plan is still to be paid: the plan that was paid last, as the provider tells.
    pub plan_before_due: Option<PlanId>,
    /// What a cycle of it costs, before tax, where it was bought; the catalog may ask for another sum since.
    pub price: Option<Money>,
    /// All that is open of it.
    pub due: Option<Money>,
    /// The provider's payment method type, as `card`.
    pub payment_method: Option<String>,
    /// When its trial ends or ended; `None` for one that was paid from the start.
    pub trial_end: Option<Timestamp>,
    /// What it changes to by itself.
    pub pending: Option<PendingChange>,
    pub details: BillingDetails,
    /// When the provider was last asked.
    pub fetched_at: Timestamp,
}

/// Another plan or cycle that is settled, and has yet to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingChange {
    pub plan: PlanId,
    pub cycle: Cycle,
    pub at: Timestamp,
}

impl Subscription {
    /// The end of what is or was paid for: an end that is set inside the period comes before the period's.
    pub fn current_period_end(&self) -> Timestamp {
        let end = self.details.cancel_at.map_or(self.period_end, |at| at.min(self.period_end));
        self.ended_at.unwrap_or(end)
    }

    /// When it ends, where that is set; `None` for one that goes on until it is canceled.
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.details.cancel_at.or(self.cancel_at_period_end.then_some(self.period_end))
    }

    /// What it is paid in; `None` where the provider does not say.
    pub fn currency(&self) -> Option<Currency> {
        let charged = self.price.or(self.details.next_payment.map(|next| next.amount));
        self.details.currency.or(charged.map(|money| money.currency))
    }

    /// Whether it is paid in another currency than that one: then no sum of the one is compared with any of the other.
    pub fn is_paid_in_other_than(&self, currency: Currency) -> bool {
        self.currency().is_some_and(|own| own != currency)
    }

    /// What a cycle of it costs, before tax, where the provider charges nothing else for it.
    pub fn stated_price(&self) -> Option<Money> {
        self.price.filter(|_| !self.details.is_adjusted)
    }

    /// What a cycle of its plan costs, before discounts: as it was bought, else as the catalog has it. For comparisons; a page states
    /// [`Subscription::stated_price`] or the next payment.
    pub fn price_in(&self, catalog: &Catalog) -> Option<Money> {
        let listed = || {
            let price = catalog.plan(self.plan.as_str())?.price(self.cycle, catalog.currency)?;
            self.of_quantity(price)
        };
        self.price.or_else(listed)
    }

    /// A price for as many as are paid for; `None` beyond what a sum can hold.
    pub fn of_quantity(&self, price: Money) -> Option<Money> {
        let quantity = i64::try_from(self.details.quantity).ok()?;
        Some(Money::new(price.minor.checked_mul(quantity)?, price.currency))
    }

    /// The plan that was paid, or tried, as far as is known: of what is due, an earlier period.
    pub fn plan_that_was_paid(&self) -> Option<&PlanId> {
        use ProviderStatus::{Active, PastDue, Trialing, Unpaid};
        let had = matches!(self.status, Active | Trialing | PastDue | Unpaid);
        self.plan_before_due.as_ref().or(had.then_some(&self.plan))
    }

    /// The end of a trial that is running and goes on into a paid period.
    pub fn trial_that_is_paid_next(&self) -> Option<Timestamp> {
        let goes_on = self.status == ProviderStatus::Trialing && !self.cancel_at_period_end;
        let is_paid = goes_on && self.details.collection_pause.is_none();
        // What comes to nothing is no payment to announce.
        let is_free = self.details.next_payment.is_some_and(|next| next.amount.minor == 0);
        self.trial_end.filter(|_| is_paid && !is_free)
    }

    /// When the next period is to be paid; `None` when none will be: it ends with this one, has ended or is paused, no payment is
    /// taken for it, or its first one has not come.
    pub fn renews_at(&self) -> Option<Timestamp> {
        let goes_on = match self.status {
            ProviderStatus::Active | ProviderStatus::Trialing | ProviderStatus::PastDue | ProviderStatus::Unpaid => {
                !self.cancel_at_period_end && self.details.collection_pause.is_none()
            }
            ProviderStatus::Incomplete
            | ProviderStatus::IncompleteExpired
            | ProviderStatus::Canceled
            | ProviderStatus::Paused => false,
        };
        goes_on.then_some(self.period_end)
    }
}

/// What holds for a tenant at an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entitled {
    /// The plan whose limits hold.
    pub plan: PlanId,
    /// The status that the documents print.
    pub standing: Standing,
    /// When grace ends for a payment that is due; `None` when nothing is due.
    pub grace_until: Option<Timestamp>,
    /// The paid plan whose grace is over: payment brings it back.
    pub suspended: Option<PlanId>,
    /// Until when the plan was granted, where that is why it holds and has an end.
    pub granted_until: Option<Timestamp>,
    /// What is granted now, also where what is paid is higher: it holds when that ends.
    pub grant: Option<PlanGrant>,
    /// The tenant's own limits.
    pub limits: BTreeMap<FeatureKey, OwnLimit>,
}

impl Entitled {
    /// What this tenant may use of a feature on a plan of the catalog. Whatever shows, previews or enforces a limit asks here,
    /// so that a plan gives what was said of it before it was chosen.
    pub fn limit_on(&self, plan: &Plan, feature: &FeatureKey) -> Limit {
        let planned = plan.limit(feature);
        self.limits.get(feature).map_or(planned, |own| own.over(&plan.id, planned))
    }

    /// A plan of the catalog as it would hold for this tenant.
    #[must_use]
    pub fn on(&self, plan: &Plan) -> Plan {
        let limits = self.limits.keys().map(|feature| (feature.clone(), self.limit_on(plan, feature)));
        let mut here = plan.clone();
        here.limits.extend(limits);
        here
    }

    /// Whether the limit of a plan as it holds for this tenant ([`Entitled::on`]) is the tenant's own.
    pub fn is_custom(&self, plan: &Plan, feature: &FeatureKey) -> bool {
        self.limits.get(feature).is_some_and(|own| own.limit == plan.limit(feature))
    }

    /// The catalog as it would hold here, for whoever compares plans.
    #[must_use]
    pub fn in_catalog(&self, catalog: &Arc<Catalog>) -> Arc<Catalog> {
        if self.limits.is_empty() {
            return catalog.clone();
        }
        let plans = catalog.plans.iter().map(|plan| self.on(plan)).collect();
        Arc::new(Catalog { plans, ..Catalog::clone(catalog) })
    }

    /// What is granted, where it is what holds whatever becomes of a payment that is due: its grace changes nothing.
    pub fn granted_anyway(&self, catalog: &Catalog) -> Option<&PlanGrant> {
        let grant = self.grant.as_ref().filter(|grant| grant.plan == self.plan)?;
        let rank = |id: &PlanId| catalog.plan(id.as_str()).map(|plan| plan.rank);
        let is_as_high = self.suspended.as_ref().is_none_or(|paid| rank(paid) <= rank(&grant.plan));
        is_as_high.then_some(grant)
    }

    /// What may be used of a feature in all; one that neither plan nor operator grants is not included.
    pub fn limit(&self, catalog: &Catalog, feature: &FeatureKey) -> Limit {
        match (catalog.plan(self.plan.as_str()), self.limits.get(feature)) {
            (Some(plan), _) => self.limit_on(plan, feature),
            (None, Some(own)) => own.over(&self.plan, Limit::AtMost(0)),
            (None, None) => Limit::AtMost(0),
        }
    }
}

/// Which plan holds, and in what standing.
///
/// Never subscribed: `free`, active. A payment that is due keeps the plan for `grace_secs`, and of one that was changed
/// since the lower: a plan that was never paid holds at no time. Then limits fall to `free` until it is paid. `incomplete` never grants a plan. After the end: `free`, canceled. A plan that an operator granted holds
/// wherever no higher one is paid, and a limit that an operator set as [`OwnLimit::over`] says. A plan that the catalog has no
/// more grants nothing: what is answered here is always in the catalog.
pub fn entitled(
    subscription: Option<&Subscription>,
    overrides: &Overrides,
    catalog: &Catalog,
    grace_secs: i64,
    now: Timestamp,
) -> Entitled {
    let granted = overrides.plan_at(now).and_then(|grant| Some((catalog.plan(grant.plan.as_str())?, grant.until)));
    let paid = subscription.and_then(|own| catalog.plan(own.plan.as_str()));
    let standing = subscription.map_or(Standing::Active, |own| own.status.standing());
    let (mut grace_until, mut suspended) = (None, None);
    let mut held = None;
    if let Some(own) = subscription {
        let before = own.plan_before_due.as_ref().and_then(|plan| catalog.plan(plan.as_str()));
        let lower = [paid, before].into_iter().flatten().min_by_key(|plan| plan.rank);
        match own.status {
            ProviderStatus::Active | ProviderStatus::Trialing => held = lower,
            ProviderStatus::PastDue | ProviderStatus::Unpaid => {
                let until = own.past_due_since.unwrap_or(own.period_start).plus_secs(grace_secs);
                grace_until = Some(until);
                if now < until {
                    held = lower;
                } else {
                    suspended = paid.map(|plan| plan.id.clone());
                }
            }
            ProviderStatus::Incomplete
            | ProviderStatus::IncompleteExpired
            | ProviderStatus::Canceled
            | ProviderStatus::Paused => {}
        }
    }
    // Whoever was granted a plan is in good standing, though what she paid for has ended.
    let standing = if granted.is_some() && standing == Standing::Canceled { Standing::Active } else { standing };
    let grant = granted.map(|(plan, until)| PlanGrant { plan: plan.id.clone(), until });
    let granted = granted.filter(|(plan, _)| held.is_none_or(|held| plan.rank > held.rank));
    let plan = granted.map(|(plan, _)| plan).or(held).map_or_else(|| catalog.free.clone(), |plan| plan.id.clone());
    Entitled {
        plan,
        standing,
        grace_until,
        suspended,
        granted_until: granted.and_then(|(_, until)| until),
        grant,
        limits: overrides.limits_at(now).map(|one| (one.feature.clone(), one.own.clone())).collect(),
    }
}

/// How a wished-for plan stands to the one that is paid now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Up,
    Same,
    Down,
}

impl Direction {
    pub fn between<T: Ord>(from: &T, to: &T) -> Self {
        match to.cmp(from) {
            std::cmp::Ordering::Greater => Self::Up,
            std::cmp::Ordering::Equal => Self::Same,
            std::cmp::Ordering::Less => Self::Down,
        }
    }
}

pub fn direction(from: &Plan, to: &Plan) -> Direction {
    Direction::between(&from.rank, &to.rank)
}

/// Which of a tenant's subscriptions speaks for it: one that is paid before one in trial, that before one that is due, that
/// before one that waits for its first payment, that before one that is paused, that before one that has ended; among equals the
/// one that began last. Of trials it is the one that began first: a tenant has one.
pub fn current(subscriptions: &[Subscription]) -> Option<&Subscription> {
    subscriptions.iter().max_by_key(|subscription| {
        let weight = match subscription.status {
            ProviderStatus::Active => 5,
            ProviderStatus::Trialing => 4,
            ProviderStatus::PastDue | ProviderStatus::Unpaid => 3,
            ProviderStatus::Incomplete => 2,
            ProviderStatus::Paused => 1,
            ProviderStatus::IncompleteExpired | ProviderStatus::Canceled => 0,
        };
        let began = subscription.started_at.as_micros();
        let order = if subscription.status == ProviderStatus::Trialing { -began } else { began };
        (weight, order, &subscription.external_id)
    })
}
