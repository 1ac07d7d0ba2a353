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
use tower::ServiceBuilder;
use tower_http::{compression::CompressionLayer, trace::TraceLayer};
use tower_sessions::{Expiry, SessionManagerLayer, cookie::SameSite};
use url::Origin;

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
    let surroundings = pages::Surroundings::new(&services, &policy);
    let around_missing = surroundings.clone();
    let is_https = services.settings().app_url.scheme() == "https";
    let sessions = SessionManagerLayer::new(sessions)
        .with_name(SESSION_COOKIE)
        .with_secure(is_https)
        // Lax: with Strict, the way back from the payment provider would arrive without the session.
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(tower_sessions::cookie::time::Duration::seconds(
            billing::identity::session::IDLE_SECS,
        )));
    let door = Arc::new(Door { services: services.clone(), rates, origin: services.settings().app_url.origin() });

    // Each set of layers is one: a router boxes every layer that it is given by itself, and copies all that lie under it.
    let (with_session, _) = api::routes().split_for_parts();
    let with_session = with_session
        .merge(pages::routes(&surroundings))
        .fallback(move |request: Request| missing(around_missing, request))
        .method_not_allowed_fallback(other_method)
        .layer(
            ServiceBuilder::new()
                .layer(middleware::from_fn(metrics::count))
                .layer(sessions)
                .layer(middleware::from_fn_with_state(door, admit))
                .layer(Extension(services.clone())),
        );
    let (sessionless, _) = api::sessionless_routes().split_for_parts();
    let sessionless = sessionless.layer(
        ServiceBuilder::new()
            .layer(middleware::from_fn(metrics::count))
            .layer(middleware::from_fn(buffer))
            .layer(Extension(counts)),
    );
    let edge = Arc::new(Edge { trusted_proxies, policy, surroundings });
    Router::new()
        .merge(sessionless)
        .merge(assets::routes())
        .merge(docs::routes())
        .method_not_allowed_fallback(other_method)
        .merge(with_session)
        .layer(
            ServiceBuilder::new()
                .layer(CompressionLayer::new())
                .layer(middleware::from_fn_with_state(edge.clone(), enter))
                .layer(TraceLayer::new_for_http().make_span_with(request_id::span))
                .layer(middleware::from_fn_with_state(edge, around)),
        )
        .with_state(services)
}

/// What stands before every handler that may know its caller.
struct Door {
    services: Services,
    rates: Arc<Rates>,
    origin: Origin,
}

/// Who calls, how often, from where, and with how large a body: then the handler.
async fn admit(State(door): State<Arc<Door>>, mut request: Request, next: Next) -> Response {
    if let Err(error) = viewer::recognise(&door.services, &mut request).await {
        return error.into_response();
    }
    let Some(standing) = door.rates.standing(&request) else { return within(&door, request, next).await };
    let mut response = match standing.refusal() {
        Some(error) => error.into_response(),
        None => within(&door, request, next).await,
    };
    standing.tell(&mut response);
    response
}

async fn within(door: &Door, request: Request, next: Next) -> Response {
    let is_form = api::is_page_form(request.uri().path());
    let request = match guard::buffered(request).await {
        Ok(request) => request,
        Err(error) => return error.into_response(),
    };
    if let Err(error) = guard::same_site(&door.origin, &request) {
        return error.into_response();
    }
    let response = next.run(request).await;
    if is_form { guard::form_answer(response) } else { response }
}

async fn buffer(request: Request, next: Next) -> Response {
    match guard::buffered(request).await {
        Ok(request) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// What surrounds everything that is answered.
struct Edge {
    /// Whose `X-Forwarded-For` is believed.
    trusted_proxies: Vec<IpAddr>,
    policy: Arc<security::Policy>,
    surroundings: pages::Surroundings,
}

/// Gives a request its id and its client's address, which every line of the log and every throttle go by.
async fn enter(State(edge): State<Arc<Edge>>, mut request: Request, next: Next) -> Response {
    let id = request_id::assign(&mut request);
    address::note(&edge.trusted_proxies, &mut request);
    let mut response = next.run(request).await;
    request_id::tell(id, &mut response);
    response
}

/// A handler that panics, that is left by its client or that speaks in a library's words is answered like any other.
async fn around(State(edge): State<Arc<Edge>>, request: Request, next: Next) -> Response {
    let is_api = api::is_api_path(request.uri().path());
    let headers = (!is_api).then(|| request.headers().clone());
    let response = match AssertUnwindSafe(guard::detached(request, next)).catch_unwind().await {
        Ok(response) => response,
        // Its message is in the log already; a client has no business with it.
        Err(_) => match headers {
            None => ApiError::internal().into_response(),
            Some(headers) => pages::broken(edge.surroundings.clone(), headers).await,
        },
    };
    let mut response = if is_api { wording::ours(response).await } else { response };
    security::headers(&edge.policy, &mut response);
    response
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
