//! The forms that create a key for a tenant and correct its counters.

use billing::service::operator::OperatorTenantView;
use domain::{
    catalog::{Catalog, FeatureKind, Unit},
    tenant::scope::Scope,
};
use leptos::{prelude::*, server_fn::ServerFn};

use super::settle::choice;
use crate::{
    actions::operator::{OperatorCorrect, OperatorKey},
    components::{
        form::{
            field::Field,
            key_fields::{meaning, sources},
            mistakes::Mistakes,
            shown_secret::shown_secret,
            ticks::{Tick, Ticks},
        },
        icon::Tone,
        notice::notice,
    },
    request::{PageRequest, draft::Draft, drawn_for::form_address},
};

const FIELDS: [&str; 6] = ["keyName", "scopes", "from", "correctFeature", "amount", "reason"];
/// Features that Dues counts itself, so no correction is possible.
const COUNTED_BY_DUES: [&str; 2] = ["team_members", "secrets"];

/// Returns the error message of a field.
fn mistake(field: &str) -> Option<String> {
    Some(match field {
        "keyName" => "Choose a name of 1 to 80 characters, on one line".to_owned(),
        "scopes" => "Choose at least one scope".to_owned(),
        "from" => "Write at most 20 networks as 203.0.113.0/24, separated by commas, or none".to_owned(),
        "correctFeature" => "Choose a counted feature of the list".to_owned(),
        "amount" => "Write a whole number with its sign, as -5000, and not 0".to_owned(),
        "reason" => "Say why in 1 to 500 characters, on one line".to_owned(),
        _ => return None,
    })
}

/// Renders the error summary and the forms. `fresh` is the plain text of a key that was just created.
pub(super) fn metering(
    req: &PageRequest,
    catalog: &Catalog,
    desk: &OperatorTenantView,
    fresh: Option<&str>,
    draft: &Draft,
) -> (Option<AnyView>, AnyView) {
    let mistakes = Mistakes::from_query(req, &FIELDS, mistake);
    let shown = fresh.map(|key| {
        let body = view! {
            {shown_secret("The new key", key)}
            <p class="note">"Dues keeps a fingerprint, not the key. If it is lost, make another."</p>
        };
        notice(Tone::Ok, "Copy the key now: it is shown this once", body)
    });
    let body = view! {
        {shown}
        <div class="split even">
            {key_form(desk, &mistakes, draft)}
            {correction_form(catalog, desk, &mistakes, draft)}
        </div>
    };
    (mistakes.summary(), body.into_any())
}

fn key_form(desk: &OperatorTenantView, mistakes: &Mistakes, draft: &Draft) -> AnyView {
    let name = Field {
        name: "keyName",
        label: "Name",
        kind: "text",
        autocomplete: "off",
        hint: Some("The product that will use it.".to_owned()),
        wrong: mistakes.of("keyName"),
        value: draft.value("keyName"),
        max_chars: Some(80),
        ..Field::default()
    };
    let boxes = Scope::ALL.into_iter().map(|scope| Tick {
        value: scope.as_str(),
        title: scope.as_str(),
        note: Some(meaning(scope)),
        ticked: draft.values("scopes").any(|chosen| chosen == scope.as_str()),
    });
    let scopes = Ticks { name: "scopes", label: "Scopes", wrong: mistakes.of("scopes"), boxes: boxes.collect() };
    view! {
        <form class="stack" method="post" action=form_address(OperatorKey::PATH) aria-labelledby="give-key">
            <h3 id="give-key">"Give a key"</h3>
            <input type="hidden" name="tenant" value=desk.tenant_plan.tenant.id.to_string()/>
            {name.view()}
            {scopes.view()}
            {sources(mistakes.of("from"), draft).view()}
            <button class="button">"Make key"</button>
        </form>
    }
    .into_any()
}

fn correction_form(catalog: &Catalog, desk: &OperatorTenantView, mistakes: &Mistakes, draft: &Draft) -> AnyView {
    let counted = catalog.features.iter().filter(|feature| {
        matches!(feature.kind, FeatureKind::Gauge | FeatureKind::Counter(_))
            && !COUNTED_BY_DUES.contains(&feature.key.as_str())
    });
    let options = counted
        .map(|feature| {
            let unit = match feature.unit {
                Unit::Count => "",
                Unit::Bytes => ", in bytes",
                Unit::UsdMicros => ", in millionths of a dollar",
            };
            (feature.key.to_string(), format!("{}{unit}", feature.title))
        })
        .collect();
    let amount = Field {
        name: "amount",
        label: "Amount",
        kind: "text",
        autocomplete: "off",
        hint: Some("A whole number with its sign: -5000 takes 5,000 off.".to_owned()),
        wrong: mistakes.of("amount"),
        value: draft.value("amount"),
        max_chars: Some(20),
        ..Field::default()
    };
    let reason = Field {
        name: "reason",
        label: "Reason",
        kind: "text",
        autocomplete: "off",
        hint: Some("Stands in the workspace’s audit log.".to_owned()),
        wrong: mistakes.of("reason"),
        value: draft.value("reason"),
        max_chars: Some(500),
        ..Field::default()
    };
    view! {
        <form class="stack" method="post" action=form_address(OperatorCorrect::PATH) aria-labelledby="correct">
            <h3 id="correct">"Set a counter right"</h3>
            <input type="hidden" name="tenant" value=desk.tenant_plan.tenant.id.to_string()/>
            <input type="hidden" name="idempotencyKey" value=desk.correction_key.clone()/>
            {choice("correctFeature", "Counter", "Of the current period.", options, mistakes, draft)}
            {amount.view()}
            {reason.view()}
            <button class="button">"Correct"</button>
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
