//! The form that creates a key.

use domain::tenant::scope::Scope;
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    actions::keys::MakeKey,
    components::form::{
        field::Field,
        key_fields::{meaning, sources},
        mistakes::Mistakes,
        ticks::{Tick, Ticks},
    },
    request::{draft::Draft, drawn_for::form_address},
};

pub(super) const FIELDS: [&str; 4] = ["name", "scopes", "expiresAt", "from"];

/// Returns the error message of a field.
pub(super) fn mistake(field: &str) -> Option<String> {
    Some(match field {
        "name" => "Choose a name of 1 to 80 characters, on one line".to_owned(),
        "scopes" => "Choose at least one scope".to_owned(),
        "expiresAt" => "Choose a last day that is still to come, as 2030-01-31, or none".to_owned(),
        "from" => "Write at most 20 networks as 203.0.113.0/24, separated by commas, or none".to_owned(),
        _ => return None,
    })
}

pub(super) fn make(mistakes: &Mistakes, draft: &Draft) -> AnyView {
    let name = Field {
        name: "name",
        label: "Name",
        kind: "text",
        autocomplete: "off",
        hint: Some("Where it will be used, so that you know what breaks when you revoke it.".to_owned()),
        wrong: mistakes.of("name"),
        value: draft.value("name"),
        max_chars: Some(80),
        ..Field::default()
    };
    let end = Field {
        name: "expiresAt",
        label: "Last day",
        kind: "date",
        autocomplete: "off",
        hint: Some("It works until the end of that day. Leave empty to have it work until you revoke it.".to_owned()),
        wrong: mistakes.of("expiresAt"),
        value: draft.value("expiresAt"),
        optional: true,
        ..Field::default()
    };
    view! {
        <form class="stack" method="post" action=form_address(MakeKey::PATH)>
            {name.view()}
            {scopes(mistakes.of("scopes"), draft)}
            {end.view()}
            {sources(mistakes.of("from"), draft).view()}
            <button class="button main">"Make key"</button>
        </form>
    }
    .into_any()
}

fn scopes(wrong: Option<String>, draft: &Draft) -> AnyView {
    let boxes = Scope::GRANTABLE_BY_ADMINS.into_iter().map(|scope| Tick {
        value: scope.as_str(),
        title: scope.as_str(),
        note: Some(meaning(scope)),
        ticked: draft.values("scopes").any(|chosen| chosen == scope.as_str()),
    });
    Ticks { name: "scopes", label: "Scopes", wrong, boxes: boxes.collect() }.view()
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
