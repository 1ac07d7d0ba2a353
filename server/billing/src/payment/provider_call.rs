//! Measures and traces a call to a provider.

use std::time::Instant;

use domain::subscription::Provider;
use http::StatusCode;
use reqwest::Request;

use crate::{
    metric::PROVIDER_CALL_SECONDS,
    trace::{SpanKind, TraceSpan},
};

/// A call, recorded when it is dropped, also if the caller gives up.
pub(super) struct ProviderCall {
    provider: Provider,
    /// The first part of the path, such as `customers`. The parts after it may be ids.
    resource: String,
    started_at: Instant,
    outcome: &'static str,
    span: TraceSpan,
}

impl ProviderCall {
    /// Begins a call and sets the request's `traceparent`.
    pub(super) fn start(provider: Provider, request: &mut Request) -> Self {
        let resource = resource(request.url().path()).to_owned();
        let span = TraceSpan::start(SpanKind::Client, "provider_call");
        span.set("dues.provider", provider.as_str());
        span.set("dues.resource", resource.clone());
        span.set("http.request.method", request.method().as_str().to_owned());
        span.context().inject(request.headers_mut());
        Self { provider, resource, started_at: Instant::now(), outcome: "cancelled", span }
    }

    /// Notes the status of the response; `None` where there is no response.
    pub(super) fn end(&mut self, status: Option<StatusCode>) {
        self.outcome = outcome(status);
        if let Some(status) = status {
            self.span.set("http.response.status_code", i64::from(status.as_u16()));
        }
        if self.outcome != "ok" {
            self.span.fail();
        }
    }
}

impl Drop for ProviderCall {
    fn drop(&mut self) {
        let resource = std::mem::take(&mut self.resource);
        let (provider, outcome) = (self.provider.as_str(), self.outcome);
        metrics::histogram!(PROVIDER_CALL_SECONDS, "provider" => provider, "resource" => resource, "outcome" => outcome)
            .record(self.started_at.elapsed());
    }
}

/// The first part of a path after the version of the API.
fn resource(path: &str) -> &str {
    path.split('/').skip_while(|part| *part != "v1").nth(1).unwrap_or("other")
}

fn outcome(status: Option<StatusCode>) -> &'static str {
    match status {
        None => "no_answer",
        Some(status) if status.is_success() => "ok",
        Some(StatusCode::TOO_MANY_REQUESTS) => "throttled",
        Some(status) if status.is_server_error() => "fault",
        Some(_) => "refused",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_holds_no_id() {
        assert_eq!(resource("/v1/customers/cus_1/tax_ids"), "customers");
        assert_eq!(resource("/polar/v1/subscriptions/"), "subscriptions");
        assert_eq!(resource("/"), "other");
    }

    #[test]
    fn outcomes_are_told_apart() {
        let of = |code| outcome(StatusCode::from_u16(code).ok());
        assert_eq!([of(200), of(404), of(429), of(503)], ["ok", "refused", "throttled", "fault"]);
        assert_eq!(outcome(None), "no_answer");
    }
}
