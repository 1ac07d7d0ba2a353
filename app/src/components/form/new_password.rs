//! The input for a new password.

use domain::account::{Email, PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS};
use leptos::prelude::*;

use crate::components::form::{field::Field, mistakes::Mistakes};

/// Renders the input. `label` distinguishes it from the current password where a form asks for both.
pub(crate) fn new_password(label: &'static str, mistakes: &Mistakes) -> AnyView {
    let password = Field {
        name: "password",
        label,
        kind: "password",
        autocomplete: "new-password",
        hint: Some(format!("{PASSWORD_MIN_CHARS} characters or more, and not easy to guess. A sentence is fine.")),
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
        label: "E-mail",
        kind: "email",
        autocomplete: "username",
        value: email.to_string(),
        fixed: true,
        ..Field::default()
    };
    view! { {email.view()} {new_password("Password", mistakes)} }.into_any()
}
