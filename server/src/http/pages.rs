//! The pages of `app`, and the server functions that their forms post to.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderMap, Uri, header},
    response::{IntoResponse, Response},
};
use billing::{
    Services,
    service::{Breakdown, ServiceError},
};
use leptos::{config::LeptosOptions, nonce::use_nonce, prelude::*};
use leptos_axum::{LeptosRoutes, ResponseOptions, generate_route_list, render_app_async_with_context};

use super::{assets, security_headers::Policy};

/// Any page that tells a breakdown.
const ERROR_PAGE: &str = "/membership";

/// What every page and server function finds beside its request.
#[derive(Clone)]
pub(super) struct PageContext {
    services: Services,
    policy: Arc<Policy>,
}

impl PageContext {
    pub(super) fn new(services: &Services, policy: &Arc<Policy>) -> Self {
        Self { services: services.clone(), policy: policy.clone() }
    }

    fn provide(&self) {
        provide_context(self.services.clone());
        provide_context(assets::assets());
        let header = use_nonce().and_then(|nonce| self.policy.for_page(&nonce));
        if let (Some(header), Some(response)) = (header, use_context::<ResponseOptions>()) {
            response.insert_header(header::CONTENT_SECURITY_POLICY, header);
        }
    }
}

pub(super) fn routes(context: &PageContext) -> Router<Services> {
    let options = LeptosOptions::builder().output_name("dues").build();
    let context = context.clone();
    Router::new()
        .leptos_routes_with_context(&options, generate_route_list(app::App), move || context.provide(), app::shell)
        .with_state(options)
}

/// The page that says that there is none.
pub(super) async fn not_found(context: PageContext, request: Request) -> Response {
    render_app_async_with_context(move || context.provide(), app::shell)(request).await.into_response()
}

/// The page that says that something broke on our side, for a request that asked for any page.
pub(super) async fn internal_error(context: PageContext, headers: HeaderMap) -> Response {
    error_page(context, headers, ServiceError::Internal("a page does not panic")).await
}

/// The page that says that too many were loaded.
pub(super) async fn too_many_requests(context: PageContext, headers: HeaderMap, retry_after_secs: i64) -> Response {
    error_page(context, headers, ServiceError::Throttled { retry_after_secs }).await
}

async fn error_page(context: PageContext, headers: HeaderMap, error: ServiceError) -> Response {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = Uri::from_static(ERROR_PAGE);
    *request.headers_mut() = headers;
    request.extensions_mut().insert(Breakdown(Arc::new(error)));
    not_found(context, request).await
}
