//! The stand-in for Polar: its API under `/polar/v1`, and its hosted pages.

mod api;
pub(crate) mod billing;
pub(crate) mod call;
mod error;
pub(crate) mod hosted;
mod lists;
pub(crate) mod objects;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    routing::{MethodRouter, delete, get, patch, post},
};

use self::{
    api::{
        checkouts, customer_sessions, customers, discounts, events, orders, organizations, products, refunds,
        subscriptions, webhook_endpoints,
    },
    call::{Handler, answer, unknown_route},
};
use crate::storage::World;

/// All routes of the API. Polar's collection paths end with a slash, which clients may leave out.
pub(crate) fn routes() -> Router<Arc<World>> {
    let v1 = Router::new();
    let v1 = collection(v1, "/organizations", on_get(organizations::list))
        .route("/organizations/{id}", on_get(organizations::retrieve));
    let v1 = collection(v1, "/products", on_get(products::list).merge(on_post(products::create)))
        .route("/products/{id}", on_get(products::retrieve).merge(on_patch(products::update)));
    let v1 = collection(v1, "/customers", on_get(customers::list).merge(on_post(customers::create)))
        .route(
            "/customers/{id}",
            on_get(customers::retrieve).merge(on_patch(customers::update)).merge(on_delete(customers::delete)),
        )
        .route("/customers/{id}/state", on_get(customers::state))
        .route("/customers/{id}/payment-methods", on_get(customers::payment_methods))
        .route(
            "/customers/external/{external_id}",
            on_get(customers::retrieve_external)
                .merge(on_patch(customers::update_external))
                .merge(on_delete(customers::delete_external)),
        )
        .route("/customers/external/{external_id}/state", on_get(customers::state_external));
    let v1 = collection(v1, "/checkouts", on_get(checkouts::list).merge(on_post(checkouts::create)))
        .route("/checkouts/{id}", on_get(checkouts::retrieve).merge(on_patch(checkouts::update)));
    let v1 = collection(v1, "/discounts", on_get(discounts::list).merge(on_post(discounts::create))).route(
        "/discounts/{id}",
        on_get(discounts::retrieve).merge(on_patch(discounts::update)).merge(on_delete(discounts::delete)),
    );
    let v1 = collection(v1, "/customer-sessions", on_post(customer_sessions::create));
    let v1 = collection(v1, "/subscriptions", on_get(subscriptions::list)).route(
        "/subscriptions/{id}",
        on_get(subscriptions::retrieve).merge(on_patch(subscriptions::update)).merge(on_delete(subscriptions::revoke)),
    );
    let v1 = collection(v1, "/events", on_get(events::list));
    let v1 = collection(v1, "/orders", on_get(orders::list)).route("/orders/{id}", on_get(orders::retrieve));
    let v1 = collection(v1, "/refunds", on_get(refunds::list).merge(on_post(refunds::create)));
    let v1 = collection(
        v1,
        "/webhooks/endpoints",
        on_get(webhook_endpoints::list).merge(on_post(webhook_endpoints::create)),
    )
    .route(
        "/webhooks/endpoints/{id}",
        on_get(webhook_endpoints::retrieve)
            .merge(on_patch(webhook_endpoints::update))
            .merge(on_delete(webhook_endpoints::delete)),
    )
    .fallback(async |request: Request| unknown_route(&request))
    .method_not_allowed_fallback(async |request: Request| unknown_route(&request));
    Router::new().nest("/polar/v1", v1)
}

fn collection(router: Router<Arc<World>>, path: &str, methods: MethodRouter<Arc<World>>) -> Router<Arc<World>> {
    router.route(path, methods.clone()).route(&format!("{path}/"), methods)
}

fn on_get(handler: Handler) -> MethodRouter<Arc<World>> {
    get(async move |State(world): State<Arc<World>>, request: Request| answer(world, handler, request).await)
}

fn on_post(handler: Handler) -> MethodRouter<Arc<World>> {
    post(async move |State(world): State<Arc<World>>, request: Request| answer(world, handler, request).await)
}

fn on_patch(handler: Handler) -> MethodRouter<Arc<World>> {
    patch(async move |State(world): State<Arc<World>>, request: Request| answer(world, handler, request).await)
}

fn on_delete(handler: Handler) -> MethodRouter<Arc<World>> {
    delete(async move |State(world): State<Arc<World>>, request: Request| answer(world, handler, request).await)
}
