//! The form that stores a secret or replaces its value.

use domain::tenant::secret::WELL_KNOWN_SECRETS;
use leptos::{prelude::*, server_fn::ServerFn};

use super::view::SecretsView;
use crate::{
    actions::secrets::{PAGE, SetSecret},
    components::{
        form::{field::Field, mistakes::Mistakes},
        icon::Tone,
        notice::inner_notice,
    },
    request::{draft::Draft, drawn_for::form_address},
};

pub(super) const FIELDS: [&str; 2] = ["key", "value"];

/// Returns the error message of a field.
pub(super) fn mistake(field: &str) -> Option<String> {
    Some(match field {
        "key" => "Choose a name of letters, digits, “_”, “-” or “.”, a letter first".to_owned(),
        "value" => "Write the value, at most 16 KB".to_owned(),
        _ => return None,
    })
}

/// Renders the form. `replaces` is the name of the secret to replace.
pub(super) fn set(kept: &SecretsView, replaces: Option<String>, mistakes: &Mistakes, draft: &Draft) -> AnyView {
    if !kept.is_possible {
        let words = "SECRETS_KEY is not set. The person who runs this installation can set it.";
        return inner_notice(Tone::Off, "No secrets are kept on this installation", view! { <p>{words}</p> });
    }
    let is_full = kept.places.as_ref().is_some_and(|(_, places)| places.left() == Some(0));
    if is_full && replaces.is_none() {
        return inner_notice(
            Tone::Near,
            "Every place is taken",
            view! {
                <p>"To keep another, delete one, or choose a plan with more places. What is kept can still be replaced."</p>
                <p class="actions"><a href="/membership#plans">"Compare plans"</a></p>
            },
        );
    }
    let names = WELL_KNOWN_SECRETS.map(|(name, _)| name).join(", ");
    let is_known = replaces.is_some();
    let name = Field {
        name: "key",
        label: "Name",
        kind: "text",
        autocomplete: "off",
        hint: (!is_known).then(|| format!("Dues itself looks for {names}.")),
        wrong: mistakes.of("key"),
        value: replaces.unwrap_or_else(|| draft.value("key")),
        max_chars: Some(64),
        fixed: is_known,
        ..Field::default()
    };
    let value = Field {
        name: "value",
        label: if is_known { "New value" } else { "Value" },
        kind: "password",
        autocomplete: "off",
        hint: Some("One line, as it was given to you. It is never shown again.".to_owned()),
        wrong: mistakes.of("value"),
        ..Field::default()
    };
    let back = is_known.then(|| view! { <p><a href=PAGE>"Leave it as it is"</a></p> });
    view! {
        <form class="stack" method="post" action=form_address(SetSecret::PATH) autocomplete="off">
            {name.view()}
            {value.view()}
            <button class="button main">{if is_known { "Replace secret" } else { "Keep secret" }}</button>
            {back}
        </form>
    }
    .into_any()
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
