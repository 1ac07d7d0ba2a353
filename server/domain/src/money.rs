//! Amounts of money as integers in minor units of ISO 4217.
//!
//! `money/provider.rs` converts to and from the units of payment providers.

mod amount;
mod provider;

pub use self::{
    amount::{Currency, InvalidCurrency, Money, grouped},
    provider::Unchargeable,
};
