//! The pages under `/settings/customers`: the workspace's own customers, products and subscriptions at its provider
//! account.

pub(in crate::pages) mod account;
mod link;
pub(crate) mod people;
pub(crate) mod products;
pub(crate) mod subscriptions;
mod words;
