//! Usage events, history, alerts and corrections.

pub mod alerts;
pub mod corrections;
pub mod events;
pub mod history;
