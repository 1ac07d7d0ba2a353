//! The frame of the sandbox's pages: plain HTML in the product's style, without scripts.

#![expect(clippy::needless_pass_by_value, reason = "callers build the markup in place")]

pub(crate) mod card_form;
pub(crate) mod hosted;
pub(crate) mod input;
pub(crate) mod same_site;

use std::sync::{Arc, LazyLock};

use axum::{
    Json, Router,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use domain::time::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::json;
use url::Url;

use crate::{page::input::wants_page, storage::World};

const STYLE: &str = include_str!("../../../style/dues.css");

/// The stylesheet's URL. It contains a hash of the content, so the response can be cached forever.
static STYLE_URL: LazyLock<String> = LazyLock::new(|| {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, STYLE.as_bytes());
    let short: String = hex::encode(digest).chars().take(12).collect();
    format!("/style/dues.css?v={short}")
});

const ICONS: &str = r#"<svg class="defs" aria-hidden="true"><symbol id="i-ok" viewBox="0 0 14 14"><path d="M5.2 12L.8 7.4l1.7-1.7 2.7 2.8L11.5 2l1.7 1.7z"/></symbol><symbol id="i-on" viewBox="0 0 14 14"><circle cx="7" cy="7" r="5"/></symbol><symbol id="i-near" viewBox="0 0 14 14"><path d="M7 .8L13.8 13H.2zM6.2 5v4h1.6V5zm0 5v1.6h1.6V10z" fill-rule="evenodd"/></symbol><symbol id="i-stop" viewBox="0 0 14 14"><path d="M4.1 0h5.8L14 4.1v5.8L9.9 14H4.1L0 9.9V4.1zM3 6v2h8V6z" fill-rule="evenodd"/></symbol><symbol id="i-off" viewBox="0 0 14 14"><path d="M7 1.5a5.5 5.5 0 100 11 5.5 5.5 0 000-11zm0 2a3.5 3.5 0 110 7 3.5 3.5 0 010-7z" fill-rule="evenodd"/></symbol></svg>"#;

/// An HTML page, before it becomes a response.
pub(crate) struct Page {
    title: String,
    main: Markup,
    status: StatusCode,
    /// Origins outside the sandbox that a form's redirect may lead to.
    redirect_targets: Vec<String>,
}

impl Page {
    pub(crate) fn new(title: impl Into<String>, main: Markup) -> Self {
        Self { title: title.into(), main, status: StatusCode::OK, redirect_targets: Vec::new() }
    }

    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Allows forms to redirect to the URL's origin: Chrome applies `form-action` to redirects after a post.
    pub(crate) fn allow_redirect_to(mut self, url: Option<&str>) -> Self {
        let origin = url.and_then(|url| Url::parse(&url.replace(['{', '}'], "")).ok()).map(|url| url.origin());
        self.redirect_targets.extend(origin.filter(url::Origin::is_tuple).map(|origin| origin.ascii_serialization()));
        self
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let document = html! {
            (DOCTYPE)
            html lang="en" data-house="sandbox" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (self.title) " · Sandbox" }
                    meta name="color-scheme" content="light dark";
                    link rel="icon" href="data:,";
                    link rel="stylesheet" href=(*STYLE_URL);
                }
                body {
                    (PreEscaped(ICONS))
                    a.skip href="#main" { "Skip to content" }
                    div.page {
                        header { p.test-band { "Test page of the sandbox: no card is charged, no money moves" } }
                        main #main tabindex="-1" { (self.main) }
                        footer.bottom {
                            div.foot {
                                p { "Sandbox" }
                                div { p {
                                    "This page stands in for the payment provider’s own. "
                                    a href="/" { "What the sandbox holds" }
                                } }
                            }
                        }
                    }
                }
            }
        };
        let mut response = (self.status, axum::response::Html(document.into_string())).into_response();
        let policy = format!(
            "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action {}; frame-ancestors 'none'; base-uri 'none'",
            ["'self'".to_owned()].into_iter().chain(self.redirect_targets).collect::<Vec<_>>().join(" ")
        );
        for (name, value) in [
            ("content-security-policy", policy.as_str()),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// The date as `1 Feb 2026`, with non-breaking spaces.
pub(crate) fn date(at: Timestamp) -> String {
    at.date().replace(' ', "\u{a0}")
}

/// Generated text, such as an id, that may wrap after its punctuation.
pub(crate) fn breakable(text: &str) -> Markup {
    html! { @for piece in text.split_inclusive(['/', '.', '_', ':']) { (piece) wbr; } }
}

/// An icon of the page's SVG set.
pub(crate) fn icon(name: &str) -> Markup {
    html! { svg.icon aria-hidden="true" { use href={ "#i-" (name) } {} } }
}

/// A status as icon and word, so that it does not depend on colour. `is` is the `data-is` attribute, which sets the
/// colour.
pub(crate) fn state(is: &str, icon_name: &str, word: &str) -> Markup {
    html! { span.state data-is=(is) { (icon(icon_name)) (word) } }
}

/// A notice box. `is` is its `data-is` attribute, which sets the colour: `ok`, `near` or `stop`.
pub(crate) fn notice(is: &str, icon_name: &str, head: &str, more: Markup) -> Markup {
    html! {
        div.notice data-is=(is) role=[(is == "stop").then_some("alert")] {
            (icon(icon_name))
            div { h2 { (head) } (more) }
        }
    }
}

/// A page's head: `side` in the margin, `body` beside it.
pub(crate) fn entry(side: Markup, body: Markup) -> Markup {
    html! { div.entry { div.side { (side) } div.body { (body) } } }
}

/// A section with its heading in the margin.
pub(crate) fn section(id: &str, head: &str, note: &str, body: Markup) -> Markup {
    html! {
        section.entry aria-labelledby=(id) {
            div.side { div.stick { h2 id=(id) { (head) } @if !note.is_empty() { p.note { (note) } } } }
            div.body { (body) }
        }
    }
}

/// A page that shows only a message.
pub(crate) fn message(status: StatusCode, head: &str, more: Markup) -> Page {
    let body = html! { div.stack { h1 { (head) } (more) } };
    Page::new(head, entry(html! {}, body)).status(status)
}

pub(crate) async fn not_found(headers: HeaderMap) -> Response {
    let head = "There is no page at this address.";
    if wants_page(&headers) {
        message(StatusCode::NOT_FOUND, head, html! { p { a href="/" { "What the sandbox holds" } } }).into_response()
    } else {
        (StatusCode::NOT_FOUND, Json(json!({ "error": head }))).into_response()
    }
}

pub(crate) fn style_route() -> Router<Arc<World>> {
    let style = async || {
        let cached = (header::CACHE_CONTROL, "public, max-age=31536000, immutable");
        ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), cached], STYLE)
    };
    Router::new().route("/style/dues.css", get(style))
}
