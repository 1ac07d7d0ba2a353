//! The form that stores a secret or replaces its value.

use std::borrow::Cow;

use domain::tenant::secret::WELL_KNOWN_SECRETS;
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use super::view::SecretsView;
use crate::{
    actions::secrets::{PAGE, SetSecret},
    components::{
        form::{field::Field, mistakes::Mistakes},
        icon::Tone,
        membership::limit_notices::remedy_for_admin,
        notice::inner_notice,
    },
    request::{draft::Draft, drawn_for::form_address},
};

pub(super) const FIELDS: [&str; 2] = ["key", "value"];

/// Returns the error message of a field.
pub(super) fn mistake(field: &str) -> Option<Cow<'static, str>> {
    Some(match field {
        "key" => text!(secrets_name_wrong),
        "value" => text!(secrets_value_wrong),
        _ => return None,
    })
}

/// Whether the limit leaves room for no further secret.
pub(super) fn is_full(kept: &SecretsView) -> bool {
    kept.places.as_ref().is_some_and(|(_, places)| places.left() == Some(0))
}

/// Renders what raises the limit; `None` if it is not reached.
pub(super) fn remedy(kept: &SecretsView) -> Option<AnyView> {
    let ((feature, _), remedy) = kept.places.as_ref().zip(kept.remedy.as_ref())?;
    remedy_for_admin(&kept.catalog, feature, remedy)
}

/// Renders the form. `replaces` is the name of the secret to replace.
pub(super) fn set(kept: &SecretsView, replaces: Option<String>, mistakes: &Mistakes, draft: &Draft) -> AnyView {
    if !kept.is_possible {
        let means = view! { <p>{text!(secrets_not_configured_means)}</p> };
        return inner_notice(Tone::Off, text!(secrets_not_configured), means);
    }
    if is_full(kept) && replaces.is_none() {
        return inner_notice(
            Tone::Near,
            text!(secrets_full),
            view! {
                <p>{text!(secrets_full_means)}</p>
                {remedy(kept)}
            },
        );
    }
    let names = WELL_KNOWN_SECRETS.join(", ");
    let is_known = replaces.is_some();
    let name = Field {
        name: "key",
        label: text!(secrets_name),
        kind: "text",
        autocomplete: "off",
        hint: (!is_known).then(|| text!(secrets_name_hint, names = names)),
        wrong: mistakes.of("key"),
        value: replaces.unwrap_or_else(|| draft.value("key")),
        max_chars: Some(64),
        fixed: is_known,
        ..Field::default()
    };
    let value = Field {
        name: "value",
        label: if is_known { text!(secrets_new_value) } else { text!(secrets_value) },
        kind: "password",
        autocomplete: "off",
        hint: Some(text!(secrets_value_hint)),
        wrong: mistakes.of("value"),
        ..Field::default()
    };
    let button = if is_known { text!(secrets_replace_one) } else { text!(secrets_add) };
    let back = is_known.then(|| view! { <p><a href=PAGE>{text!(secrets_cancel)}</a></p> });
    view! {
        <form class="stack" method="post" action=form_address(SetSecret::PATH) autocomplete="off">
            {name.view()}
            {value.view()}
            <button class="button main">{button}</button>
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
