//! Checkout, subscriptions and usage, with the provider behind them.

mod billing_page;
mod cancellation_reason;
mod checkout;
mod checkout_options;
mod dashboard_edits;
mod hosted_language;
mod lifecycle;
mod order_summary;
mod outage;
mod platform_orders;
mod platform_reads;
mod polar;
mod preflight;
mod provider_account;
mod provider_reads;
mod seats;
mod status;
mod trials;
mod usage;
mod usage_history;
mod usage_outage;
mod webhooks;
