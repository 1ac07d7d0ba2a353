//! Billing of subscriptions: orders, charges, renewals, changes and cancellation.

pub(crate) mod change;
pub(crate) mod due;
pub(crate) mod lifecycle;
