//! Parameters and return values of server functions, shared by pages and services.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    account::{Email, Role, WorkspaceViewer},
    catalog::{Catalog, Cycle, Plan},
    entitlement::{
        FeatureUsage,
        remedy::{self, LimitRemedy},
    },
    ids::{InvitationId, PlanId, UserId},
    money::{Currency, Money},
    subscription::{
        Direction, Entitlements, Provider, Subscription, UnmanagedSubscription, checkout_options::CheckoutSettings,
        lifecycle::DuplicateSubscription,
    },
    time::Timestamp,
};

/// The data of the pages about a workspace's membership and usage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MembershipView {
    pub viewer: WorkspaceViewer,
    /// Billing time.
    pub now: Timestamp,
    /// Its currency is that in which the workspace pays or would pay.
    pub catalog: Arc<Catalog>,
    /// The provider for new payments; `None` if none is configured.
    pub provider: Option<Provider>,
    pub entitlements: Entitlements,
    /// The current subscription as last fetched from the provider; it may have ended.
    pub subscription: Option<Subscription>,
    /// The price of the subscription per cycle, before tax; `None` if the provider charges another amount than the
    /// plan's price.
    pub price: Option<Money>,
    /// One entry per feature, in the order of the catalog. `used` is 0 for features that are not counted.
    pub usage: Vec<FeatureUsage>,
    /// Duplicate subscriptions that were settled recently or need action by an admin or the operator.
    pub duplicates: Vec<DuplicateSubscription>,
    /// Subscriptions of the workspace's customer at the providers that Dues does not manage.
    pub unmanaged: Vec<UnmanagedSubscription>,
    /// Whether an order of a plan with a trial would start with the trial.
    pub is_trial_available: bool,
    /// Some of the owners and admins, owners first, whom a member can ask for another plan. Empty for viewers who can
    /// order it, and in portal sessions.
    pub admins: Vec<Email>,
    /// The currencies among which the workspace can choose, at least two; empty if there is no choice, as after its
    /// first subscription. The currency of `catalog` is the chosen one.
    pub currencies: Vec<Currency>,
}

impl MembershipView {
    /// What raises the limit of a feature.
    pub fn remedy(&self, usage: &FeatureUsage) -> LimitRemedy {
        remedy::remedy(&self.catalog, &self.entitlements, usage, self.order_cycle())
    }

    /// The cheapest plan that raises these limits; see [`remedy::plan_for_all`].
    pub fn plan_for_all(&self, reached: &[&FeatureUsage]) -> Option<&Plan> {
        remedy::plan_for_all(&self.catalog, &self.entitlements, reached, self.order_cycle())
    }

    /// The currency that links to an order name; `None` if there is no choice of currency.
    pub fn chosen_currency(&self) -> Option<Currency> {
        (!self.currencies.is_empty()).then_some(self.catalog.currency)
    }

    fn order_cycle(&self) -> Option<Cycle> {
        remedy::order_cycle(self.subscription.as_ref(), self.provider)
    }
}

/// An order for review, before it is confirmed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderReview {
    pub membership: MembershipView,
    pub plan: PlanId,
    pub cycle: Cycle,
    /// With the seats.
    pub price: Money,
    /// All seats that the order buys; `None` for a plan without seats.
    #[serde(default)]
    pub seats: Option<u64>,
    /// Whether Dues makes the change itself, on confirmation, instead of the provider's portal. The route is then
    /// [`OrderRoute::Portal`] all the same.
    #[serde(default)]
    pub is_direct: bool,
    pub direction: Direction,
    pub route: OrderRoute,
    /// The length of the trial in days; 0 if the first payment is due at once.
    pub trial_days: u16,
    /// When the change takes effect, if it waits for the end of the paid period; `None` if it takes effect on
    /// confirmation.
    pub starts_at: Option<Timestamp>,
    /// What the hosted page offers or requires.
    pub checkout: CheckoutSettings,
}

/// Where the user confirms the order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderRoute {
    /// On the provider's hosted checkout: there is no live subscription yet.
    Checkout,
    /// On the provider's portal, or here (see [`OrderReview::is_direct`]): a live subscription changes. `preview` is
    /// `None` if the provider could not give one.
    Portal { preview: Option<ChangePreview> },
    /// Nowhere: the subscription has this plan and cycle already.
    Unchanged,
}

/// The provider's estimate of what a change would cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangePreview {
    /// The provider's invoice lines; credits are negative.
    pub lines: Vec<PreviewLine>,
    /// The amount due at once, without the next regular invoice.
    pub due_now: Money,
    /// The amount per cycle after the change; `None` if only the provider's page shows it.
    pub afterwards: Option<Money>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewLine {
    /// The provider's words; `None` for the sum of all discounts.
    pub description: Option<String>,
    pub amount: Money,
}

/// The data of the page that a user returns to from a checkout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckoutReturnView {
    pub membership: MembershipView,
    pub outcome: CheckoutOutcome,
}

/// The state of the order at the provider when the user returns from a checkout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckoutOutcome {
    /// Paid, and the plan is active.
    Paid { plan: PlanId, cycle: Cycle },
    /// The provider waits for the payment to arrive (asynchronous payment methods).
    Processing { plan: PlanId },
    /// The user left the hosted page before paying.
    NotPaid { plan: PlanId },
    /// The provider does not answer. The worker keeps retrying.
    ProviderUnavailable,
    /// The provider was not asked, because the limit on such calls is reached; the page retries soon.
    Throttled,
    /// There is no order.
    NoOrder,
}

/// A member of a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub user_id: UserId,
    pub email: Email,
    pub role: Role,
    pub joined_at: Timestamp,
}

/// An invitation that can still be accepted. Times are wall time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingInvitation {
    pub id: InvitationId,
    pub email: Email,
    pub role: Role,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// The failed delivery of its mail; `None` if the mail was delivered, is still queued or is not sent at all.
    #[serde(default)]
    pub undelivered: Option<FailedDelivery>,
}

/// A failed delivery of a mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedDelivery {
    /// The answer of the mail server. A viewer without a verified address gets only a summary of it.
    pub reason: String,
    /// When delivery is retried; `None` if the mail server refused the mail permanently.
    pub next_try: Option<Timestamp>,
}

/// An account whose e-mail address is not verified: it can't invite members or create API keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnverifiedAddress {
    pub email: Email,
    /// Whether a verification link can be mailed; if not, the operator of the installation prints one.
    pub sends_mail: bool,
    /// The failed delivery of the last verification mail; `None` if it was delivered, is still queued or was not sent.
    #[serde(default)]
    pub undelivered: Option<FailedDelivery>,
}

/// The data of the page about the members and invitations of a workspace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TeamView {
    pub viewer: WorkspaceViewer,
    pub catalog: Arc<Catalog>,
    /// The number of all members, also if `members` is restricted.
    pub member_count: u64,
    /// Oldest membership first. Only owners and admins see the entries of others; a plain member gets only theirs.
    pub members: Vec<Member>,
    /// Empty for viewers who may not invite.
    pub invitations: Vec<PendingInvitation>,
    /// Usage and limit of members; `None` if the catalog does not limit them.
    pub seats: Option<FeatureUsage>,
    /// What raises the limit of members if it is reached; `None` if it is not, and for viewers who may not invite.
    pub remedy: Option<LimitRemedy>,
    /// Whether invitations are mailed; if not, the inviting admin passes on the link.
    pub sends_mail: bool,
    /// API keys that are revoked when their creator is removed, as pairs of creator and key name. Only for owners and
    /// admins.
    pub keys: Vec<(UserId, String)>,
    /// The viewer's unverified address, which keeps them from inviting; `None` if it is verified.
    pub unverified: Option<UnverifiedAddress>,
}

/// The data of an invitation's page, for every visitor with its link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationView {
    pub tenant_name: String,
    /// The inviting member; `None` if they left the workspace.
    pub invited_by: Option<Email>,
    pub email: Email,
    pub role: Role,
    /// Wall time.
    pub expires_at: Timestamp,
}
