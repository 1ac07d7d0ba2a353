//! URLs of the style sheets, of the icon, and of the script that hydrates islands.

use std::sync::Arc;

use leptos::{html, nonce::use_nonce, prelude::*};

/// Empty data of the islands, which leptos reads when it hydrates. Islands get no data from the server.
const NO_DATA: &str = concat!(
    "__RESOLVED_RESOURCES=[];",
    "__SERIALIZED_ERRORS=[];",
    "__PENDING_RESOURCES=[];",
    "__RESOURCE_RESOLVERS=[];",
    "__INCOMPLETE_CHUNKS=[];",
);

/// URLs of static assets; the server provides them as a context, in an `Arc`.
#[derive(Clone, Debug)]
pub struct Assets {
    /// URL of the style sheet.
    pub css: String,
    /// URL of the style sheet that overrides the accent color; `None` without an accent of the installation.
    pub brand_css: Option<String>,
    pub favicon: Favicon,
    /// Script that hydrates islands. Pages work without it.
    pub script: Option<Script>,
}

/// The icon of pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Favicon {
    pub path: String,
    pub content_type: &'static str,
}

impl Default for Favicon {
    fn default() -> Self {
        Self { path: "/style/favicon.svg".to_owned(), content_type: "image/svg+xml" }
    }
}

/// URLs of the JavaScript module and of the wasm that it loads.
#[derive(Clone, Debug)]
pub struct Script {
    pub js: String,
    pub wasm: String,
}

/// Renders the script that hydrates the page's islands. Pages without it load no script.
pub(crate) fn hydration_script() -> Option<AnyView> {
    let Script { js, wasm } = use_context::<Arc<Assets>>()?.script.clone()?;
    let nonce = use_nonce();
    let preload = html::link()
        .rel("preload")
        .href(wasm)
        .attr("as", "fetch")
        .attr("type", "application/wasm")
        .attr("crossorigin", "anonymous");
    // The content security policy also requires the nonce on module preloads.
    Some(
        view! {
            <link rel="modulepreload" href=js.clone() nonce=nonce.clone()/>
            {preload}
            <script nonce=nonce.clone() inner_html=NO_DATA></script>
            <script type="module" src=js nonce=nonce></script>
        }
        .into_any(),
    )
}
