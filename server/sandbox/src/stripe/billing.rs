//! What happens to subscriptions: invoices, charges, renewals, changes, those that wait, and the end.

pub(crate) mod change;
mod discounts;
pub(crate) mod due;
pub(crate) mod invoicing;
pub(crate) mod lifecycle;
pub(crate) mod payment;
pub(crate) mod period;
pub(crate) mod schedule;
