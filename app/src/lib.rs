//! The user interface: pages rendered on the server, forms that post to server functions, and islands in the browser.
//!
//! The browser build contains only [`islands`]. Pages, components and server functions exist under `ssr`. Forms post
//! to the server functions' URLs, so that they work the same with and without JavaScript.

// The compiler needs this because a page's type nests as deep as its markup.
#![recursion_limit = "256"]

pub mod islands;

#[cfg(feature = "ssr")]
mod actions;
#[cfg(feature = "ssr")]
mod components;
#[cfg(all(test, feature = "ssr"))]
mod fixture;
#[cfg(feature = "ssr")]
pub mod live;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
pub mod request;
#[cfg(feature = "ssr")]
pub mod shell;
#[cfg(feature = "ssr")]
mod wording;

#[cfg(feature = "ssr")]
pub use actions::operator::imports::IMPORTS as IMPORTS_PATH;
#[cfg(feature = "ssr")]
pub use actions::operator::mails::MAILS as MAILS_PATH;
#[cfg(feature = "ssr")]
pub use components::icon::LIVE_ICONS;
#[cfg(feature = "ssr")]
pub use components::page::Footers;
#[cfg(feature = "ssr")]
pub use components::page::script::{Assets, Favicon, Script};
#[cfg(feature = "ssr")]
pub use components::usage::download::PATH as USAGE_CSV_PATH;
#[cfg(feature = "ssr")]
pub use pages::docs::{Documentation, DocumentationSource};
#[cfg(feature = "ssr")]
pub use pages::membership::pricing::PATH as PRICING_PATH;
#[cfg(feature = "ssr")]
#[doc(hidden)]
pub use request::draft::draft_round_trips;
#[cfg(feature = "ssr")]
pub use shell::Page;
