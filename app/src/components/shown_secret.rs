//! A secret that is shown this once, to be copied by mouse or keyboard.

use leptos::prelude::*;

use crate::components::field::within_textarea;

/// `label` says what it is to who can't see it.
pub(crate) fn shown_secret(label: &'static str, secret: &str) -> AnyView {
    view! {
        <textarea class="secret" readonly rows="2" autocomplete="off" spellcheck="false" aria-label=label>
            {within_textarea(secret)}
        </textarea>
    }
    .into_any()
}
