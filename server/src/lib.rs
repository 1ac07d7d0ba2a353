//! The binary `server`: reads its settings, wires the parts together and serves.

pub mod api;
pub mod cli;
pub mod config;
mod encoded;
#[doc(hidden)]
pub mod fuzz;
pub mod http;
mod import_report;
pub mod listen;
mod private_files;
pub mod run;
pub mod telemetry;
