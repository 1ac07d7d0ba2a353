//! Checkout, portal, status and the providers' webhooks.

pub mod checkout;
pub mod portal;
pub mod status;
pub mod webhook;
