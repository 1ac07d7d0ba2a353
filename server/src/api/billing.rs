//! The workspace snapshot, feature checks and counts, checkout, portal, status and the providers' webhooks.

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
