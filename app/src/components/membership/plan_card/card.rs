//! What the card of a plan shows: the plan, and those that it is compared with.

use domain::{catalog::Plan, ids::FeatureKey, wire::MembershipView};

pub(crate) struct Card<'a> {
    pub(crate) view: &'a MembershipView,
    /// The current plan.
    pub(crate) current: &'a Plan,
    pub(crate) plan: &'a Plan,
    /// Whether the card has the section's primary button.
    pub(crate) main: bool,
    /// The limits that are reached. Each card shows them.
    pub(crate) reached: &'a [&'a FeatureKey],
}

/// Returns the paid plan, which may differ from a granted plan; without a live subscription, `current`.
pub(crate) fn paid_plan<'a>(view: &'a MembershipView, current: &'a Plan) -> &'a Plan {
    let paid = view.subscription.as_ref().filter(|paid| paid.status.is_live());
    paid.and_then(|paid| view.catalog.plan(paid.plan.as_str())).unwrap_or(current)
}
