//! Texts with a copy button: keys, links, ids and commands.

use leptos::prelude::*;
use locales::text;

use crate::{components::page::script::hydration_script, islands::copy_buttons::CopyButtons};

/// Renders the button that copies the text beside it. `what` names that text for screen readers. The button stays
/// hidden without [`copying`] on the page, and without JavaScript, where the text is selected instead.
pub(crate) fn copy_button(what: impl AsRef<str>) -> AnyView {
    view! {
        <button
            type="button"
            class="button small"
            data-copy=""
            data-copied=text!(form_copied)
            data-failed=text!(form_copy_failed)
            aria-live="polite"
            hidden
        >
            {text!(form_copy)}
            <span class="unseen">{format!(" {}", what.as_ref())}</span>
        </button>
    }
    .into_any()
}

/// Renders what makes the copy buttons of the page work. A page may have it several times.
pub(crate) fn copying() -> AnyView {
    view! { <CopyButtons/> {hydration_script()} }.into_any()
}

/// Renders an id with its copy button.
pub(crate) fn copied_id(what: impl AsRef<str>, id: &str) -> AnyView {
    view! { <span class="copy"><code class="breaking">{id.to_owned()}</code>{copy_button(what)}</span> }.into_any()
}
