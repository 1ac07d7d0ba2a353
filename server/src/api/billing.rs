//! The workspace snapshot, feature checks and usage, checkout, portal, status and Stripe's webhooks.

pub mod cancel;
pub mod check;
pub mod checkout;
pub mod consume;
pub mod consume_several;
pub mod invoices;
pub mod portal;
pub mod preflight;
pub mod release;
pub mod resume;
pub mod set_usage;
pub mod status;
pub mod subscription;
pub mod webhook;
pub(super) mod white_label;
