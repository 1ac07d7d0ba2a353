//! Error messages of the fields that create or change an account.

use domain::account::{PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS};

/// Returns the error message for an invalid value of `field`; `None` for an unknown field.
pub(crate) fn mistake(field: &str) -> Option<String> {
    Some(match field {
        "email" => "Write an e-mail address, as ada@example.com".to_owned(),
        "password" => format!(
            "Choose a password of {PASSWORD_MIN_CHARS} to {PASSWORD_MAX_CHARS} characters that is hard to guess, such as several unrelated words"
        ),
        "workspace" => "Choose a name of 80 characters or fewer, without web or e-mail addresses".to_owned(),
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
