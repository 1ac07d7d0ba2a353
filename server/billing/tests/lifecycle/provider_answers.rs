//! Answers of the provider that Dues must not act on: of another account or customer, unknown, malformed.

pub(crate) mod altered_responses;
mod foreign;
mod mutated;
mod permissions;
mod provider_account;
mod unknown;
pub(crate) mod unmanaged;
