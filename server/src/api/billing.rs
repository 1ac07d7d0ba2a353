//! Billing endpoints: a workspace's plan, checkout, portal, invoices, providers' webhooks and white-label billing.

pub mod cancel;
pub mod checkout;
pub(super) mod discount;
pub mod invoices;
pub mod platform;
pub mod portal;
pub mod preflight;
pub mod resume;
pub(super) mod seats;
pub mod status;
pub mod subscription;
pub(super) mod terms;
pub mod webhook;
pub(super) mod white_label;
