//! Usage as a stream: events in, history and alerts out.

pub mod alerts;
pub mod corrections;
pub mod events;
pub mod history;
