//! The input for a second factor's code.

use std::borrow::Cow;

use leptos::prelude::*;
use locales::text;

use crate::components::form::field::Field;

pub(crate) fn code_field(hint: impl Into<Cow<'static, str>>, suspect: bool) -> AnyView {
    Field {
        name: "code",
        label: text!(form_code),
        kind: "text",
        autocomplete: "one-time-code",
        hint: Some(hint.into()),
        suspect,
        max_chars: Some(32),
        ..Field::default()
    }
    .view()
}
