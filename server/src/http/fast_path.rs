//! Routes metering calls and webhooks around the middlewares that they do not need.
//!
//! The fast path skips the session look-up, compression and the boxed layers in between. Everything else takes the full
//! router. Both apply the same request context, checks and metrics.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use axum::{Router, extract::Request, response::Response, routing::future::RouteFuture};
use billing::identity::api_key;
use tower::Service;

use super::authenticate;
use crate::api;

/// Sends each request to the fast or the full router.
#[derive(Clone)]
pub struct FastPathRouter {
    /// Falls back to `full` for paths that it does not route.
    pub(super) fast: Router,
    pub(super) full: Router,
}

impl Service<Request> for FastPathRouter {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if takes_fast_path(&request) { self.fast.call(request) } else { self.full.call(request) }
    }
}

fn takes_fast_path(request: &Request) -> bool {
    let path = request.uri().path();
    let has_key = || authenticate::bearer(request.headers()).is_some_and(|token| token.starts_with(api_key::PREFIX));
    api::is_webhook(path) || (api::is_metering(path) && has_key())
}
