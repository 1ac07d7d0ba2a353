//! The stand-in for Stripe: its API under `/v1`, and its hosted pages.

pub(crate) mod api;
pub(crate) mod billing;
pub(crate) mod call;
pub(crate) mod error;
pub(crate) mod expand;
pub(crate) mod hosted;
pub(crate) mod idempotency;
pub(crate) mod json_parts;
pub(crate) mod lists;
pub(crate) mod objects;
pub(crate) mod params;
pub(crate) mod planting;
pub(crate) mod search;
pub(crate) mod version;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    routing::{MethodRouter, delete, get, post},
};

use self::{
    api::{
        accounts, checkout_sessions, coupons, customers, events, invoices, payments, portal_configurations,
        portal_sessions, prices, products, promotion_codes, retrieve, subscription_items, subscription_schedules,
        subscriptions, webhook_endpoints,
    },
    call::{Handler, answer, unknown_route},
    objects::{
        checkout_session::CheckoutSession, coupon::Coupon, customer::Customer, event::Event, invoice::Invoice,
        payment_intent::PaymentIntent, payment_method::PaymentMethod, portal_configuration::PortalConfiguration,
        price::Price, product::Product, promotion_code::PromotionCode, refund::Refund, subscription::Subscription,
        subscription_schedule::SubscriptionSchedule, webhook_endpoint::WebhookEndpoint,
    },
};
use crate::storage::World;

/// All routes of the API.
pub(crate) fn routes() -> Router<Arc<World>> {
    let v1 = Router::new()
        .route("/account", on_get(accounts::retrieve_current))
        .route("/accounts/{id}", on_get(accounts::retrieve))
        .route("/customers/search", on_get(customers::search))
        .route("/customers", on_get(customers::list).merge(on_post(customers::create)))
        .route(
            "/customers/{id}",
            on_get(retrieve::<Customer>).merge(on_post(customers::update)).merge(on_delete(customers::delete)),
        )
        .route("/customers/{id}/discount", on_delete(customers::delete_discount))
        .route("/customers/{id}/payment_methods", on_get(customers::payment_methods))
        .route("/customers/{id}/tax_ids", on_get(customers::tax_ids).merge(on_post(customers::create_tax_id)))
        .route(
            "/customers/{id}/tax_ids/{tax_id}",
            on_get(customers::retrieve_tax_id).merge(on_delete(customers::delete_tax_id)),
        )
        .route("/promotion_codes", on_get(promotion_codes::list).merge(on_post(promotion_codes::create)))
        .route("/promotion_codes/{id}", on_get(retrieve::<PromotionCode>).merge(on_post(promotion_codes::update)))
        .route("/coupons", on_get(coupons::list).merge(on_post(coupons::create)))
        .route(
            "/coupons/{id}",
            on_get(retrieve::<Coupon>).merge(on_post(coupons::update)).merge(on_delete(coupons::delete)),
        )
        .route("/products", on_get(products::list).merge(on_post(products::create)))
        .route(
            "/products/{id}",
            on_get(retrieve::<Product>).merge(on_post(products::update)).merge(on_delete(products::delete)),
        )
        .route("/prices", on_get(prices::list).merge(on_post(prices::create)))
        .route("/prices/{id}", on_get(retrieve::<Price>).merge(on_post(prices::update)))
        .route("/checkout/sessions", on_get(checkout_sessions::list).merge(on_post(checkout_sessions::create)))
        .route("/checkout/sessions/{id}", on_get(retrieve::<CheckoutSession>))
        .route("/checkout/sessions/{id}/expire", on_post(checkout_sessions::expire))
        .route("/checkout/sessions/{id}/line_items", on_get(checkout_sessions::line_items))
        .route("/billing_portal/sessions", on_post(portal_sessions::create))
        .route(
            "/billing_portal/configurations",
            on_get(portal_configurations::list).merge(on_post(portal_configurations::create)),
        )
        .route(
            "/billing_portal/configurations/{id}",
            on_get(retrieve::<PortalConfiguration>).merge(on_post(portal_configurations::update)),
        )
        .route("/subscriptions", on_get(subscriptions::list).merge(on_post(subscriptions::create)))
        .route(
            "/subscriptions/{id}",
            on_get(retrieve::<Subscription>)
                .merge(on_post(subscriptions::update))
                .merge(on_delete(subscriptions::cancel)),
        )
        .route("/subscriptions/{id}/discount", on_delete(subscriptions::delete_discount))
        .route("/subscription_items", on_get(subscription_items::list).merge(on_post(subscription_items::create)))
        .route(
            "/subscription_items/{id}",
            on_get(subscription_items::retrieve)
                .merge(on_post(subscription_items::update))
                .merge(on_delete(subscription_items::delete)),
        )
        .route(
            "/subscription_schedules",
            on_get(subscription_schedules::list).merge(on_post(subscription_schedules::create)),
        )
        .route(
            "/subscription_schedules/{id}",
            on_get(retrieve::<SubscriptionSchedule>).merge(on_post(subscription_schedules::update)),
        )
        .route("/subscription_schedules/{id}/cancel", on_post(subscription_schedules::cancel))
        .route("/subscription_schedules/{id}/release", on_post(subscription_schedules::release))
        .route("/invoices", on_get(invoices::list))
        .route("/invoices/create_preview", on_post(invoices::create_preview))
        .route("/invoices/{id}", on_get(retrieve::<Invoice>))
        .route("/invoices/{id}/lines", on_get(invoices::lines))
        .route("/invoices/{id}/pay", on_post(invoices::pay))
        .route("/invoices/{id}/void", on_post(invoices::void))
        .route("/invoice_payments", on_get(invoices::list_payments))
        .route("/payment_methods", on_get(payments::list_methods))
        .route("/payment_methods/{id}", on_get(retrieve::<PaymentMethod>))
        .route("/payment_methods/{id}/attach", on_post(payments::attach_method))
        .route("/payment_intents", on_get(payments::list_intents))
        .route("/payment_intents/{id}", on_get(retrieve::<PaymentIntent>))
        .route("/charges/{id}", on_get(payments::retrieve_charge))
        .route("/refunds", on_get(payments::list_refunds).merge(on_post(payments::create_refund)))
        .route("/refunds/{id}", on_get(retrieve::<Refund>))
        .route("/events", on_get(events::list))
        .route("/events/{id}", on_get(retrieve::<Event>))
        .route("/webhook_endpoints", on_get(webhook_endpoints::list).merge(on_post(webhook_endpoints::create)))
        .route(
            "/webhook_endpoints/{id}",
            on_get(retrieve::<WebhookEndpoint>)
                .merge(on_post(webhook_endpoints::update))
                .merge(on_delete(webhook_endpoints::delete)),
        )
        .fallback(async |request: Request| unknown_route(&request))
        .method_not_allowed_fallback(async |request: Request| unknown_route(&request));
    Router::new().nest("/v1", v1)
}

fn on_get(handler: Handler) -> MethodRouter<Arc<World>> {
    get(async move |State(world): State<Arc<World>>, request: Request| answer(world, handler, request).await)
}

fn on_post(handler: Handler) -> MethodRouter<Arc<World>> {
    post(async move |State(world): State<Arc<World>>, request: Request| answer(world, handler, request).await)
}

fn on_delete(handler: Handler) -> MethodRouter<Arc<World>> {
    delete(async move |State(world): State<Arc<World>>, request: Request| answer(world, handler, request).await)
}
