//! What pages and services say to each other: taken and returned by server functions.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    account::{Email, Role, Viewer},
    catalog::{Catalog, Cycle},
    entitlement::FeatureUsage,
    ids::{InvitationId, PlanId, UserId},
    lifecycle::Doubled,
    money::Money,
    subscription::{AsideSubscription, Direction, Entitled, Provider, Subscription},
    time::Timestamp,
};

/// Everything that a page about a workspace's membership or usage shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MembershipView {
    pub viewer: Viewer,
    /// Billing time.
    pub now: Timestamp,
    pub catalog: Arc<Catalog>,
    /// Who takes payments; `None` where nobody does.
    pub provider: Option<Provider>,
    pub entitled: Entitled,
    /// As the provider last told it; also one that has ended.
    pub subscription: Option<Subscription>,
    /// What the subscription costs a cycle, before tax; `None` where the provider charges another sum than the plan's price.
    pub price: Option<Money>,
    /// One for every feature of the catalog, in its order; features that are not counted say 0 used.
    pub usage: Vec<FeatureUsage>,
    /// Subscriptions that were paid beside this one lately, or wait for somebody.
    pub doubled: Vec<Doubled>,
    /// What the workspace's customer has at providers that Dues does not act on.
    pub aside: Vec<AsideSubscription>,
    /// Whether a plan that may be tried would be free at first, were it ordered now.
    pub may_try: bool,
}

/// An order before anything is paid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderReview {
    pub membership: MembershipView,
    pub plan: PlanId,
    pub cycle: Cycle,
    pub price: Money,
    pub direction: Direction,
    pub route: OrderRoute,
    /// For how many days nothing is charged; 0 where the first payment is due at once.
    pub trial_days: u16,
    /// When a change that waits for the end of the paid period takes place; `None` for one that begins when it is confirmed.
    pub starts_at: Option<Timestamp>,
}

/// Where the order is confirmed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderRoute {
    /// The first payment, on the provider's hosted checkout.
    Checkout,
    /// A live subscription is changed on the provider's portal. The provider's estimate is missing when it could not be had.
    Portal { preview: Option<ChangePreview> },
    /// The very plan and cycle that are paid already: nothing to confirm.
    Unchanged,
}

/// What the provider says that a change would cost now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangePreview {
    /// In the provider's words, credits negative.
    pub lines: Vec<PreviewLine>,
    /// Due at once; what the next regular invoice will charge is not in it.
    pub due_now: Money,
    /// What each cycle comes to afterwards; `None` where the provider does not say, and its own page shows it.
    pub afterwards: Option<Money>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewLine {
    pub description: String,
    pub amount: Money,
}

/// What the return page found when it asked the provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaidView {
    pub membership: MembershipView,
    pub outcome: PaidOutcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaidOutcome {
    /// The provider says that it is paid, and the plan holds.
    Paid { plan: PlanId, cycle: Cycle },
    /// The provider has the order and waits for the money (asynchronous payment methods).
    Processing { plan: PlanId },
    /// The hosted page was left before paying.
    NotPaid { plan: PlanId },
    /// The provider does not answer; the worker goes on asking.
    ProviderSilent,
    /// The provider was asked so often of late that it is asked again in a moment.
    AskedLately,
    /// There is no order to speak of.
    NoOrder,
}

/// Somebody who belongs to a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub user_id: UserId,
    pub email: Email,
    pub role: Role,
    pub joined_at: Timestamp,
}

/// An invitation that can still be accepted. Times are wall time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenInvitation {
    pub id: InvitationId,
    pub email: Email,
    pub role: Role,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// Why its mail was not delivered; `None` where it was, or is on its way, or none is sent.
    #[serde(default)]
    pub undelivered: Option<Undelivered>,
}

/// A mail that was not delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undelivered {
    /// What the mail server said.
    pub reason: String,
    /// `None` where it refused the mail for good.
    pub next_try: Option<Timestamp>,
}

/// An account whose address is not proven: it invites nobody and makes no keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnprovenAddress {
    pub email: Email,
    /// Whether a link can be mailed; else the person who runs the installation prints one.
    pub sends_mail: bool,
    /// Why the last mail with a link was not delivered; `None` where it was, or is on its way, or none is sent.
    #[serde(default)]
    pub undelivered: Option<Undelivered>,
}

/// Who belongs to the workspace that is open, and who may yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TeamView {
    pub viewer: Viewer,
    pub catalog: Arc<Catalog>,
    /// How many belong.
    pub member_count: u64,
    /// Oldest membership first. A plain member sees only their own entry: addresses are for owners and admins.
    pub members: Vec<Member>,
    /// Shown to those who may invite; nobody else sees any.
    pub invitations: Vec<OpenInvitation>,
    /// How many may belong; `None` where the catalog does not count them.
    pub places: Option<FeatureUsage>,
    /// Whether invitations are mailed, or their links handed over by whoever invites.
    pub sends_mail: bool,
    /// The keys that end with a member's removal, by the member who made them. For owners and admins.
    pub keys: Vec<(UserId, String)>,
    /// Why the viewer can't invite; `None` where the viewer's address is proven.
    pub unproven: Option<UnprovenAddress>,
}

/// What whoever has an invitation's link is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationView {
    pub tenant_name: String,
    /// Whoever invites, if she still belongs to the workspace.
    pub invited_by: Option<Email>,
    pub email: Email,
    pub role: Role,
    /// Wall time.
    pub expires_at: Timestamp,
}
