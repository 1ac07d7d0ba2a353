//! Subscriptions: fetched from the provider, reconciled, shown, canceled, and what follows from their changes.

pub mod activity;
pub mod billing_overview;
pub mod cancel;
mod customer;
pub mod former_plans;
pub mod invoice;
pub(super) mod lifecycle;
mod lost_answer;
pub mod membership;
pub mod portal;
pub(super) mod provider_account;
pub(super) mod provider_reads;
pub mod reconcile;
pub mod seats;
pub mod unmanaged;
