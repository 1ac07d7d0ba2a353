//! The whole router in one place: JSON API, pages, what pages load, operations.

mod address;
mod assets;
mod docs;
mod guard;
pub mod metrics;
mod pages;
mod rates;
mod request_id;
mod security;
mod viewer;
mod wording;

use std::{net::IpAddr, panic::AssertUnwindSafe, sync::Arc};

use axum::{
    Extension, Router,
    extract::{Request, State},
    http::{Method, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use billing::{Services, identity::session::StoredSessions};
use futures::FutureExt;
use metrics_exporter_prometheus::PrometheusHandle;
use tower_http::{compression::CompressionLayer, trace::TraceLayer};
use tower_sessions::{Expiry, SessionManagerLayer, cookie::SameSite};

use crate::api::{self, ApiError};

pub use rates::{RateLimits, Rates};
pub(crate) use viewer::is_about_a_workspace;

pub(crate) const SESSION_COOKIE: &str = "dues_session";

/// What the router needs beside the use-cases.
pub struct Site {
    pub services: Services,
    pub sessions: StoredSessions,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    pub rates: Arc<Rates>,
    pub counts: PrometheusHandle,
}

/// Everything that this server answers.
pub fn router(site: Site) -> Router {
    let Site { services, sessions, trusted_proxies, rates, counts } = site;
    let policy = Arc::new(security::Policy::new(&services));
    let origin = services.settings().app_url.origin();
    let surroundings = pages::Surroundings::new(&services, &policy);
    let around_missing = surroundings.clone();
    let is_https = services.settings().app_url.scheme() == "https";

    let (with_session, _) = api::routes().split_for_parts();
    let (sessionless, _) = api::sessionless_routes().split_for_parts();
    let with_session = with_session
        .merge(pages::routes(&surroundings))
        .fallback(move |request: Request| missing(around_missing, request))
        .method_not_allowed_fallback(other_method)
        .layer(Extension(services.clone()))
        .layer(middleware::from_fn_with_state(Arc::new(origin), guard::same_site))
        .layer(middleware::from_fn(guard::buffered))
        .layer(middleware::from_fn_with_state(rates, rates::limit))
        .layer(middleware::from_fn_with_state(services.clone(), viewer::recognise))
        .layer(
            SessionManagerLayer::new(sessions)
                .with_name(SESSION_COOKIE)
                .with_secure(is_https)
                // Lax: with Strict, the way back from the payment provider would arrive without the session.
                .with_same_site(SameSite::Lax)
                .with_expiry(Expiry::OnInactivity(tower_sessions::cookie::time::Duration::seconds(
                    billing::identity::session::IDLE_SECS,
                ))),
        )
        .layer(middleware::from_fn(metrics::count));

    let sessionless = sessionless
        .layer(middleware::from_fn(guard::buffered))
        .layer(Extension(counts))
        .layer(middleware::from_fn(metrics::count));
    Router::new()
        .merge(sessionless)
        .merge(assets::routes())
        .merge(docs::routes())
        .method_not_allowed_fallback(other_method)
        .fallback_service(with_session.with_state(services.clone()))
        .layer(middleware::from_fn(guard::detached))
        .layer(middleware::from_fn_with_state(surroundings, survive))
        .layer(middleware::from_fn(wording::ours))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state(policy, security::headers))
        .layer(TraceLayer::new_for_http().make_span_with(request_id::span))
        .layer(middleware::from_fn_with_state(Arc::new(trusted_proxies), address::client))
        .layer(middleware::from_fn(request_id::assign))
        .with_state(services)
}

/// An unknown address: JSON under the API, a page anywhere else.
async fn missing(surroundings: pages::Surroundings, request: Request) -> Response {
    if api::is_api_path(request.uri().path()) {
        ApiError::not_found().into_response()
    } else {
        pages::missing(surroundings, request).await
    }
}

/// An address that is there, asked in another way. `OPTIONS` wants to know just that: `Allow` says it, here and there.
async fn other_method(method: Method) -> Response {
    if method == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        ApiError::method_not_allowed().into_response()
    }
}

/// A panic is one request's failure. Its message is in the log already; a client has no business with it.
async fn survive(State(surroundings): State<pages::Surroundings>, request: Request, next: Next) -> Response {
    let (uri, headers) = (request.uri().clone(), request.headers().clone());
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_) if api::is_api_path(uri.path()) => ApiError::internal().into_response(),
        Err(_) => pages::broken(surroundings, headers).await,
    }
}
