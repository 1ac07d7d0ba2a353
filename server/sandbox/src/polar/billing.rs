//! What happens to subscriptions: orders, charges, renewals, changes, and the end.

pub(crate) mod change;
pub(crate) mod due;
pub(crate) mod lifecycle;
