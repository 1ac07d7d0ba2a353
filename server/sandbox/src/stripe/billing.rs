//! Billing of subscriptions: invoices, charges, renewals, changes, schedules and cancellation.

pub(crate) mod cancellation;
pub(crate) mod change;
mod discounts;
pub(crate) mod due;
pub(crate) mod invoicing;
pub(crate) mod items;
pub(crate) mod lifecycle;
pub(crate) mod payment;
mod pending;
pub(crate) mod phase_change;
pub(crate) mod schedule;
pub(crate) mod tax;
