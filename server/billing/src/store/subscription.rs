//! Subscriptions, customers and checkouts, as last fetched from the provider.

pub mod cancellation_reasons;
pub mod checkout_attempts;
pub mod customers;
pub mod drift;
pub mod dunning_notices;
pub mod duplicate_subscriptions;
pub mod known_plans;
pub mod provider_accounts;
pub mod revenue;
pub mod scheduled_transitions;
pub mod subscriptions;
pub mod unknown_objects;
pub mod unmanaged_subscriptions;
pub mod unsold_prices;

#[cfg(test)]
mod tests;
