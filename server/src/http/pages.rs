//! The pages of `app`, and the server functions that their forms post to.

mod compact;
mod encode;
pub(super) mod files;
mod mail_preview;

use std::sync::Arc;

use app::{
    DocumentationSource, Footers, MAILS_PATH, PRICING_PATH,
    request::portal::{PORTAL_LINKS, PortalEnded, session_cookie},
};
use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderMap, Uri, header, request::Parts},
    middleware::from_fn,
    response::{IntoResponse, Response},
};
use billing::{
    Services,
    service::{PageFailure, ServiceError, tenant::installation::portal::PortalViewer},
};
use domain::account::{Account, Viewer};
use leptos::{config::LeptosOptions, nonce::use_nonce, prelude::*};
use leptos_axum::{LeptosRoutes, ResponseOptions, generate_route_list, render_app_async_with_context};

use self::{
    encode::{accepts_gzip, encode_page, encode_pages},
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
    footers: Footers,
}

impl PageContext {
    pub(super) fn new(services: &Services, policy: &Arc<Policy>, documentation: DocumentationSource) -> Self {
        let (services, policy) = (services.clone(), policy.clone());
        Self { services, policy, documentation, footers: Footers::default() }
    }

    fn provide(&self) {
        provide_context(self.services.clone());
        provide_context(assets::assets(&self.services.settings().brand));
        provide_context(self.documentation);
        provide_context(self.footers.clone());
        let request = use_context::<Parts>();
        let is_embeddable = request.as_ref().is_some_and(|request| self.is_embeddable(request));
        let frames = request.as_ref().map_or(Frames::None, |request| frames_of(&request.uri));
        let header = use_nonce().and_then(|nonce| self.policy.for_page(&nonce, is_embeddable, frames));
        if let (Some(header), Some(response)) = (header, use_context::<ResponseOptions>()) {
            response.insert_header(header::CONTENT_SECURITY_POLICY, header);
        }
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
    let context = context.clone();
    Router::new()
        .leptos_routes_with_context(&options, generate_route_list(app::App), move || context.provide(), app::shell)
        .layer(from_fn(encode_pages))
        .with_state(options)
        .merge(mail_preview::routes())
}

/// Renders the page of an unknown path.
pub(super) async fn not_found(context: PageContext, request: Request) -> Response {
    rendered(context, request).await
}

/// Renders the page of the request's path, whatever its method.
pub(super) async fn rendered(context: PageContext, request: Request) -> Response {
    let accepts_gzip = accepts_gzip(request.headers());
    let page = render_app_async_with_context(move || context.provide(), app::shell)(request).await;
    encode_page(page.into_response(), accepts_gzip).await
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
