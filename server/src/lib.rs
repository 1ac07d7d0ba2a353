//! The binary `server`: reads its settings, wires the parts together and listens.

pub mod api;
pub mod cli;
pub mod config;
pub mod demo;
pub mod http;
mod operate;
mod run;
