//! Islands: the parts of pages that run in the browser. None uses the router.

pub mod copy_buttons;
pub mod cycle_choice;
pub mod live_values;
