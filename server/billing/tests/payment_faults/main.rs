//! Payment providers as they are on a bad day: down, hanging, overloaded, out of their minds; and what they say no to.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it did not expect")]

mod merchant;
mod polar;
mod script;
mod stripe;
