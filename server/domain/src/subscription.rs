//! Subscriptions, their states, and the entitlements that follow from them (`subscription/entitlements.rs`).

pub mod billing_profile;
pub mod cancellation;
pub mod checkout_options;
pub mod currency;
mod details;
mod discount;
mod entitlements;
mod interval;
pub mod invoice;
pub mod item;
pub mod lifecycle;
pub mod order;
pub mod plan_change;
pub mod preflight;
mod provider;
mod provider_amount;
mod record;
mod refund;
pub mod revenue;
pub mod seats;
mod status;
#[cfg(test)]
mod tests;
pub mod trial;

pub use details::{
    BillingDetails, CollectionPause, LastInvoice, NextPayment, OpenInvoices, UNNAMED_SUBSCRIPTION,
    UnknownUnmanagedReason, UnmanagedReason, UnmanagedSubscription, UnsoldPrice, one_line,
};
pub use discount::{Discount, MAX_DISCOUNTS, Off};
pub use entitlements::{Entitlements, entitlements};
pub use interval::{BillingInterval, IntervalUnit, InvalidInterval};
pub use provider::{Provider, UnknownProvider};
pub use provider_amount::Unchargeable;
pub use record::{Direction, PendingChange, Subscription, current_subscription, direction};
pub use refund::RefundRefusal;
pub use status::{ProviderStatus, SubscriptionStatus, UnknownStatus};
