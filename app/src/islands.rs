//! What wakes in the browser, on top of what the server sent. An island never uses the router.

pub mod cycle_choice;
pub mod live_values;
