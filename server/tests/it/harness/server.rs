//! A running `server serve`.

mod process;

pub(super) use process::Setting;
pub(crate) use process::{Server, command};
