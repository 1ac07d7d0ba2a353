//! The sandbox's settings that change at run time: the board's switches and the clock's offset.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::transaction::Transaction;

/// The board's switches, and the billing clock's offset.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) id: String,
    /// Whether new deliveries are held until released.
    pub(crate) hold: bool,
    /// How many of the next deliveries are dropped.
    pub(crate) drop_next: u32,
    pub(crate) clock_offset_secs: i64,
}

impl Settings {
    pub(super) const ID: &'static str = "settings";

    pub(crate) fn of(tx: &Transaction<'_>) -> Arc<Self> {
        let fresh = || Self { id: Self::ID.to_owned(), hold: false, drop_next: 0, clock_offset_secs: 0 };
        tx.get::<Self>(Self::ID).unwrap_or_else(|| Arc::new(fresh()))
    }
}
