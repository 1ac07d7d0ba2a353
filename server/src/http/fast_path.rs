//! The way in: short for what a product asks before each of its operations and for what providers tell, whole for all else.
//!
//! Both ways do the same to a request and its answer. The short one leaves out what such a request has no use for: looking for
//! a session, compressing a hundred bytes, and every box in between.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use axum::{Router, extract::Request, response::Response, routing::future::RouteFuture};
use billing::identity::api_key;
use tower::Service;

use super::authenticate;

const METERING: [&str; 2] = ["/api/v1/billing/features/", "/api/v1/billing/consume"];
const EVENTS: &str = "/api/v1/usage/events";
const WEBHOOKS: [&str; 3] = ["/api/v1/billing/webhook", "/webhooks/", "/billing/webhook/"];

#[derive(Clone)]
pub struct FastPathRouter {
    /// What it does not know, it leads to the whole one.
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
    let begins = |with: &[&str]| with.iter().any(|with| path.starts_with(with));
    let has_key = || authenticate::bearer(request.headers()).is_some_and(|token| token.starts_with(api_key::PREFIX));
    begins(&WEBHOOKS) || (begins(&METERING) || path == EVENTS) && has_key()
}
