//! Parts of the forms that create an API key.

use domain::tenant::scope::Scope;

use crate::{components::form::field::Field, request::draft::Draft};

/// Describes what a scope allows.
pub(crate) const fn meaning(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "Read plan, usage and limits",
        Scope::Usage => "Count use: consume, release, send events",
        Scope::Billing => "Start checkouts and manage your own customers’ billing",
        Scope::Secrets => "Write secrets; none can be read back",
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
