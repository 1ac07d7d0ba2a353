//! The workspace snapshot, feature checks, checkout, portal, status and the providers' webhooks.

pub mod check;
pub mod checkout;
pub mod portal;
pub mod status;
pub mod subscription;
pub mod webhook;
