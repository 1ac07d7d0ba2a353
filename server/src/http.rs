//! The HTTP router: JSON API, pages, static files and health, with their middlewares; and the metrics.

mod authenticate;
mod downloads;
mod fast_path;
mod live;
pub mod metrics;
mod mutation_guards;
mod pages;
mod rate_limit;
mod request_body;
mod request_checks;
mod request_context;
mod unsaved_session;
mod unsubscribe;

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use app::{Documentation, DocumentationSource, request::language::language_of};
use axum::{
    Extension, Router,
    extract::{Request, State},
    http::{Method, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use billing::{Services, identity::session::StoredSessions};
use ipnet::IpNet;
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::{CompressionLevel, compression::CompressionLayer};
use tower_sessions::{Expiry, SessionManagerLayer, cookie::SameSite};

use self::{
    request_body::BodyReader,
    request_checks::RequestChecks,
    request_context::{RequestContext, cors::CorsPolicy},
};
use crate::{
    api::{self, ApiError},
    config::{BrandConfig, Contact},
};

pub(crate) use authenticate::needs_tenant;
pub use fast_path::FastPathRouter;
pub use rate_limit::{RateLimits, RequestLimiter};
pub(crate) use request_context::head_limits::MAX_HEAD_BYTES;

pub(crate) const SESSION_COOKIE: &str = "dues_session";
/// The `__Host-` prefix makes browsers accept the cookie over https and from this host only: a sibling subdomain can't
/// set it.
const SESSION_COOKIE_ON_HTTPS: &str = "__Host-dues_session";

/// The API reference and the search index, built when a page first needs them.
static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| Documentation::new(api::operations::openapi::text()));

/// What the router needs beside the use cases.
pub struct Site {
    pub services: Services,
    pub sessions: StoredSessions,
    /// Proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<IpNet>,
    pub rates: Arc<RequestLimiter>,
    /// How long a client may take to send a request body.
    pub body_timeout: Duration,
    /// Contact for vulnerability reports, served as `security.txt`.
    pub security_contact: Option<Contact>,
    pub brand: BrandConfig,
    /// Ends live streams when the server stops.
    pub stop: CancellationToken,
}

/// Builds the router for everything that this server answers.
pub fn router(site: Site) -> FastPathRouter {
    let Site { services, sessions, trusted_proxies, rates, body_timeout, security_contact, brand, stop } = site;
    let streams = live::Streams::new(services.clone(), stop);
    let policy = Arc::new(request_context::security_headers::Policy::new(&services));
    let page_context = pages::PageContext::new(&services, &policy, DocumentationSource(&DOCUMENTATION));
    let is_https = services.settings().app_url.scheme() == "https";
    let sessions = SessionManagerLayer::new(sessions)
        .with_name(if is_https { SESSION_COOKIE_ON_HTTPS } else { SESSION_COOKIE })
        .with_secure(is_https)
        // Lax: with Strict, the redirect back from the payment provider would arrive without the session.
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(tower_sessions::cookie::time::Duration::seconds(
            services.settings().limits.sessions.idle_secs,
        )));
    let origin = services.settings().app_url.origin();
    let bodies = BodyReader::new(body_timeout);
    let checks =
        RequestChecks { services: services.clone(), rates, bodies, origin, page_context: page_context.clone() };
    let cors = CorsPolicy::new(services.settings());
    let context = RequestContext { trusted_proxies, policy, page_context: page_context.clone(), cors, is_https };
    let layers = Arc::new(Layers { context, checks });

    // One `ServiceBuilder` per set of layers: the router boxes each layer that is added by itself and copies all layers
    // below it.
    let (with_session, _) = api::routes().split_for_parts();
    let with_session = with_session
        .merge(pages::routes(&page_context))
        .merge(unsubscribe::routes(&services, &page_context))
        .merge(live::routes(streams))
        .merge(downloads::routes(&page_context))
        .fallback(move |request: Request| not_found(page_context, request))
        .method_not_allowed_fallback(method_not_allowed)
        .layer(
            ServiceBuilder::new()
                .layer(middleware::from_fn(measure))
                .layer(middleware::from_fn(unsaved_session::mark))
                .layer(sessions)
                .layer(middleware::from_fn_with_state(layers.clone(), apply_checks))
                .layer(Extension(services.clone())),
        );
    let (sessionless, _) = api::sessionless_routes().split_for_parts();
    let sessionless = sessionless.layer(
        ServiceBuilder::new()
            .layer(middleware::from_fn(measure))
            .layer(middleware::from_fn_with_state(layers.clone(), read_body)),
    );
    let full = Router::new()
        .merge(sessionless)
        .merge(pages::files::assets::routes(brand.favicon()))
        .merge(pages::files::brand::routes(&brand))
        .merge(pages::files::security_txt::routes(security_contact))
        .method_not_allowed_fallback(method_not_allowed)
        .merge(with_session)
        .layer(
            ServiceBuilder::new()
                // Static texts are compressed once ([`crate::encoded`]), pages in one go ([`pages`]), API responses here.
                .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
                .layer(middleware::from_fn_with_state(layers.clone(), apply_context)),
        )
        .with_state(services.clone());

    let (metering, _) = api::metering_routes().split_for_parts();
    let (webhooks, _) = api::webhook_routes().split_for_parts();
    let fast = Router::new()
        .merge(
            metering
                .method_not_allowed_fallback(method_not_allowed)
                .layer(middleware::from_fn_with_state(layers.clone(), handle_metering)),
        )
        .merge(
            webhooks
                .method_not_allowed_fallback(method_not_allowed)
                .layer(middleware::from_fn_with_state(layers, handle_webhook)),
        )
        .fallback_service(full.clone())
        .with_state(services);
    FastPathRouter { fast, full }
}

/// The middlewares that need shared state.
struct Layers {
    context: RequestContext,
    checks: RequestChecks,
}

impl Layers {
    async fn read_body(&self, request: Request, next: Next) -> Response {
        match self.checks.bodies.read_whole(request).await {
            Ok(request) => next.run(request).await,
            Err(error) => error.into_response(),
        }
    }
}

/// Middleware of the full router: request context, and completion of a change after its client disconnects.
async fn apply_context(State(layers): State<Arc<Layers>>, request: Request, next: Next) -> Response {
    let language = language_of(request.headers(), layers.context.is_https);
    language.scope(layers.context.wrap(request, |request| mutation_guards::detach(request, next))).await
}

async fn apply_checks(State(layers): State<Arc<Layers>>, request: Request, next: Next) -> Response {
    layers.checks.run(request, next).await
}

/// Middleware of the metering routes: request context, metrics and checks. It spawns no task for the handler: usage is
/// written by a separate task, so a disconnect does not interrupt the write.
async fn handle_metering(State(layers): State<Arc<Layers>>, request: Request, next: Next) -> Response {
    layers.context.wrap(request, |request| metrics::measured(request, |request| layers.checks.run(request, next))).await
}

/// Middleware of the webhook routes: request context and metrics. It skips authentication and rate limits.
async fn handle_webhook(State(layers): State<Arc<Layers>>, request: Request, next: Next) -> Response {
    layers.context.wrap(request, |request| metrics::measured(request, |request| layers.read_body(request, next))).await
}

async fn measure(request: Request, next: Next) -> Response {
    metrics::measured(request, |request| next.run(request)).await
}

async fn read_body(State(layers): State<Arc<Layers>>, request: Request, next: Next) -> Response {
    layers.read_body(request, next).await
}

/// Answers an unknown path: JSON below the API roots, a page elsewhere.
async fn not_found(page_context: pages::PageContext, request: Request) -> Response {
    if api::is_api_path(request.uri().path()) {
        ApiError::not_found().into_response()
    } else {
        pages::not_found(page_context, request).await
    }
}

/// Answers a known path with an unsupported method. `OPTIONS` gets 204, other methods 405. The router adds `Allow`
/// to either response.
async fn method_not_allowed(method: Method) -> Response {
    if method == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        ApiError::method_not_allowed().into_response()
    }
}
