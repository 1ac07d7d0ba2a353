//! The sandbox's settings that change at run time: the board's switches and the clock's offset.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::transaction::Transaction;

/// The board's switches, the billing clock's offset, and the rate of tax.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) id: String,
    /// Whether new deliveries are held until released.
    pub(crate) hold: bool,
    /// How many of the next deliveries are dropped.
    pub(crate) drop_next: u32,
    pub(crate) clock_offset_secs: i64,
    /// How many of the next calls of Stripe's API are refused with 429.
    #[serde(default)]
    pub(crate) limit_next: u32,
    /// How many calls a second Stripe's API takes. `None` for any number.
    #[serde(default)]
    pub(crate) calls_per_sec: Option<u32>,
    /// How many of the next calls of Polar's API are refused with 429.
    #[serde(default)]
    pub(crate) polar_limit_next: u32,
    /// The rate of automatic tax, in hundredths of a percent.
    #[serde(default = "default_tax_rate")]
    pub(crate) tax_rate: u32,
}

/// 19 %, the rate of Germany.
fn default_tax_rate() -> u32 {
    1900
}

impl Settings {
    pub(super) const ID: &'static str = "settings";

    pub(crate) fn of(tx: &Transaction<'_>) -> Arc<Self> {
        let fresh = || Self {
            id: Self::ID.to_owned(),
            hold: false,
            drop_next: 0,
            clock_offset_secs: 0,
            limit_next: 0,
            calls_per_sec: None,
            polar_limit_next: 0,
            tax_rate: default_tax_rate(),
        };
        tx.get::<Self>(Self::ID).unwrap_or_else(|| Arc::new(fresh()))
    }
}
