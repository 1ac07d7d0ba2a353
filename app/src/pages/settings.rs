//! The pages under `/settings`.

pub(crate) mod account;
pub(crate) mod audit;
pub(crate) mod billing;
pub(crate) mod customers;
pub(crate) mod keys;
pub(crate) mod secrets;
pub(crate) mod team;
pub(crate) mod webhooks;
pub(crate) mod workspace;
