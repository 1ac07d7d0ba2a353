//! The JSON API. This file lists all routes; each endpoint has a file of its own.

mod auth;
mod billing;
mod error;
pub mod installation;
pub mod operations;
pub mod principal;
mod request;
pub mod tenant;
pub(crate) mod usage;

use ::billing::Services;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use error::ApiError;
pub use principal::AuthFailure;

/// First path segments below which all errors are JSON, also those of unknown paths.
const ROOTS: [&str; 5] = ["api", "billing", "webhooks", "tenant", "rpc"];
const PAGE_FORMS: &str = "/rpc/";
const UPLOAD: &str = "/rpc/operator-upload-import";
const EVENTS: &str = "/api/v1/usage/events";
const CHECKS: &str = "/api/v1/checks";
const ENTITLEMENTS: &str = "/api/v1/entitlements";
/// Path prefixes of all [`metering_routes`] except [`EVENTS`], [`CHECKS`] and [`ENTITLEMENTS`].
const METERING: [&str; 2] = ["/api/v1/billing/features/", "/api/v1/billing/consume"];
const WEBHOOKS: [&str; 3] = ["/api/v1/billing/webhook", "/webhooks/billing/stripe", "/billing/webhook/polar"];

pub fn is_api_path(path: &str) -> bool {
    path.split('/').nth(1).is_some_and(|root| ROOTS.contains(&root))
}

/// Whether HTML forms of the pages post to the path.
pub fn is_page_form(path: &str) -> bool {
    path.starts_with(PAGE_FORMS)
}

/// Whether the form that posts to the path may have a file.
pub fn takes_file(path: &str) -> bool {
    path == UPLOAD
}

/// Whether providers post webhooks to the path.
pub fn is_webhook(path: &str) -> bool {
    WEBHOOKS.contains(&path)
}

/// Whether the path may be one of [`metering_routes`].
pub fn is_metering(path: &str) -> bool {
    [EVENTS, CHECKS, ENTITLEMENTS].contains(&path) || METERING.iter().any(|beginning| path.starts_with(beginning))
}

/// Whether the path accepts larger bodies than others: batches of events and of checks, and webhooks.
pub fn takes_batches(path: &str) -> bool {
    [EVENTS, CHECKS].contains(&path) || is_webhook(path)
}

/// Routes that run after authentication by session, ID token or key. Includes [`metering_routes`].
pub fn routes() -> OpenApiRouter<Services> {
    OpenApiRouter::new()
        .routes(routes!(auth::login::log_in))
        .routes(routes!(auth::logout::log_out))
        .routes(routes!(auth::confirm::confirm))
        .routes(routes!(auth::me::me))
        .routes(routes!(billing::subscription::snapshot))
        .routes(routes!(usage::history::history))
        .routes(routes!(usage::alerts::list))
        .routes(routes!(billing::status::status))
        .routes(routes!(billing::preflight::preflight))
        .routes(routes!(billing::seats::show::show))
        .routes(routes!(billing::white_label::list_products::list))
        .routes(routes!(billing::white_label::list_customers::list))
        .routes(routes!(billing::white_label::customer_state::state))
        .routes(routes!(billing::white_label::list_subscriptions::list))
        .routes(routes!(billing::white_label::end_subscription::end))
        .routes(routes!(billing::cancel::cancel))
        .routes(routes!(billing::resume::resume))
        .routes(routes!(billing::invoices::list))
        .routes(routes!(billing::invoices::csv::export))
        .routes(routes!(billing::platform::plans::plans))
        .routes(routes!(billing::platform::subscription::subscription))
        .routes(routes!(billing::platform::usage::usage))
        .routes(routes!(billing::platform::sync::sync))
        .routes(routes!(tenant::api_keys::list::list))
        .routes(routes!(tenant::api_keys::revoke::revoke))
        .routes(routes!(tenant::members::list::list))
        .routes(routes!(tenant::members::change::change))
        .routes(routes!(tenant::members::remove::remove))
        .routes(routes!(tenant::audit::list::list))
        .routes(routes!(tenant::audit::csv::export))
        .routes(routes!(tenant::secrets::list::list))
        .routes(routes!(tenant::secrets::set::set))
        .routes(routes!(tenant::secrets::delete::delete))
        .routes(routes!(tenant::invitations::list::list))
        .routes(routes!(tenant::invitations::withdraw::withdraw))
        .routes(routes!(installation::portal::end_sessions::end))
        .routes(routes!(tenant::webhook_endpoints::list::list))
        .routes(routes!(tenant::webhook_endpoints::show::show))
        .routes(routes!(tenant::webhook_endpoints::change::change))
        .routes(routes!(tenant::webhook_endpoints::delete::delete))
        .routes(routes!(tenant::webhook_endpoints::deliveries::list))
        .routes(routes!(tenant::webhook_endpoints::resend::resend))
        .routes(routes!(usage::corrections::correct))
        .routes(routes!(installation::tenants::list::list))
        .routes(routes!(installation::tenants::show::show))
        .routes(routes!(installation::tenants::change::change))
        .routes(routes!(installation::tenants::delete::delete))
        .routes(routes!(installation::webhook_endpoints::list::list))
        .routes(routes!(installation::webhook_endpoints::show::show))
        .routes(routes!(installation::webhook_endpoints::change::change))
        .routes(routes!(installation::webhook_endpoints::delete::delete))
        .routes(routes!(installation::webhook_endpoints::deliveries::list))
        .routes(routes!(installation::webhook_endpoints::resend::resend))
        .merge(metering_routes())
        .merge(request::idempotency::replayable(creating_routes()))
}

/// Routes that a product calls before each of its operations, usually with a key.
pub fn metering_routes() -> OpenApiRouter<Services> {
    OpenApiRouter::new()
        .routes(routes!(usage::check::check))
        .routes(routes!(usage::consume::consume))
        .routes(routes!(usage::consume_several::consume_several))
        .routes(routes!(usage::release::release))
        .routes(routes!(usage::set_usage::set_usage))
        .routes(routes!(usage::events::receive))
        .routes(routes!(usage::checks::check))
        .routes(routes!(usage::entitlements::show))
}

/// Routes that accept an `Idempotency-Key`: a repeat with the same key gets the first response. Most of them create
/// something on each call.
fn creating_routes() -> OpenApiRouter<Services> {
    OpenApiRouter::new()
        .routes(routes!(auth::signup::sign_up))
        .routes(routes!(billing::checkout::check_out))
        .routes(routes!(billing::portal::open_portal))
        .routes(routes!(billing::seats::change::change))
        .routes(routes!(billing::platform::upgrade::upgrade))
        .routes(routes!(billing::white_label::create_product::create))
        .routes(routes!(billing::white_label::create_checkout::create))
        .routes(routes!(tenant::enterprise_signup::sign_up))
        .routes(routes!(tenant::api_keys::create::create))
        .routes(routes!(tenant::members::invite::invite))
        .routes(routes!(tenant::invitations::create::create))
        .routes(routes!(installation::portal::create_link::create))
        .routes(routes!(tenant::webhook_endpoints::create::create))
        .routes(routes!(tenant::webhook_endpoints::rotate_secret::rotate_secret))
        .routes(routes!(tenant::webhook_endpoints::test::test))
        .routes(routes!(tenant::invitations::accept::accept))
        .routes(routes!(installation::tenants::put::put))
        .routes(routes!(installation::tenants::restore::restore))
        .routes(routes!(installation::tenants::create_key::create))
        .routes(routes!(installation::tenants::set_override::set))
        .routes(routes!(installation::webhook_endpoints::create::create))
        .routes(routes!(installation::webhook_endpoints::rotate_secret::rotate_secret))
        .routes(routes!(installation::webhook_endpoints::test::test))
}

/// Routes that providers call: each event is authenticated by its signature.
pub fn webhook_routes() -> OpenApiRouter<Services> {
    OpenApiRouter::new()
        .routes(routes!(billing::webhook::stripe_for_console))
        .routes(routes!(billing::webhook::stripe_for_platform))
        .routes(routes!(billing::platform::polar_webhook::polar))
}

/// Routes that do not authenticate the caller.
pub fn sessionless_routes() -> OpenApiRouter<Services> {
    OpenApiRouter::new()
        .routes(routes!(operations::health::healthz))
        .routes(routes!(operations::health::readyz))
        .routes(routes!(operations::openapi::serve))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_webhooks_and_metering_are_known() {
        let paths = webhook_routes().split_for_parts().1.paths.paths;
        assert!(paths.keys().all(|path| is_webhook(path)) && paths.len() == WEBHOOKS.len(), "{:?}", paths.keys());
        let (_, metering) = metering_routes().split_for_parts();
        assert!(metering.paths.paths.keys().any(|path| takes_batches(path)));
        assert!(metering.paths.paths.keys().all(|path| is_metering(path)), "{:?}", metering.paths.paths.keys());
    }
}
