//! Webhook events from providers, and messages to the endpoints of tenants.

pub mod event_cursors;
pub mod inbox;
pub mod notified_subscriptions;
pub mod webhook_endpoints;
pub mod webhook_messages;
pub mod webhook_queue;
