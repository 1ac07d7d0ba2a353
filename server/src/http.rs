//! The whole router in one place: JSON API, pages, what pages load, operations.

mod address;
mod assets;
mod bodies;
mod docs;
mod door;
mod edge;
mod front;
mod guard;
mod head;
mod live;
pub mod metrics;
mod pages;
mod rates;
mod request_id;
mod security;
mod security_events;
mod security_txt;
mod viewer;
mod wording;

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    extract::{Request, State},
    http::{Method, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use billing::{Services, identity::session::StoredSessions};
use ipnet::IpNet;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::{CompressionLevel, compression::CompressionLayer};
use tower_sessions::{Expiry, SessionManagerLayer, cookie::SameSite};

use self::{bodies::Bodies, door::Door, edge::Edge};
use crate::{
    api::{self, ApiError},
    config::Contact,
};

pub use front::Front;
pub(crate) use head::MAX_HEAD_BYTES;
pub use rates::{RateLimits, Rates};
pub(crate) use viewer::is_about_a_workspace;

pub(crate) const SESSION_COOKIE: &str = "dues_session";
/// Browsers take it only over https and from this very host, for all of it: no neighbour under the same domain can set one.
const SESSION_COOKIE_ON_HTTPS: &str = "__Host-dues_session";

/// What the router needs beside the use-cases.
pub struct Site {
    pub services: Services,
    pub sessions: StoredSessions,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    pub rates: Arc<Rates>,
    /// To send the body of a request.
    pub body_timeout: Duration,
    /// Where weaknesses are to be reported.
    pub security_contact: Option<Contact>,
    pub counts: PrometheusHandle,
    /// Ends what would not end by itself.
    pub stop: CancellationToken,
}

/// Everything that this server answers.
pub fn front(site: Site) -> Front {
    let Site { services, sessions, trusted_proxies, rates, body_timeout, security_contact, counts, stop } = site;
    let streams = live::Streams::new(services.clone(), sessions.clone(), stop);
    let policy = Arc::new(security::Policy::new(&services));
    let surroundings = pages::Surroundings::new(&services, &policy);
    let is_https = services.settings().app_url.scheme() == "https";
    let sessions = SessionManagerLayer::new(sessions)
        .with_name(if is_https { SESSION_COOKIE_ON_HTTPS } else { SESSION_COOKIE })
        .with_secure(is_https)
        // Lax: with Strict, the way back from the payment provider would arrive without the session.
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(tower_sessions::cookie::time::Duration::seconds(
            billing::identity::session::IDLE_SECS,
        )));
    let origin = services.settings().app_url.origin();
    let bodies = Bodies::new(body_timeout);
    let door = Door { services: services.clone(), rates, bodies, origin, surroundings: surroundings.clone() };
    let way = Arc::new(Way { edge: Edge { trusted_proxies, policy, surroundings: surroundings.clone() }, door });

    // Each set of layers is one: a router boxes every layer that it is given by itself, and copies all that lie under it.
    let (with_session, _) = api::routes().split_for_parts();
    let with_session = with_session
        .merge(pages::routes(&surroundings))
        .merge(live::routes(streams))
        .fallback(move |request: Request| missing(surroundings, request))
        .method_not_allowed_fallback(other_method)
        .layer(
            ServiceBuilder::new()
                .layer(middleware::from_fn(count))
                .layer(sessions)
                .layer(middleware::from_fn_with_state(way.clone(), admit))
                .layer(Extension(services.clone())),
        );
    let (sessionless, _) = api::sessionless_routes().split_for_parts();
    let sessionless = sessionless.layer(
        ServiceBuilder::new()
            .layer(middleware::from_fn(count))
            .layer(middleware::from_fn_with_state(way.clone(), buffer))
            .layer(Extension(api::metrics::Exporter::new(counts))),
    );
    let whole = Router::new()
        .merge(sessionless)
        .merge(assets::routes())
        .merge(docs::routes())
        .merge(security_txt::routes(security_contact))
        .method_not_allowed_fallback(other_method)
        .merge(with_session)
        .layer(
            ServiceBuilder::new()
                // What is the same for every request is compressed beforehand ([`crate::encoded`]); this is for pages and answers.
                .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
                .layer(middleware::from_fn_with_state(way.clone(), surround)),
        )
        .with_state(services.clone());

    let (metering, _) = api::metering_routes().split_for_parts();
    let (webhooks, _) = api::webhook_routes().split_for_parts();
    let short = Router::new()
        .merge(
            metering
                .method_not_allowed_fallback(other_method)
                .layer(middleware::from_fn_with_state(way.clone(), meter)),
        )
        .merge(webhooks.method_not_allowed_fallback(other_method).layer(middleware::from_fn_with_state(way, take_in)))
        .fallback_service(whole.clone())
        .with_state(services);
    Front { short, whole }
}

/// Everything that stands between a connection and a handler.
struct Way {
    edge: Edge,
    door: Door,
}

impl Way {
    async fn buffer(&self, request: Request, next: Next) -> Response {
        match self.door.bodies.whole(request).await {
            Ok(request) => next.run(request).await,
            Err(error) => error.into_response(),
        }
    }
}

/// The whole way for a session.
async fn surround(State(way): State<Arc<Way>>, request: Request, next: Next) -> Response {
    way.edge.around(request, |request| guard::detached(request, next)).await
}

async fn admit(State(way): State<Arc<Way>>, request: Request, next: Next) -> Response {
    way.door.admit(request, next).await
}

/// The short way for a key. What it leads to is written by a task of its own, so that no client's leaving can break it off.
async fn meter(State(way): State<Arc<Way>>, request: Request, next: Next) -> Response {
    way.edge.around(request, |request| metrics::counted(request, |request| way.door.admit(request, next))).await
}

/// The same for a provider.
async fn take_in(State(way): State<Arc<Way>>, request: Request, next: Next) -> Response {
    way.edge.around(request, |request| metrics::counted(request, |request| way.buffer(request, next))).await
}

async fn count(request: Request, next: Next) -> Response {
    metrics::counted(request, |request| next.run(request)).await
}

async fn buffer(State(way): State<Arc<Way>>, request: Request, next: Next) -> Response {
    way.buffer(request, next).await
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
