//! The title of the document.

use std::sync::{Arc, Mutex, PoisonError};

use leptos::prelude::*;

/// The document's title, a context of each page. The last title that is set while the page is rendered counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct PageTitle(Arc<Mutex<Option<String>>>);

impl PageTitle {
    /// Returns the title that was set; `None` if the page has no frame.
    pub(crate) fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Sets the title of the document that is being rendered.
pub(super) fn set_title(title: String) {
    if let Some(PageTitle(current)) = use_context::<PageTitle>() {
        *current.lock().unwrap_or_else(PoisonError::into_inner) = Some(title);
    }
}
