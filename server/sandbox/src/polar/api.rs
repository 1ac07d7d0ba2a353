//! Endpoints, one file per resource. `polar.rs` lists the routes.

pub(super) mod checkouts;
pub(super) mod customer_sessions;
pub(super) mod customers;
pub(super) mod discounts;
pub(super) mod events;
pub(super) mod orders;
pub(super) mod organizations;
pub(super) mod products;
pub(super) mod refunds;
pub(super) mod subscriptions;
pub(super) mod webhook_endpoints;
