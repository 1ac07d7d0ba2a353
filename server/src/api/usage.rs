//! Feature checks and usage, entitlements, checks of many workspaces, usage events, history, alerts and corrections.

pub mod alerts;
pub mod check;
pub mod checks;
pub mod consume;
pub mod consume_several;
pub mod corrections;
pub mod entitlements;
pub mod events;
pub mod history;
pub mod release;
pub mod set_usage;
