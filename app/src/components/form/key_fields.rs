//! Parts of the forms that create a key, and of the lists of keys.

use domain::{tenant::scope::Scope, time::Timestamp};
use leptos::prelude::*;

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
pub(crate) fn mistake(field: &str) -> Option<String> {
    Some(match field {
        "name" => "Choose a name of 1 to 80 characters, on one line".to_owned(),
        "scopes" => "Choose at least one scope".to_owned(),
        "expiresAt" => "Choose a last day that is still to come, as 2030-01-31, or none".to_owned(),
        "from" => "Write at most 20 networks as 203.0.113.0/24, separated by commas, or none".to_owned(),
        _ => return None,
    })
}

/// Renders the day on which a key expires: the day of `end`, or "never" without `end`.
pub(crate) fn expiry(end: Option<Timestamp>, is_expired: bool) -> AnyView {
    match end {
        None => "never".into_any(),
        Some(end) if is_expired => state(Tone::Off, format!("expired {}", day(end))).into_any(),
        Some(end) => view! { <span class="nowrap">{day(end)}</span> }.into_any(),
    }
}

/// Describes what a scope allows.
pub(crate) const fn meaning(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "Read plan, usage and limits",
        Scope::Usage => "Count use: consume, release, send events",
        Scope::Billing => "Start checkouts and manage your own customers’ billing",
        Scope::Secrets => "Write secrets; none can be read back",
    }
}

/// Returns the field for a key's name.
pub(crate) fn name(hint: &str, mistakes: &Mistakes, draft: &Draft) -> Field {
    Field {
        name: "name",
        label: "Name",
        kind: "text",
        autocomplete: "off",
        hint: Some(hint.to_owned()),
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
        label: "Last day",
        kind: "date",
        autocomplete: "off",
        hint: Some("It works until the end of that day. Leave empty to have it work until you revoke it.".to_owned()),
        wrong: mistakes.of("expiresAt"),
        value: draft.value("expiresAt"),
        optional: true,
        ..Field::default()
    }
}

/// Returns the field for the networks that a key is restricted to.
pub(crate) fn sources(wrong: Option<String>, draft: &Draft) -> Field {
    Field {
        name: "from",
        label: "Allowed networks",
        kind: "text",
        autocomplete: "off",
        hint: Some("Such as 203.0.113.0/24, separated by commas. Leave empty to allow every address.".to_owned()),
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
