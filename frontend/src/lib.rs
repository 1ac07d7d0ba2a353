//! What runs in the browser: wakes the islands of a page that the server rendered. Everything else on the page stays
//! as it came; `start.js` calls `hydrate` and then every island on the page by its name.

// An island is exported from the wasm only if this crate names the one that defines it.
#[allow(unused_imports, reason = "no item of it is called from Rust: JavaScript calls the islands it exports")]
use app::*;
use wasm_bindgen::prelude::wasm_bindgen;

/// Prepares the reactive runtime. Call once, before any island.
#[wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
