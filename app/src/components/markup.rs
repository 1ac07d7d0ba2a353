//! Markup in views. Parts of pages with many elements and no interaction are markup: a view of as many elements takes
//! several times as long to render.

use leptos::{prelude::*, tachys::html::InertElement};
use maud::Markup;

/// Returns markup as a view.
pub(crate) fn markup_view(markup: Markup) -> AnyView {
    InertElement::new(markup.into_string()).into_any()
}
