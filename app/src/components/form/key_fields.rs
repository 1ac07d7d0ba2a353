//! Parts of the forms that create a key, and of the lists of keys.

use std::borrow::Cow;

use domain::{tenant::scope::Scope, time::Timestamp};
use leptos::prelude::*;
use locales::text;

use crate::{
    components::{
        form::{field::Field, mistakes::Mistakes},
        icon::{Tone, state},
    },
    request::draft::Draft,
    wording::day,
};

/// Names of the fields in the forms that create a key.
pub(crate) const FIELDS: [&str; 4] = ["name", "scopes", "expiresAt", "from"];

/// Returns the error message for an invalid value of `field`; `None` for an unknown field.
pub(crate) fn mistake(field: &str) -> Option<Cow<'static, str>> {
    Some(match field {
        "name" => text!(keys_name_wrong),
        "scopes" => text!(keys_scopes_wrong),
        "expiresAt" => text!(keys_expiry_wrong),
        "from" => text!(keys_networks_wrong),
        _ => return None,
    })
}

/// Renders the day on which a key expires: the day of `end`, or that it never expires.
pub(crate) fn expiry(end: Option<Timestamp>, is_expired: bool) -> AnyView {
    match end {
        None => text!(keys_never_expires).into_any(),
        Some(end) if is_expired => state(Tone::Off, text!(keys_expired, day = day(end))).into_any(),
        Some(end) => view! { <span class="nowrap">{day(end)}</span> }.into_any(),
    }
}

/// Describes what a scope allows.
pub(crate) fn meaning(scope: Scope) -> Cow<'static, str> {
    match scope {
        Scope::Read => text!(keys_scope_read),
        Scope::Usage => text!(keys_scope_usage),
        Scope::Billing => text!(keys_scope_billing),
        Scope::Secrets => text!(keys_scope_secrets),
    }
}

/// Returns the field for a key's name.
pub(crate) fn name(hint: Cow<'static, str>, mistakes: &Mistakes, draft: &Draft) -> Field {
    Field {
        name: "name",
        label: text!(keys_name),
        kind: "text",
        autocomplete: "off",
        hint: Some(hint),
        wrong: mistakes.of("name"),
        value: draft.value("name"),
        max_chars: Some(80),
        ..Field::default()
    }
}

/// Returns the field for the last day that a key works.
pub(crate) fn last_day(mistakes: &Mistakes, draft: &Draft) -> Field {
    Field {
        name: "expiresAt",
        label: text!(keys_expiry),
        kind: "date",
        autocomplete: "off",
        hint: Some(text!(keys_expiry_hint)),
        wrong: mistakes.of("expiresAt"),
        value: draft.value("expiresAt"),
        optional: true,
        ..Field::default()
    }
}

/// Returns the field for the networks that a key is restricted to.
pub(crate) fn sources(wrong: Option<Cow<'static, str>>, draft: &Draft) -> Field {
    Field {
        name: "from",
        label: text!(keys_networks),
        kind: "text",
        autocomplete: "off",
        hint: Some(text!(keys_networks_hint)),
        wrong,
        value: draft.value("from"),
        max_chars: Some(1000),
        optional: true,
        ..Field::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::form::mistakes::assert_messages;

    #[test]
    fn each_form_field_has_an_error_message() {
        assert_messages(&FIELDS, mistake);
    }
}
