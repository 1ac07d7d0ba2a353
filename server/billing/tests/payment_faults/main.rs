//! Faults of payment providers: down, hanging, overloaded, invalid responses, and rejections.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it did not expect")]

mod checkout_options;
mod merchant;
mod polar;
mod profile;
mod script;
mod stripe;
