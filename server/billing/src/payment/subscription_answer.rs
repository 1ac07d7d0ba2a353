//! One subscription of a provider's response: decoded, or unreadable with the little that is known.

use domain::{
    catalog::Cycle,
    ids::{CheckoutAttemptId, PlanId},
    money::Money,
    subscription::{
        BillingDetails, PendingChange, ProviderStatus, UNNAMED_SUBSCRIPTION, UnmanagedReason, item::SubscriptionItem,
    },
    time::Timestamp,
};

/// A subscription as the provider reports it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedSubscription {
    pub id: String,
    pub customer: String,
    pub status: ProviderStatus,
    /// The best-ranked plan among the items. `None` where neither the price map, the catalog nor the metadata of prices
    /// and products name one.
    pub bought: Option<(PlanId, Cycle)>,
    pub started_at: Timestamp,
    pub period_start: Timestamp,
    pub period_end: Timestamp,
    /// Whether the subscription is scheduled to end by the end of the current period.
    pub cancel_at_period_end: bool,
    pub ended_at: Option<Timestamp>,
    pub payment_method: FetchedPaymentMethod,
    /// When the trial ends or ended; `None` without a trial.
    pub trial_end: Option<Timestamp>,
    /// The scheduled change of plan. A change to a price that no plan sells is left out.
    pub pending: Option<PendingChange>,
    /// Price of a cycle before discounts and tax; `None` where no single amount exists.
    pub price: Option<Money>,
    pub details: BillingDetails,
    /// The paid items that no plan sells.
    pub unsold: Vec<UnsoldItem>,
    /// What is unpaid; `None` where no payment is due.
    pub debt: Option<Debt>,
    /// Whether the subscription ended because a payment failed; `None` where the provider does not report it.
    pub ended_unpaid: Option<bool>,
    /// The checkout attempt in its metadata. Anyone with access to the account can write metadata: compare it with the
    /// tenant's attempts.
    pub attempt: Option<CheckoutAttemptId>,
    /// The provider's id of the checkout session that created it; `None` where the provider does not report it.
    pub checkout: Option<String>,
}

impl FetchedSubscription {
    /// Returns the pending change to what will be sold from `at`. `None` where the new price sells no plan, or plan and
    /// cycle do not change.
    pub(super) fn pending_change(&self, sold: Option<(PlanId, Cycle)>, at: Timestamp) -> Option<PendingChange> {
        let (plan, cycle) = sold.filter(|sold| self.bought.as_ref() != Some(sold))?;
        Some(PendingChange { plan, cycle, at })
    }
}

/// What the provider reports about the payment method of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchedPaymentMethod {
    /// Its type, such as `card`.
    Kind(String),
    /// There is none.
    None,
    /// The provider did not report it: Dues keeps what it has stored.
    Unknown,
}

impl FetchedPaymentMethod {
    /// Returns the type of a payment method that the provider reported.
    pub fn kind(&self) -> Option<&str> {
        match self {
            Self::Kind(kind) => Some(kind),
            Self::None | Self::Unknown => None,
        }
    }

    /// Returns the type to store. `stored` is what is stored now.
    pub fn or_stored(self, stored: Option<&str>) -> Option<String> {
        match self {
            Self::Kind(kind) => Some(kind),
            Self::None => None,
            Self::Unknown => stored.map(str::to_owned),
        }
    }
}

/// What is unpaid of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Debt {
    /// When the oldest open payment became due; `None` where the provider does not report it.
    pub since: Option<Timestamp>,
    /// The sum of the open payments; `None` where unknown.
    pub amount: Option<Money>,
    /// The last plan that was paid for or on trial; the free plan if there was none; `None` where unknown.
    pub paid: Option<PlanId>,
}

/// A paid price (Stripe) or product (Polar) that no plan sells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsoldItem {
    /// The provider's id of the price or product.
    pub price: String,
    /// Name, quantity and price.
    pub item: SubscriptionItem,
    /// The cycle that the price would count as; `None` where the provider reports no interval.
    pub cycle: Option<Cycle>,
}

/// A subscription that exists at the provider and can't be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableSubscription {
    pub id: String,
    pub customer: Option<String>,
    /// [`UnmanagedReason::UnknownStatus`] or [`UnmanagedReason::Unreadable`]: the others depend on stored data.
    pub reason: UnmanagedReason,
    pub described: String,
    /// The parts of `described`; empty where it is no list of items.
    pub items: Vec<SubscriptionItem>,
    /// The unknown status, or the decoding error.
    pub detail: Option<String>,
}

/// One subscription of a provider's response. Each is decoded on its own: an unreadable one does not fail the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubscriptionAnswer {
    Fetched(Box<FetchedSubscription>),
    Unreadable(UnreadableSubscription),
}

impl SubscriptionAnswer {
    /// Returns the decoded subscription; `None` for an unreadable one.
    pub fn fetched(self) -> Option<FetchedSubscription> {
        match self {
            Self::Fetched(fetched) => Some(*fetched),
            Self::Unreadable(_) => None,
        }
    }

    pub fn id(&self) -> &str {
        match self {
            Self::Fetched(fetched) => &fetched.id,
            Self::Unreadable(odd) => &odd.id,
        }
    }

    /// Returns the customer's id; `None` where even that is unreadable.
    pub fn customer(&self) -> Option<&str> {
        match self {
            Self::Fetched(fetched) => Some(&fetched.customer),
            Self::Unreadable(odd) => odd.customer.as_deref(),
        }
    }
}

/// Returns the subscription with the requested id. If no answer has this id, the result is unreadable, not "not found".
pub(super) fn select_by_id(id: &str, answers: Vec<SubscriptionAnswer>) -> SubscriptionAnswer {
    let unreadable = || UnreadableSubscription {
        id: id.to_owned(),
        customer: None,
        reason: UnmanagedReason::Unreadable,
        described: UNNAMED_SUBSCRIPTION.to_owned(),
        items: Vec::new(),
        detail: Some("it was answered under another id".to_owned()),
    };
    let found = answers.into_iter().find(|answer| answer.id() == id);
    found.unwrap_or_else(|| SubscriptionAnswer::Unreadable(unreadable()))
}
