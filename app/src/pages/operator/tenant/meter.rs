//! The forms that create a key for a tenant and correct its counters.

use std::borrow::Cow;

use billing::service::{base::idempotency::KeyedRequest, operator::OperatorTenantView};
use domain::{
    catalog::{Catalog, FeatureKind, Unit},
    tenant::scope::Scope,
};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use super::settle::choice;
use crate::{
    actions::operator::{OperatorCorrect, OperatorKey},
    components::{
        form::{
            field::Field,
            first_call::{KeyOwner, first_call},
            key_fields::{meaning, sources},
            mistakes::Mistakes,
            shown_secret::shown_secret,
            ticks::{Tick, Ticks},
        },
        icon::Tone,
        notice::notice,
    },
    request::{PageRequest, draft::Draft, drawn_for::form_address},
    wording::name,
};

const FIELDS: [&str; 6] = ["keyName", "scopes", "from", "correctFeature", "amount", "reason"];
/// Features that Dues counts itself, so no correction is possible.
const COUNTED_BY_DUES: [&str; 2] = ["team_members", "secrets"];

/// Returns the error message of a field.
fn mistake(field: &str) -> Option<Cow<'static, str>> {
    Some(match field {
        "keyName" => text!(desk_tenant_wrong_key_name),
        "scopes" => text!(desk_tenant_wrong_scopes),
        "from" => text!(desk_tenant_wrong_networks),
        "correctFeature" => text!(desk_tenant_wrong_counter),
        "amount" => text!(desk_tenant_wrong_amount),
        "reason" => text!(desk_tenant_wrong_reason),
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
            {shown_secret(text!(desk_tenant_key_new), key)}
            <p class="note">{text!(desk_tenant_key_lost)}</p>
            {first_call(KeyOwner::Workspace, key)}
        };
        notice(Tone::Ok, text!(desk_tenant_key_copy), body)
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
    let key_name = Field {
        name: "keyName",
        label: text!(desk_tenant_key_name),
        kind: "text",
        autocomplete: "off",
        hint: Some(text!(desk_tenant_key_name_hint)),
        wrong: mistakes.of("keyName"),
        value: draft.value("keyName"),
        max_chars: Some(80),
        ..Field::default()
    };
    let boxes = Scope::ALL.into_iter().map(|scope| Tick {
        value: scope.as_str(),
        title: scope.as_str().into(),
        note: Some(meaning(scope)),
        ticked: draft.values("scopes").any(|chosen| chosen == scope.as_str()),
    });
    let scopes = Ticks {
        name: "scopes",
        label: text!(desk_tenant_key_scopes),
        wrong: mistakes.of("scopes"),
        boxes: boxes.collect(),
    };
    view! {
        <form class="stack" method="post" action=form_address(OperatorKey::PATH) aria-labelledby="give-key">
            <h3 id="give-key">{text!(desk_tenant_key)}</h3>
            <input type="hidden" name="tenant" value=desk.tenant_plan.tenant.id.to_string()/>
            <input type="hidden" name="key" value=KeyedRequest::fresh_key()/>
            {key_name.view()}
            {scopes.view()}
            {sources(mistakes.of("from"), draft).view()}
            <button class="button">{text!(desk_tenant_key_submit)}</button>
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
            let title = name(&feature.title);
            let label = match feature.unit {
                Unit::Count => title.into(),
                Unit::Bytes => text!(desk_tenant_correct_counter_bytes, feature = title),
                Unit::UsdMicros => text!(desk_tenant_correct_counter_micros, feature = title),
            };
            (feature.key.to_string(), label)
        })
        .collect();
    let amount = Field {
        name: "amount",
        label: text!(desk_tenant_correct_amount),
        kind: "text",
        autocomplete: "off",
        hint: Some(text!(desk_tenant_correct_amount_hint)),
        wrong: mistakes.of("amount"),
        value: draft.value("amount"),
        max_chars: Some(20),
        ..Field::default()
    };
    let reason = Field {
        name: "reason",
        label: text!(desk_tenant_correct_reason),
        kind: "text",
        autocomplete: "off",
        hint: Some(text!(desk_tenant_correct_reason_hint)),
        wrong: mistakes.of("reason"),
        value: draft.value("reason"),
        max_chars: Some(500),
        ..Field::default()
    };
    view! {
        <form class="stack" method="post" action=form_address(OperatorCorrect::PATH) aria-labelledby="correct">
            <h3 id="correct">{text!(desk_tenant_correct)}</h3>
            <input type="hidden" name="tenant" value=desk.tenant_plan.tenant.id.to_string()/>
            <input type="hidden" name="idempotencyKey" value=desk.correction_key.clone()/>
            {choice(
                "correctFeature",
                text!(desk_tenant_correct_counter),
                text!(desk_tenant_correct_counter_hint),
                options,
                mistakes,
                draft,
            )}
            {amount.view()}
            {reason.view()}
            <button class="button">{text!(desk_tenant_correct_submit)}</button>
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
