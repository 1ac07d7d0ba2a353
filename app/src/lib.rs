//! What a browser sees: pages rendered on the server, forms that post to server functions, and islands that wake in the
//! browser.
//!
//! Only [`islands`] is compiled for the browser. Pages, their parts and the server functions exist under `ssr`: a form
//! reaches a server function by its address, so that there is one way in, with JavaScript and without.

// A page is one type, as deep as its markup.
#![recursion_limit = "256"]

pub mod islands;

#[cfg(feature = "ssr")]
mod actions;
#[cfg(feature = "ssr")]
mod components;
#[cfg(feature = "ssr")]
mod cookie;
#[cfg(feature = "ssr")]
mod draft;
#[cfg(feature = "ssr")]
pub mod drawn_for;
#[cfg(all(test, feature = "ssr"))]
mod fixture;
#[cfg(feature = "ssr")]
pub mod live;
#[cfg(feature = "ssr")]
mod local_path;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
mod request;
#[cfg(feature = "ssr")]
pub mod shell;
#[cfg(feature = "ssr")]
mod shown_once;
#[cfg(feature = "ssr")]
mod wording;

#[cfg(feature = "ssr")]
#[doc(hidden)]
pub use draft::draft_comes_back;
#[cfg(feature = "ssr")]
pub use shell::{App, Assets, Script, shell};
