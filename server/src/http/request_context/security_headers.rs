//! Security headers on every response; pages bring a policy with a nonce.

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::Response,
};
use billing::Services;
use url::Origin;

const DENY_ALL: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'");
const UNFRAMEABLE: &str = "frame-ancestors 'none'";
const TWO_YEARS: HeaderValue = HeaderValue::from_static("max-age=63072000");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
/// Capacity for the headers below and those of the handler.
const EXPECTED_HEADERS: usize = 16;
const PERMISSIONS: HeaderValue = HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=()");

/// What a page may show in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Frames {
    None,
    /// Documents of this installation.
    OwnDocuments,
}

/// The content security policy of pages.
#[derive(Debug)]
pub(in crate::http) struct Policy {
    /// `form-action` sources: also the provider's pages, since Chrome applies the directive to redirects after a form.
    form_action: String,
    /// `frame-ancestors` with the sites that may frame embeddable pages; `None` for no such site.
    embedders: Option<String>,
    is_https: bool,
}

impl Policy {
    pub(in crate::http) fn new(services: &Services) -> Self {
        let hosted = services.provider().hosted_origins();
        let form_action = std::iter::once("'self'".to_owned()).chain(hosted).collect::<Vec<_>>().join(" ");
        let access = &services.settings().browser_access;
        let origins = access.embed_origins.iter().map(Origin::ascii_serialization).collect::<Vec<_>>().join(" ");
        let embedders = access.allows_embedding().then(|| format!("frame-ancestors {origins}"));
        Self { form_action, embedders, is_https: services.settings().app_url.scheme() == "https" }
    }

    /// The policy of one page. Scripts run by nonce alone; `wasm-unsafe-eval` lets the islands' module be compiled.
    /// Sites of `EMBED_ORIGINS` may frame a page that `is_embeddable`.
    pub(in crate::http) fn for_page(&self, nonce: &str, is_embeddable: bool, frames: Frames) -> Option<HeaderValue> {
        let form_action = &self.form_action;
        let frame_src = match frames {
            Frames::None => "",
            Frames::OwnDocuments => "frame-src 'self'; ",
        };
        let embedders = self.embedders.as_deref().filter(|_| is_embeddable).unwrap_or(UNFRAMEABLE);
        HeaderValue::from_str(&format!(
            "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
             img-src 'self'; connect-src 'self'; {frame_src}form-action {form_action}; base-uri 'none'; {embedders}"
        ))
        .ok()
    }

    /// Whether a policy of [`Self::for_page`] lets other sites frame the page.
    fn is_embeddable(&self, policy: &HeaderValue) -> bool {
        self.embedders.as_deref().is_some_and(|embedders| policy.as_bytes().ends_with(embedders.as_bytes()))
    }
}

pub(in crate::http) fn set_headers(policy: &Policy, response: &mut Response) {
    let headers = response.headers_mut();
    headers.reserve(EXPECTED_HEADERS);
    let is_embeddable = headers.get(header::CONTENT_SECURITY_POLICY).is_some_and(|sent| policy.is_embeddable(sent));
    let mut set_default = |name: HeaderName, value: HeaderValue| {
        headers.entry(name).or_insert(value);
    };
    set_default(header::CONTENT_SECURITY_POLICY, DENY_ALL);
    set_default(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // `X-Frame-Options` can't list origins, so it is left out where `frame-ancestors` lists some.
    if !is_embeddable {
        set_default(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    }
    // Not `no-referrer`: forms would then send `Origin: null`.
    set_default(header::REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin"));
    set_default(PERMISSIONS_POLICY, PERMISSIONS);
    set_default(CROSS_ORIGIN_OPENER_POLICY, HeaderValue::from_static("same-origin"));
    set_default(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if policy.is_https {
        set_default(header::STRICT_TRANSPORT_SECURITY, TWO_YEARS);
    }
}
