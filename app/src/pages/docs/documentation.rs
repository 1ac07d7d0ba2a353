//! The API reference and the search index, built from the API document.

use std::sync::LazyLock;

use leptos::prelude::use_context;

use super::{articles::ARTICLES, reference::document::Reference, search::index::Index};

/// The API reference, and the index of all pages.
#[derive(Debug)]
pub struct Documentation {
    pub(super) reference: Reference,
    pub(super) index: Index,
}

impl Documentation {
    /// Builds the documentation from the `OpenAPI` document as JSON. For text that is not JSON the reference is empty.
    pub fn new(openapi: &str) -> Self {
        let reference = Reference::parse(openapi);
        let index = Index::new(&ARTICLES, &reference);
        Self { reference, index }
    }
}

/// The documentation, built at its first use; the server provides it as a context.
#[derive(Clone, Copy)]
pub struct DocumentationSource(pub &'static LazyLock<Documentation>);

/// Returns the documentation; `None` only while the router lists its routes.
pub(super) fn documentation() -> Option<&'static Documentation> {
    let DocumentationSource(source) = use_context()?;
    Some(LazyLock::force(source))
}
