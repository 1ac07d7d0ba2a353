//! The input for a second factor's code.

use leptos::prelude::*;

use crate::components::form::field::Field;

pub(crate) fn code_field(hint: &str, suspect: bool) -> AnyView {
    Field {
        name: "code",
        label: "Code",
        kind: "text",
        autocomplete: "one-time-code",
        hint: Some(hint.to_owned()),
        suspect,
        max_chars: Some(32),
        ..Field::default()
    }
    .view()
}
