//! Integration tests: the real binary over HTTP, on both databases, with the stand-in
//! for Stripe as the payment provider.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at what it did not expect"
)]

mod harness;

mod account;
mod api_keys;
mod audit;
mod browsers;
mod checkout;
mod clear_text;
mod command_line;
mod conformance;
mod connections;
mod demo;
#[path = "pages/docs.rs"]
mod docs;
mod enterprise;
mod every_route;
mod excess;
mod firebase;
mod idempotency;
mod isolation;
mod lifecycle;
mod live;
mod lock_out;
mod logs;
mod member_pages;
mod metrics;
mod on_https;
mod openapi;
mod operator;
mod order_summary;
mod outage;
mod page_cookies;
mod page_forms;
mod password_reset;
mod passwords;
mod platform_orders;
mod platform_reads;
mod polar;
mod preflight;
mod private_files;
mod provider_account;
mod provider_reads;
mod rates;
mod secrets;
mod security_events;
mod security_txt;
mod sign_up_flood;
mod signing_in;
mod sources;
mod status;
mod team;
mod trials;
mod two_tabs;
mod usage;
mod usage_outage;
mod webhook_endpoints;
mod webhooks;
mod white_label;
mod wire_forms;
mod workspace_api;
mod wrong_input;
