//! Cross-origin requests of scripts (CORS): the origins of `CORS_ORIGINS` may call the API with a bearer token.
//!
//! Such calls never use the session cookie: it is removed from them, and no response allows credentials. A library's
//! middleware does not suffice: the rules depend on the path, apply to the fast path too and remove cookies.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use billing::service::Settings;
use url::Origin;

use crate::api;

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
/// Request headers that the API reads, and those of tracing. CloudEvents in binary mode put their attributes in
/// `ce-…` headers.
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, content-encoding, idempotency-key, if-none-match, x-tenant-id, \
     x-tenant-external-id, x-request-id, traceparent, tracestate, ce-specversion, ce-id, ce-source, ce-type, \
     ce-subject, ce-time, ce-dataschema, ce-datacontenttype",
);
const EXPOSED_HEADERS: HeaderValue =
    HeaderValue::from_static("etag, retry-after, ratelimit, ratelimit-policy, x-request-id, idempotent-replayed");
/// Two hours: Chromium caches no preflight for longer.
const MAX_AGE_SECS: HeaderValue = HeaderValue::from_static("7200");
const ORIGIN: HeaderValue = HeaderValue::from_static("origin");

/// The origins whose scripts may call the API.
#[derive(Debug)]
pub(in crate::http) struct CorsPolicy {
    /// The origins, as browsers write them in `Origin`.
    origins: Vec<HeaderValue>,
}

/// The policy's decision about one request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CorsDecision {
    /// The request's origin, if it is allowed.
    allowed: Option<HeaderValue>,
    /// Whether the request is the preflight of an allowed origin.
    is_preflight: bool,
}

impl CorsPolicy {
    /// Reads the policy from the settings. Leaves out the installation's own origin: its pages use the session cookie.
    pub(in crate::http) fn new(settings: &Settings) -> Self {
        let own = settings.app_url.origin();
        let listed = settings.browser_access.script_origins.iter().filter(|origin| **origin != own);
        let origins = listed.map(Origin::ascii_serialization);
        Self { origins: origins.filter_map(|origin| HeaderValue::try_from(origin).ok()).collect() }
    }

    /// Returns the decision about a request; `None` if other origins may not call the path, or no origin is allowed.
    /// Removes the cookies of a request from an allowed origin.
    pub(super) fn apply(&self, request: &mut Request) -> Option<CorsDecision> {
        if self.origins.is_empty() || !is_open(request.uri().path()) {
            return None;
        }
        let allowed = sole_origin(request.headers()).filter(|origin| self.origins.contains(origin)).cloned();
        let asks = request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        let is_preflight = allowed.is_some() && request.method() == Method::OPTIONS && asks;
        if allowed.is_some() {
            // Browsers send the session cookie with requests of the same site, such as those of a sibling subdomain.
            request.headers_mut().remove(header::COOKIE);
        }
        Some(CorsDecision { allowed, is_preflight })
    }
}

impl CorsDecision {
    /// The response to a preflight; `None` for any other request. It depends on no caller: preflights carry no
    /// credentials.
    pub(super) fn preflight_response(&self) -> Option<Response> {
        let headers = [
            (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS),
            (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECS),
        ];
        self.is_preflight.then(|| (StatusCode::NO_CONTENT, headers).into_response())
    }

    /// Lets an allowed origin read the response. Sets `Vary: Origin` for every origin, so that a cache does not mix up
    /// their responses.
    pub(super) fn set_headers(self, response: &mut Response) {
        let headers = response.headers_mut();
        headers.append(header::VARY, ORIGIN);
        if let Some(origin) = self.allowed {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            if !self.is_preflight {
                headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
            }
        }
    }
}

/// The request's `Origin`; `None` if it has none or several.
fn sole_origin(headers: &HeaderMap) -> Option<&HeaderValue> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let origin = origins.next()?;
    origins.next().is_none().then_some(origin)
}

/// Whether scripts of other origins may call the path: `/api/v1`, `/billing` and `/tenant`, without the webhooks of
/// providers.
fn is_open(path: &str) -> bool {
    let mut segments = path.split('/').skip(1);
    let is_below_root = match segments.next() {
        Some("api") => segments.next() == Some("v1"),
        Some("billing" | "tenant") => true,
        _ => false,
    };
    is_below_root && !api::is_webhook(path)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use rstest::rstest;

    use super::*;

    const APP: &str = "https://app.example.com";

    fn policy() -> CorsPolicy {
        CorsPolicy { origins: vec![HeaderValue::from_static(APP)] }
    }

    fn request(method: Method, path: &str, headers: &[(&str, &str)]) -> Request {
        let request = Request::builder().method(method).uri(path);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.body(Body::empty()).unwrap()
    }

    #[test]
    fn only_the_api_is_open_to_scripts() {
        for path in ["/api/v1/auth/me", "/billing/plans", "/tenant/secrets", "/api/v1/nothing", "/billing"] {
            assert!(is_open(path), "{path}");
        }
        for path in [
            "/",
            "/membership",
            "/rpc/login",
            "/live/usage",
            "/pricing",
            "/api",
            "/api/v2/x",
            "/billings",
            "/api/v1/billing/webhook",
            "/billing/webhook/polar",
            "/webhooks/billing/stripe",
            "/openapi.json",
        ] {
            assert!(!is_open(path), "{path}");
        }
    }

    #[test]
    fn requests_of_an_allowed_origin_lose_their_cookies() {
        let mut sent = request(Method::GET, "/billing/plans", &[("origin", APP), ("cookie", "a=1"), ("cookie", "b=2")]);
        assert!(policy().apply(&mut sent).unwrap().allowed.is_some());
        assert!(!sent.headers().contains_key(header::COOKIE));
    }

    #[rstest]
    #[case(&[])]
    #[case(&["null"])]
    #[case(&["http://app.example.com"])]
    #[case(&["https://app.example.com:8443"])]
    #[case(&["https://app.example.com/"])]
    #[case(&["https://APP.example.com"])]
    #[case(&["https://app.example.com.evil.test"])]
    #[case(&["https://app.example.com", "https://app.example.com"])]
    fn any_other_origin_is_not_allowed(#[case] origins: &[&str]) {
        let headers: Vec<_> = origins.iter().map(|origin| ("origin", *origin)).chain([("cookie", "a=1")]).collect();
        let mut sent = request(Method::GET, "/billing/plans", &headers);
        let decision = policy().apply(&mut sent).unwrap();
        assert_eq!(decision.allowed, None);
        assert!(sent.headers().contains_key(header::COOKIE), "pages of this installation keep their session");
        let mut response = StatusCode::OK.into_response();
        decision.set_headers(&mut response);
        assert_eq!(response.headers().len(), 1, "only Vary: {:?}", response.headers());
    }

    #[test]
    fn preflight_is_an_options_request_that_asks_for_a_method() {
        let asks = [("origin", APP), ("access-control-request-method", "POST")];
        let is_preflight = |method, headers| {
            let mut sent = request(method, "/billing/plans", headers);
            policy().apply(&mut sent).unwrap().preflight_response().is_some()
        };
        assert!(is_preflight(Method::OPTIONS, &asks));
        assert!(!is_preflight(Method::OPTIONS, &[("origin", APP)]));
        assert!(!is_preflight(Method::OPTIONS, &[("access-control-request-method", "POST")]));
        assert!(!is_preflight(Method::GET, &asks));
    }

    #[test]
    fn without_allowed_origins_nothing_changes() {
        let mut sent = request(Method::GET, "/billing/plans", &[("origin", APP), ("cookie", "a=1")]);
        assert_eq!(CorsPolicy { origins: Vec::new() }.apply(&mut sent), None);
        assert!(sent.headers().contains_key(header::COOKIE));
    }
}
