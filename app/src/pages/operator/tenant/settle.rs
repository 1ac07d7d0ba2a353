//! A tenant's overrides, granted plan and custom limits, and the forms that set them.

use std::borrow::Cow;

use billing::service::operator::OperatorTenantView;
use domain::{
    catalog::{Catalog, Feature, FeatureKind, Limit, Unit},
    entitlement::overrides::{CustomLimit, LimitOverride},
    ids::TenantId,
    time::Timestamp,
};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use crate::{
    actions::operator::{OperatorLimit, OperatorPlan},
    components::{
        desk::plan_state::plan_name,
        form::{field::Field, mistakes::Mistakes},
        table::{Column, RowAlign, record_table},
    },
    request::{PageRequest, draft::Draft, drawn_for::form_address},
    wording::{self, day, name, number},
};

const FIELDS: [&str; 5] = ["plan", "planUntil", "feature", "limit", "limitUntil"];

/// Returns the error message of a field. `limited` is the feature of the submitted limit, if known.
fn mistake(field: &str, limited: Option<&Feature>) -> Option<Cow<'static, str>> {
    Some(match field {
        "plan" => text!(desk_tenant_wrong_plan),
        "planUntil" | "limitUntil" => text!(desk_tenant_wrong_until),
        "feature" => text!(desk_tenant_wrong_feature),
        "limit" => match limited.map(|feature| (feature.kind, feature.unit)) {
            Some((FeatureKind::Flag, _)) => text!(desk_tenant_wrong_limit_flag),
            Some((_, Unit::Bytes)) => text!(desk_tenant_wrong_limit_size),
            Some((_, Unit::UsdMicros)) => text!(desk_tenant_wrong_limit_dollars),
            Some((_, Unit::Count)) | None => text!(desk_tenant_wrong_limit_count),
        },
        _ => return None,
    })
}

/// Renders the error summary, the overrides and the forms.
pub(super) fn settling(
    req: &PageRequest,
    catalog: &Catalog,
    desk: &OperatorTenantView,
    draft: &Draft,
) -> (Option<AnyView>, AnyView) {
    let limited = draft.value("feature");
    let mistakes = Mistakes::from_query(req, &FIELDS, |field| mistake(field, catalog.feature(&limited)));
    let tenant = &desk.tenant_plan.tenant;
    let body = view! {
        {in_force(catalog, desk)}
        <div class="split even">
            {plan_form(catalog, &tenant.id, &mistakes, draft)}
            {limit_form(catalog, &tenant.id, &mistakes, draft)}
        </div>
    };
    (mistakes.summary(), body.into_any())
}

/// Renders each override with a button that withdraws it.
fn in_force(catalog: &Catalog, desk: &OperatorTenantView) -> AnyView {
    let tenant = &desk.tenant_plan.tenant;
    let ending = |until: Option<Timestamp>| match until {
        Some(until) if until <= desk.now => text!(desk_tenant_override_ended, day = day(until)),
        Some(until) => text!(desk_tenant_override_until_day, day = day(until)),
        None => text!(desk_tenant_override_until_removed),
    };
    let plan = tenant.overrides.plan.as_ref().map(|grant| {
        let what = text!(desk_tenant_override_plan, plan = plan_name(catalog, &grant.plan));
        let fields = vec![("takeBack", "1".to_owned())];
        row(&tenant.id, OperatorPlan::PATH, &what, text!(desk_tenant_override_granted), ending(grant.until), fields)
    });
    let limits = tenant.overrides.limits.iter().map(|entry| {
        let LimitOverride { feature, custom: CustomLimit { limit, set_on_plan, at_most }, until } = entry;
        let known = catalog.feature(feature.as_str());
        let title = known.map_or_else(|| feature.to_string(), |feature| name(&feature.title));
        let figure = known.map_or_else(|| raw(*limit), |feature| wording::limit(feature, *limit).into());
        let figure = match set_on_plan {
            _ if *at_most => text!(desk_tenant_override_at_most, limit = figure),
            Some(plan) if *limit != Limit::Unlimited => {
                text!(desk_tenant_override_on_plan, limit = figure, plan = plan_name(catalog, plan))
            }
            _ => figure,
        };
        let fields = vec![("feature", feature.to_string()), ("limit", "plan".to_owned())];
        row(&tenant.id, OperatorLimit::PATH, &title, figure, ending(*until), fields)
    });
    let rows: Vec<_> = plan.into_iter().chain(limits).collect();
    if rows.is_empty() {
        return view! { <p>{text!(desk_tenant_overrides_none)}</p> }.into_any();
    }
    record_table(
        RowAlign::Middle,
        text!(desk_tenant_overrides_table),
        [
            Column::Text(text!(desk_tenant_override)),
            Column::Text(text!(desk_tenant_override_value)),
            Column::Text(text!(desk_tenant_override_until)),
            Column::Button(text!(desk_tenant_override_remove)),
        ],
        rows,
    )
}

fn raw(limit: Limit) -> Cow<'static, str> {
    match limit {
        Limit::Unlimited => text!(limit_none_within),
        Limit::AtMost(most) => number(most).into(),
    }
}

fn row(
    tenant: &TenantId,
    path: &'static str,
    what: &str,
    is: Cow<'static, str>,
    until: Cow<'static, str>,
    fields: Vec<(&'static str, String)>,
) -> AnyView {
    let fields =
        fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view();
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">{what.to_owned()}</th>
            <td role="cell" data-label=text!(desk_tenant_override_value)>{is}</td>
            <td role="cell" data-label="">{until}</td>
            <td role="cell" class="num">
                <form method="post" action=form_address(path)>
                    <input type="hidden" name="tenant" value=tenant.to_string()/>
                    {fields}
                    <button class="plain stop">
                        {text!(desk_tenant_override_remove)}
                        <span class="unseen">{text!(desk_button_object, object = what)}</span>
                    </button>
                </form>
            </td>
        </tr>
    }
    .into_any()
}

fn until_field(name: &'static str, mistakes: &Mistakes, draft: &Draft) -> AnyView {
    Field {
        name,
        label: text!(desk_tenant_until),
        kind: "date",
        autocomplete: "off",
        hint: Some(text!(desk_tenant_until_hint)),
        wrong: mistakes.of(name),
        value: draft.value(name),
        optional: true,
        ..Field::default()
    }
    .view()
}

fn plan_form(catalog: &Catalog, tenant: &TenantId, mistakes: &Mistakes, draft: &Draft) -> AnyView {
    let options: Vec<_> = catalog
        .plans
        .iter()
        .filter(|plan| plan.id != catalog.free)
        .map(|plan| (plan.id.to_string(), name(&plan.name).into()))
        .collect();
    view! {
        <form class="stack" method="post" action=form_address(OperatorPlan::PATH) aria-labelledby="grant">
            <h3 id="grant">{text!(desk_tenant_grant)}</h3>
            <input type="hidden" name="tenant" value=tenant.to_string()/>
            {choice(
                "plan",
                text!(desk_tenant_grant_plan),
                text!(desk_tenant_grant_plan_hint),
                options,
                mistakes,
                draft,
            )}
            {until_field("planUntil", mistakes, draft)}
            <button class="button">{text!(desk_tenant_grant_submit)}</button>
        </form>
    }
    .into_any()
}

fn limit_form(catalog: &Catalog, tenant: &TenantId, mistakes: &Mistakes, draft: &Draft) -> AnyView {
    let options: Vec<_> = catalog
        .features
        .iter()
        .map(|feature| {
            let title = name(&feature.title);
            let limit = match feature.unit {
                Unit::Count => title.into(),
                Unit::Bytes => text!(desk_tenant_limit_feature_size, feature = title),
                Unit::UsdMicros => text!(desk_tenant_limit_feature_dollars, feature = title),
            };
            (feature.key.to_string(), limit)
        })
        .collect();
    let limit = Field {
        name: "limit",
        label: text!(desk_tenant_limit_value),
        kind: "text",
        autocomplete: "off",
        hint: Some(text!(desk_tenant_limit_value_hint)),
        wrong: mistakes.of("limit"),
        value: draft.value("limit"),
        max_chars: Some(32),
        ..Field::default()
    };
    view! {
        <form class="stack" method="post" action=form_address(OperatorLimit::PATH) aria-labelledby="own-limit">
            <h3 id="own-limit">{text!(desk_tenant_limit)}</h3>
            <input type="hidden" name="tenant" value=tenant.to_string()/>
            {choice(
                "feature",
                text!(desk_tenant_limit_feature),
                text!(desk_tenant_limit_feature_hint),
                options,
                mistakes,
                draft,
            )}
            {limit.view()}
            <div class="field">
                <label class="tick-line">
                    <input type="checkbox" name="atMost" value="1" checked=draft.value("atMost") == "1"/>
                    <span>{text!(desk_tenant_limit_at_most)}<small>{text!(desk_tenant_limit_at_most_hint)}</small></span>
                </label>
            </div>
            {until_field("limitUntil", mistakes, draft)}
            <button class="button">{text!(desk_tenant_limit_submit)}</button>
        </form>
    }
    .into_any()
}

/// Renders a select. Nothing is preselected.
pub(super) fn choice(
    name: &'static str,
    label: Cow<'static, str>,
    hint: Cow<'static, str>,
    options: Vec<(String, Cow<'static, str>)>,
    mistakes: &Mistakes,
    draft: &Draft,
) -> AnyView {
    let (wrong, chosen) = (mistakes.of(name), draft.value(name));
    let (wrong_id, hint_id) = (format!("{name}-wrong"), format!("{name}-hint"));
    let described = if wrong.is_some() { format!("{wrong_id} {hint_id}") } else { hint_id.clone() };
    let options = options
        .into_iter()
        .map(|(value, title)| {
            let selected = value == chosen;
            view! { <option value=value selected=selected>{title}</option> }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for=name>{label}</label>
            {wrong.clone().map(|wrong| view! { <span class="wrong" id=wrong_id>{wrong}</span> })}
            <select
                id=name
                name=name
                required
                autocomplete="off"
                aria-invalid=wrong.is_some().then_some("true")
                aria-describedby=described
            >
                <option value="">{text!(desk_tenant_choose)}</option>
                {options}
            </select>
            <span class="hint" id=hint_id>{hint}</span>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::form::mistakes::assert_messages;

    #[test]
    fn each_form_field_has_an_error_message() {
        assert_messages(&FIELDS, |field| mistake(field, None));
    }
}
