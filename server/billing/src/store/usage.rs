//! The ledger of usage, and what is computed from it: counters, hourly roll-ups, alerts.

pub(in crate::store) mod entry_columns;
pub mod usage_alerts;
pub mod usage_batch;
pub mod usage_by_key;
pub mod usage_counters;
pub mod usage_direct;
pub mod usage_events;
pub mod usage_folds;
pub mod usage_hours;
pub mod usage_roll_up;
pub mod usage_sums;
