//! The operator's desk: pages under `/operator`.

mod accounts;
mod failing_jobs;
pub(crate) mod imports;
pub(crate) mod keys;
pub(crate) mod mails;
pub(crate) mod requests;
pub(crate) mod revenue;
pub(crate) mod search;
pub(crate) mod tenant;
pub(crate) mod tenants;
pub(crate) mod webhooks;
pub(in crate::pages) mod words;
pub(crate) mod work;
