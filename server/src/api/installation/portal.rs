//! Portal links and portal sessions, for the product's back end.

pub mod create_link;
pub mod end_sessions;
