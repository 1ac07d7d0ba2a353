//! The workspace snapshot, checkout, portal, status and Stripe's webhooks; and what the platform document adds.

pub mod cancel;
pub mod checkout;
pub mod invoices;
pub mod platform;
pub mod portal;
pub mod preflight;
pub mod resume;
pub mod status;
pub mod subscription;
pub mod webhook;
pub(super) mod white_label;
