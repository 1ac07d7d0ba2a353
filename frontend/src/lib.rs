//! The wasm entry point: hydrates the islands of a page that the server rendered. `start.js` calls `hydrate`, then the
//! exported function of every island on the page. The rest of the page is static HTML.

// Islands are exported from the wasm only if this crate imports the crate that defines them.
#[allow(unused_imports, reason = "JavaScript calls the islands, Rust does not")]
use app::*;
use wasm_bindgen::prelude::wasm_bindgen;

/// Initializes the reactive runtime. Call once, before any island.
#[wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
