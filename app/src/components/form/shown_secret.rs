//! A secret that is displayed once, for copying.

use std::borrow::Cow;

use leptos::prelude::*;

use crate::components::{
    copy::{copy_button, copying},
    form::field::within_textarea,
};

/// Renders a read-only text and its copy button. `label` is its accessible name.
pub(crate) fn shown_secret(label: Cow<'static, str>, secret: &str) -> AnyView {
    let button = copy_button(&label);
    view! {
        <div class="copy">
            <textarea class="secret" readonly rows="2" autocomplete="off" spellcheck="false" aria-label=label>
                {within_textarea(secret)}
            </textarea>
            {button}
        </div>
        {copying()}
    }
    .into_any()
}
