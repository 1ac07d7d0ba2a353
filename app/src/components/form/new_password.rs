//! The input for a new password.

use std::borrow::Cow;

use domain::account::{Email, PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS};
use leptos::prelude::*;
use locales::text;

use crate::components::form::{field::Field, mistakes::Mistakes};

/// Renders the input. `label` distinguishes it from the current password where a form asks for both.
pub(crate) fn new_password(label: impl Into<Cow<'static, str>>, mistakes: &Mistakes) -> AnyView {
    let password = Field {
        name: "password",
        label: label.into(),
        kind: "password",
        autocomplete: "new-password",
        hint: Some(text!(form_password_hint, min = PASSWORD_MIN_CHARS)),
        wrong: mistakes.of("password"),
        min_chars: Some(PASSWORD_MIN_CHARS),
        max_chars: Some(PASSWORD_MAX_CHARS),
        ..Field::default()
    };
    password.view()
}

/// Like [`new_password`], below the read-only address, so that password managers store both together.
pub(crate) fn new_password_for(email: &Email, mistakes: &Mistakes) -> AnyView {
    let email = Field {
        name: "email",
        label: text!(form_email),
        kind: "email",
        autocomplete: "username",
        value: email.to_string(),
        fixed: true,
        ..Field::default()
    };
    view! { {email.view()} {new_password(text!(form_password), mistakes)} }.into_any()
}
