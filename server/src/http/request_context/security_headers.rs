//! Security headers on every response; pages bring a policy with a nonce.

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::Response,
};
use billing::Services;

const DENY_ALL: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'");
const TWO_YEARS: HeaderValue = HeaderValue::from_static("max-age=63072000");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
/// Capacity for the headers below and those of the handler.
const EXPECTED_HEADERS: usize = 16;
const PERMISSIONS: HeaderValue = HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=()");

/// The content security policy of pages.
#[derive(Debug)]
pub(in crate::http) struct Policy {
    /// `form-action` sources: also the provider's pages, since Chrome applies the directive to redirects after a form.
    form_action: String,
    is_https: bool,
}

impl Policy {
    pub(in crate::http) fn new(services: &Services) -> Self {
        let hosted = services.provider().hosted_origins();
        let form_action = std::iter::once("'self'".to_owned()).chain(hosted).collect::<Vec<_>>().join(" ");
        Self { form_action, is_https: services.settings().app_url.scheme() == "https" }
    }

    /// The policy of one page. Scripts run by nonce alone; `wasm-unsafe-eval` lets the islands' module be compiled.
    pub(in crate::http) fn for_page(&self, nonce: &str) -> Option<HeaderValue> {
        let form_action = &self.form_action;
        HeaderValue::from_str(&format!(
            "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
             img-src 'self'; connect-src 'self'; form-action {form_action}; base-uri 'none'; frame-ancestors 'none'"
        ))
        .ok()
    }
}

pub(in crate::http) fn set_headers(policy: &Policy, response: &mut Response) {
    let headers = response.headers_mut();
    headers.reserve(EXPECTED_HEADERS);
    let mut set_default = |name: HeaderName, value: HeaderValue| {
        headers.entry(name).or_insert(value);
    };
    set_default(header::CONTENT_SECURITY_POLICY, DENY_ALL);
    set_default(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    set_default(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    // Not `no-referrer`: forms would then send `Origin: null`.
    set_default(header::REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin"));
    set_default(PERMISSIONS_POLICY, PERMISSIONS);
    set_default(CROSS_ORIGIN_OPENER_POLICY, HeaderValue::from_static("same-origin"));
    set_default(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if policy.is_https {
        set_default(header::STRICT_TRANSPORT_SECURITY, TWO_YEARS);
    }
}
