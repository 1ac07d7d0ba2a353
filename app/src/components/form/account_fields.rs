//! Error messages of the fields that create or change an account.

use std::borrow::Cow;

use domain::account::{PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS};
use locales::text;

/// Returns the error message for an invalid value of `field`; `None` for an unknown field.
pub(crate) fn mistake(field: &str) -> Option<Cow<'static, str>> {
    Some(match field {
        "email" => text!(form_wrong_email),
        "password" => text!(form_wrong_password, min = PASSWORD_MIN_CHARS, max = PASSWORD_MAX_CHARS),
        "workspace" => text!(form_wrong_workspace),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::form::mistakes::assert_messages;

    #[test]
    fn each_form_field_has_an_error_message() {
        assert_messages(&["email", "password", "workspace"], mistake);
    }
}
