//! A secret that is displayed once, for copying.

use std::borrow::Cow;

use leptos::prelude::*;

use crate::components::form::field::within_textarea;

/// Renders a read-only text. `label` is its accessible name.
pub(crate) fn shown_secret(label: Cow<'static, str>, secret: &str) -> AnyView {
    view! {
        <textarea class="secret" readonly rows="2" autocomplete="off" spellcheck="false" aria-label=label>
            {within_textarea(secret)}
        </textarea>
    }
    .into_any()
}
