//! The pages of `app`, and the server functions that their forms post to.

mod compact;
mod encode;
pub(super) mod files;
mod mail_preview;

use std::sync::{Arc, PoisonError};

use app::{
    Assets, DocumentationSource, Footers, MAILS_PATH, PRICING_PATH, Page,
    request::portal::{PORTAL_LINKS, PortalEnded, session_cookie},
};
use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderMap, Uri, header, request::Parts},
    response::Response,
    routing::get,
};
use billing::{
    Services,
    service::{PageFailure, ServiceError, tenant::installation::portal::PortalViewer},
};
use domain::account::{Account, Viewer};
use leptos::{
    config::LeptosOptions,
    nonce::{provide_nonce, use_nonce},
    prelude::provide_context,
};
use leptos_axum::{LeptosRoutes, ResponseOptions, ResponseParts};

use self::{
    encode::{accepts_gzip, encoded_page},
    files::assets,
};
use super::request_context::security_headers::{Frames, Policy};

/// The path whose page is rendered for an error. The page shows the [`PageFailure`] in place of its content.
const ERROR_PAGE: &str = "/membership";

/// Context of every page and server function.
#[derive(Clone)]
pub(super) struct PageContext {
    services: Services,
    policy: Arc<Policy>,
    documentation: DocumentationSource,
    assets: Arc<Assets>,
    footers: Footers,
}

impl PageContext {
    pub(super) fn new(services: &Services, policy: &Arc<Policy>, documentation: DocumentationSource) -> Self {
        let assets = Arc::new(assets::assets(&services.settings().brand));
        let (services, policy) = (services.clone(), policy.clone());
        Self { services, policy, documentation, assets, footers: Footers::default() }
    }

    fn provide(&self) {
        provide_context(self.services.clone());
        provide_context(self.assets.clone());
        provide_context(self.documentation);
        provide_context(self.footers.clone());
    }

    /// Whether sites of `EMBED_ORIGINS` may frame the page. They may frame the public pricing page, and the pages of a
    /// portal session if the request is not signed in to an account.
    fn is_embeddable(&self, Parts { uri, headers, extensions, .. }: &Parts) -> bool {
        let settings = self.services.settings();
        let access = &settings.browser_access;
        if !access.allows_embedding() {
            return false;
        }
        let has_account = extensions.get::<Viewer>().is_some() || extensions.get::<Account>().is_some();
        let is_of_portal = extensions.get::<PortalViewer>().is_some()
            || extensions.get::<PortalEnded>().is_some()
            || uri.path().starts_with(PORTAL_LINKS)
            // The portal session could not be read: the frame shows the error page.
            || extensions.get::<PageFailure>().is_some()
                && session_cookie(headers, settings.app_url.scheme() == "https").is_some();
        let is_pricing = access.public_plans && uri.path() == PRICING_PATH;
        is_pricing || (is_of_portal && !has_account)
    }
}

/// Returns what the page may show in a frame: the page of a mail shows its HTML.
fn frames_of(uri: &Uri) -> Frames {
    let is_of_mail = uri.path().strip_prefix(MAILS_PATH).is_some_and(|rest| rest.starts_with('/'));
    if is_of_mail { Frames::OwnDocuments } else { Frames::None }
}

pub(super) fn routes(context: &PageContext) -> Router<Services> {
    let options = LeptosOptions::builder().output_name("dues").build();
    let server_functions = {
        let context = context.clone();
        // Without routes of pages.
        Router::new().leptos_routes_with_context(&options, Vec::new(), move || context.provide(), || ())
    };
    let pages = Page::all().fold(Router::<Services>::new(), |router, page| {
        let context = context.clone();
        router.route(page.path(), get(move |request: Request| render(context, page, request)))
    });
    server_functions.with_state(options).merge(pages).merge(mail_preview::routes())
}

/// Renders the page of an unknown path.
pub(super) async fn not_found(context: PageContext, request: Request) -> Response {
    rendered(context, request).await
}

/// Renders the page of the request's path, whatever its method.
pub(super) async fn rendered(context: PageContext, request: Request) -> Response {
    let page = Page::of_path(request.uri().path());
    render(context, page, request).await
}

async fn render(context: PageContext, page: Page, request: Request) -> Response {
    let accepts_gzip = accepts_gzip(request.headers());
    let (request, _) = request.into_parts();
    let (is_embeddable, frames) = (context.is_embeddable(&request), frames_of(&request.uri));
    let options = ResponseOptions::default();
    let provide_contexts = || {
        context.provide();
        provide_context(options.clone());
        provide_nonce();
        if let Some(policy) = use_nonce().and_then(|nonce| context.policy.for_page(&nonce, is_embeddable, frames)) {
            options.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
    };
    let html = page.render(request, provide_contexts).await;
    let mut response = encoded_page(&html, accepts_gzip);
    let ResponseParts { status, headers } =
        std::mem::take(&mut *options.0.write().unwrap_or_else(PoisonError::into_inner));
    if let Some(status) = status {
        *response.status_mut() = status;
    }
    response.headers_mut().extend(headers);
    response
}

/// Renders the page for an internal error. With a `portal` session, the page links back to the product.
pub(super) async fn internal_error(context: PageContext, headers: HeaderMap, portal: Option<PortalViewer>) -> Response {
    error_page(context, headers, portal, ServiceError::Internal("panic while rendering a page")).await
}

/// Renders the page for an unavailable database. With a `portal` session, the page links back to the product.
pub(super) async fn unavailable(context: PageContext, headers: HeaderMap, portal: Option<PortalViewer>) -> Response {
    error_page(context, headers, portal, ServiceError::Unavailable).await
}

/// Renders the page for too many requests. With a `portal` session, the page links back to the product.
pub(super) async fn too_many_requests(
    context: PageContext,
    headers: HeaderMap,
    portal: Option<PortalViewer>,
    retry_after_secs: i64,
) -> Response {
    error_page(context, headers, portal, ServiceError::Throttled { retry_after_secs }).await
}

async fn error_page(
    context: PageContext,
    headers: HeaderMap,
    portal: Option<PortalViewer>,
    error: ServiceError,
) -> Response {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = Uri::from_static(ERROR_PAGE);
    *request.headers_mut() = headers;
    request.extensions_mut().insert(PageFailure(Arc::new(error)));
    if let Some(portal) = portal {
        request.extensions_mut().insert(portal);
    }
    not_found(context, request).await
}
