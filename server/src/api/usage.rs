//! Usage as a stream: events in, history out.

pub mod events;
pub mod history;
