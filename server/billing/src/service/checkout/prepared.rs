//! An order whose URLs are known.

use domain::{catalog::Cycle, subscription::checkout_options::CheckoutOptions};

/// A [`CheckoutOrder`](super::CheckoutOrder) with its URLs. Plan and currency are validated against the
/// tenant's subscriptions.
pub(super) struct PreparedCheckout {
    pub(super) plan: String,
    pub(super) cycle: Cycle,
    pub(super) options: CheckoutOptions,
    pub(super) success_url: String,
    pub(super) cancel_url: String,
    /// The return URL for providers whose portal does not report whether the user changed the plan.
    pub(super) portal_return_url: String,
    pub(super) upgrade_only: bool,
    pub(super) seats: Option<u64>,
    pub(super) is_confirmed: bool,
    /// The tag of the provider's page.
    pub(super) locale: Option<String>,
}
