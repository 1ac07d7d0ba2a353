//! The span of a request in a trace, which the `traceparent` of the client continues.

use axum::{
    extract::MatchedPath,
    http::{Request, StatusCode},
};
use billing::trace::{SpanKind, TRACEPARENT, TraceContext, TraceSpan};

use crate::http::metrics::method_label;

/// Starts the span of a request. Its name is the method and the route: the path itself may hold ids and tokens.
pub(super) fn start<B>(request: &Request<B>) -> TraceSpan {
    let method = method_label(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
    let parent = request.headers().get(TRACEPARENT).and_then(|value| value.to_str().ok());
    let parent = TraceContext::from_traceparent(parent);
    let span = TraceSpan::start_in(&parent, SpanKind::Server, format!("{method} {route}"));
    span.set("http.request.method", method);
    span.set("http.route", route.to_owned());
    span
}

pub(super) fn set_status(span: &TraceSpan, status: StatusCode) {
    span.set("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.fail();
    }
}
