//! A subscription as last fetched from the provider, and which of a tenant's subscriptions is the current one.

use serde::{Deserialize, Serialize};

use super::{details::BillingDetails, interval::BillingInterval, provider::Provider, status::ProviderStatus};
use crate::{
    catalog::{Catalog, Cycle, Plan},
    ids::PlanId,
    money::{Currency, Money},
    time::Timestamp,
};

/// A subscription as last fetched from the provider. The only source of a paid plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    pub provider: Provider,
    /// The provider's id, such as `sub_…`.
    pub external_id: String,
    pub plan: PlanId,
    pub cycle: Cycle,
    pub status: ProviderStatus,
    /// When it started, by the provider's clock.
    pub started_at: Timestamp,
    pub period_start: Timestamp,
    pub period_end: Timestamp,
    /// Whether it ends with the current period, or earlier, without a renewal.
    pub cancel_at_period_end: bool,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// When the overdue payment became due: grace starts here. Kept if the subscription ended because of this payment.
    pub past_due_since: Option<Timestamp>,
    /// The plan that was last paid, according to the provider, while the payment for a change of plan is overdue.
    pub plan_before_due: Option<PlanId>,
    /// The price per cycle, before tax, at which it was bought. The catalog's price may have changed since.
    pub price: Option<Money>,
    /// The total amount of its open invoices.
    pub due: Option<Money>,
    /// The provider's type of the payment method, such as `card`.
    pub payment_method: Option<String>,
    /// The end of its trial; `None` if it never had one.
    pub trial_end: Option<Timestamp>,
    /// The scheduled change of its plan or cycle.
    pub pending: Option<PendingChange>,
    pub details: BillingDetails,
    /// When it was last fetched from the provider.
    pub fetched_at: Timestamp,
}

/// A scheduled change of plan or billing cycle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingChange {
    pub plan: PlanId,
    pub cycle: Cycle,
    pub at: Timestamp,
}

impl Subscription {
    /// The end of the paid time: the actual end, else the scheduled end if it is within the period, else the end of the
    /// period.
    pub fn current_period_end(&self) -> Timestamp {
        let end = self.details.cancel_at.map_or(self.period_end, |at| at.min(self.period_end));
        self.ended_at.unwrap_or(end)
    }

    /// The scheduled end; `None` if the subscription renews until it is canceled.
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.details.cancel_at.or(self.cancel_at_period_end.then_some(self.period_end))
    }

    /// The currency of its payments; `None` if the provider does not report it.
    pub fn currency(&self) -> Option<Currency> {
        let charged = self.price.or(self.details.next_payment.map(|next| next.amount));
        self.details.currency.or(charged.map(|money| money.currency))
    }

    /// Whether it is paid in a currency other than `currency`: its price is not comparable with prices in `currency`.
    ///
    /// `false` if its currency is unknown.
    pub fn is_paid_in_other_currency(&self, currency: Currency) -> bool {
        self.currency().is_some_and(|paid_in| paid_in != currency)
    }

    /// The price per cycle, before tax, to show on pages; `None` if the provider charges another amount (see
    /// [`BillingDetails::is_adjusted`]).
    pub fn display_price(&self) -> Option<Money> {
        self.price.filter(|_| !self.details.is_adjusted)
    }

    /// The price of its plan per cycle, before discounts: the price at which it was bought, else the catalog's. The
    /// catalog's, too, if it is billed in another interval.
    ///
    /// For comparisons of plans. Pages show [`Subscription::display_price`] or the next payment.
    pub fn comparable_price(&self, catalog: &Catalog) -> Option<Money> {
        let listed = || {
            let currency = self.currency().unwrap_or(catalog.currency);
            self.price_on(catalog.plan(self.plan.as_str())?, self.cycle, currency)
        };
        // A price of another interval is not comparable with a price per cycle.
        self.price.filter(|_| self.details.interval.is_none()).or_else(listed)
    }

    /// How often it is billed.
    pub fn interval(&self) -> BillingInterval {
        self.details.interval.unwrap_or(BillingInterval::of(self.cycle))
    }

    /// What a cycle of `plan` costs with the quantity of this subscription, or with its seats, raised to the plan's
    /// minimum; `None` if the plan has no such price.
    pub fn price_on(&self, plan: &Plan, cycle: Cycle, currency: Currency) -> Option<Money> {
        match &plan.seats {
            Some(sold) => {
                let seats = self
                    .details
                    .seats
                    .map_or(sold.min, |seats| if plan.id == self.plan { seats } else { sold.kept(seats) });
                plan.price_with_seats(cycle, currency, seats)
            }
            None => self.times_quantity(plan.price(cycle, currency)?),
        }
    }

    /// The unit price multiplied by the quantity; `None` on overflow.
    pub fn times_quantity(&self, price: Money) -> Option<Money> {
        let quantity = i64::try_from(self.details.quantity).ok()?;
        Some(Money::new(price.minor.checked_mul(quantity)?, price.currency))
    }

    /// The plan of the last paid or trial period; `None` if unknown. For an overdue subscription, this period is an
    /// earlier one than the current period.
    pub fn last_paid_plan(&self) -> Option<&PlanId> {
        use ProviderStatus::{Active, PastDue, Trialing, Unpaid};
        let was_paid = matches!(self.status, Active | Trialing | PastDue | Unpaid);
        self.plan_before_due.as_ref().or(was_paid.then_some(&self.plan))
    }

    /// The end of a running trial after which the first payment is charged; `None` if no payment follows.
    pub fn trial_converts_at(&self) -> Option<Timestamp> {
        let goes_on = self.status == ProviderStatus::Trialing && !self.cancel_at_period_end;
        let is_paid = goes_on && self.details.collection_pause.is_none();
        // A payment of 0 is not announced.
        let is_free = self.details.next_payment.is_some_and(|next| next.amount.minor == 0);
        self.trial_end.filter(|_| is_paid && !is_free)
    }

    /// When the next period is paid; `None` if the subscription ends with this period, has ended, is paused, collects
    /// no payments or awaits its first payment.
    pub fn renews_at(&self) -> Option<Timestamp> {
        let renews = match self.status {
            ProviderStatus::Active | ProviderStatus::Trialing | ProviderStatus::PastDue | ProviderStatus::Unpaid => {
                !self.cancel_at_period_end && self.details.collection_pause.is_none()
            }
            ProviderStatus::Incomplete
            | ProviderStatus::IncompleteExpired
            | ProviderStatus::Canceled
            | ProviderStatus::Paused => false,
        };
        renews.then_some(self.period_end)
    }
}

#[cfg(any(test, feature = "testing"))]
impl Subscription {
    /// Returns a monthly subscription at Stripe whose first 30 days begin at `now`.
    ///
    /// # Panics
    ///
    /// Panics if `plan` can't be a plan's id.
    #[allow(clippy::unwrap_used, reason = "a test that has no plan can only stop")]
    pub fn sample(external_id: &str, plan: &str, status: ProviderStatus, now: Timestamp) -> Self {
        Self {
            provider: Provider::Stripe,
            external_id: external_id.to_owned(),
            plan: plan.parse().unwrap(),
            cycle: Cycle::Monthly,
            status,
            started_at: now,
            period_start: now,
            period_end: now.plus_secs(30 * 86_400),
            cancel_at_period_end: false,
            ended_at: None,
            past_due_since: None,
            plan_before_due: None,
            price: None,
            due: None,
            payment_method: None,
            trial_end: None,
            pending: None,
            details: BillingDetails::default(),
            fetched_at: now,
        }
    }
}

/// Whether a change of plan or limit is an upgrade, a downgrade or neither.
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

/// Compares two plans by rank.
pub fn direction(from: &Plan, to: &Plan) -> Direction {
    Direction::between(&from.rank, &to.rank)
}

/// The tenant's current subscription: the one that determines its entitlements. `None` if there is none.
///
/// Precedence by status: active, trialing, overdue, incomplete, paused, ended. Of several with the same precedence that
/// checkouts of Dues created, the last to start stands for all: it is the newest order. Of several trials, the first to
/// start stands for all, because a tenant has only one trial. Dues did not create the others, and can't know which one
/// is meant: of live ones with the same precedence, the one with the best-ranked plan is current, then the newest.
/// The order of `subscriptions` does not matter.
pub fn current_subscription<'a>(catalog: &Catalog, subscriptions: &'a [Subscription]) -> Option<&'a Subscription> {
    let precedence = |subscription: &Subscription| match subscription.status {
        ProviderStatus::Active => 5,
        ProviderStatus::Trialing => 4,
        ProviderStatus::PastDue | ProviderStatus::Unpaid => 3,
        ProviderStatus::Incomplete => 2,
        ProviderStatus::Paused => 1,
        ProviderStatus::IncompleteExpired | ProviderStatus::Canceled => 0,
    };
    let age = |subscription: &'a Subscription| {
        let started_at = subscription.started_at.as_micros();
        let order = if subscription.status == ProviderStatus::Trialing { -started_at } else { started_at };
        (order, &subscription.external_id)
    };
    let rank = |subscription: &Subscription| {
        let plan = catalog.plan(subscription.plan.as_str()).filter(|_| subscription.status.is_live());
        plan.map(|plan| plan.rank)
    };
    let best = subscriptions.iter().map(precedence).max()?;
    let equals = || subscriptions.iter().filter(move |subscription| precedence(subscription) == best);
    let newest_order = equals().filter(|subscription| subscription.details.begun_by_dues).max_by_key(|one| age(one));
    let others = equals().filter(|subscription| !subscription.details.begun_by_dues);
    others.chain(newest_order).max_by_key(|subscription| (rank(subscription), age(subscription)))
}
