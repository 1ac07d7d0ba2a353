//! A tenant's overrides, granted plan and custom limits, and the forms that set them.

use billing::service::operator::OperatorTenantView;
use domain::{
    catalog::{Catalog, Feature, FeatureKind, Limit, Unit, format},
    entitlement::overrides::{CustomLimit, LimitOverride},
    ids::TenantId,
    time::Timestamp,
};
use leptos::{prelude::*, server_fn::ServerFn};

use super::super::words::plan_name;
use crate::{
    actions::operator::{OperatorLimit, OperatorPlan},
    components::{
        form::{field::Field, mistakes::Mistakes},
        table::{Column, RowAlign, record_table},
    },
    request::{PageRequest, draft::Draft, drawn_for::form_address},
    wording::day,
};

const FIELDS: [&str; 5] = ["plan", "planUntil", "feature", "limit", "limitUntil"];

/// Returns the error message of a field. `limited` is the feature of the submitted limit, if known.
fn mistake(field: &str, limited: Option<&Feature>) -> Option<String> {
    Some(match field {
        "plan" => "Choose a plan of the list".to_owned(),
        "planUntil" | "limitUntil" => "Choose a day that is not over, or none".to_owned(),
        "feature" => "Choose a limit of the list".to_owned(),
        "limit" => match limited.map(|feature| (feature.kind, feature.unit)) {
            Some((FeatureKind::Flag, _)) => "Write 1 for on or 0 for off".to_owned(),
            Some((_, Unit::Bytes)) => {
                "Write a size as 10 GB or 512 MB that comes to whole bytes, or “unlimited”".to_owned()
            }
            Some((_, Unit::UsdMicros)) => {
                "Write dollars as $2,500 or 0.25, with at most six decimals, or “unlimited”".to_owned()
            }
            Some((_, Unit::Count)) | None => "Write a whole number, or “unlimited”".to_owned(),
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
        Some(until) if until <= desk.now => format!("ended {}", day(until)),
        Some(until) => format!("until {}", day(until)),
        None => "until it is taken back".to_owned(),
    };
    let plan = tenant.overrides.plan.as_ref().map(|grant| {
        let name = plan_name(catalog, &grant.plan);
        let fields = vec![("takeBack", "1".to_owned())];
        row(
            &tenant.id,
            OperatorPlan::PATH,
            &format!("The plan {name}"),
            "granted".to_owned(),
            ending(grant.until),
            fields,
        )
    });
    let limits = tenant.overrides.limits.iter().map(|entry| {
        let LimitOverride { feature, custom: CustomLimit { limit, set_on_plan, at_most }, until } = entry;
        let known = catalog.feature(feature.as_str());
        let title = known.map_or_else(|| feature.to_string(), |feature| feature.title.clone());
        let figure = known.map_or_else(|| raw(*limit), |feature| format::limit(feature, *limit));
        let figure = match set_on_plan {
            _ if *at_most => format!("{figure} at most, on every plan"),
            Some(plan) if *limit != Limit::Unlimited => {
                format!("{figure} on {}, and on any plan that gives less", plan_name(catalog, plan))
            }
            _ => figure,
        };
        let fields = vec![("feature", feature.to_string()), ("limit", "plan".to_owned())];
        row(&tenant.id, OperatorLimit::PATH, &title, figure, ending(*until), fields)
    });
    let rows: Vec<_> = plan.into_iter().chain(limits).collect();
    if rows.is_empty() {
        return view! { <p>"Nothing: what is paid holds."</p> }.into_any();
    }
    record_table(
        RowAlign::Middle,
        "What is settled for this workspace",
        [Column::Text("What"), Column::Text("Is"), Column::Text("Until"), Column::Button("Take back")],
        rows,
    )
}

fn raw(limit: Limit) -> String {
    match limit {
        Limit::Unlimited => "no limit".to_owned(),
        Limit::AtMost(most) => format::grouped(most),
    }
}

fn row(
    tenant: &TenantId,
    path: &'static str,
    what: &str,
    is: String,
    until: String,
    fields: Vec<(&'static str, String)>,
) -> AnyView {
    let fields =
        fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view();
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">{what.to_owned()}</th>
            <td role="cell" data-label="Is">{is}</td>
            <td role="cell" data-label="">{until}</td>
            <td role="cell" class="num">
                <form method="post" action=form_address(path)>
                    <input type="hidden" name="tenant" value=tenant.to_string()/>
                    {fields}
                    <button class="plain stop">"Take back"<span class="unseen">{format!(": {what}")}</span></button>
                </form>
            </td>
        </tr>
    }
    .into_any()
}

fn until_field(name: &'static str, mistakes: &Mistakes, draft: &Draft) -> AnyView {
    Field {
        name,
        label: "Until",
        kind: "date",
        autocomplete: "off",
        hint: Some("Inclusive. Leave empty for no end date.".to_owned()),
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
        .map(|plan| (plan.id.to_string(), plan.name.clone()))
        .collect();
    view! {
        <form class="stack" method="post" action=form_address(OperatorPlan::PATH) aria-labelledby="grant">
            <h3 id="grant">"Grant a plan"</h3>
            <input type="hidden" name="tenant" value=tenant.to_string()/>
            {choice("plan", "Plan", "Holds wherever no higher one is paid.", options, mistakes, draft)}
            {until_field("planUntil", mistakes, draft)}
            <button class="button">"Grant plan"</button>
        </form>
    }
    .into_any()
}

fn limit_form(catalog: &Catalog, tenant: &TenantId, mistakes: &Mistakes, draft: &Draft) -> AnyView {
    let options: Vec<_> = catalog
        .features
        .iter()
        .map(|feature| {
            let unit = match feature.unit {
                Unit::Count => "",
                Unit::Bytes => ", a size",
                Unit::UsdMicros => ", in dollars",
            };
            (feature.key.to_string(), format!("{}{unit}", feature.title))
        })
        .collect();
    let limit = Field {
        name: "limit",
        label: "Figure",
        kind: "text",
        autocomplete: "off",
        hint: Some(
            "A whole number; dollars as $2,500 or 2500.50; a size as 10 GB, where 1 GB is 1,024 MB; or “unlimited”."
                .to_owned(),
        ),
        wrong: mistakes.of("limit"),
        value: draft.value("limit"),
        max_chars: Some(32),
        ..Field::default()
    };
    view! {
        <form class="stack" method="post" action=form_address(OperatorLimit::PATH) aria-labelledby="own-limit">
            <h3 id="own-limit">"Set a limit"</h3>
            <input type="hidden" name="tenant" value=tenant.to_string()/>
            {choice("feature", "Limit", "Holds on the plan of today. On another plan, the higher of both holds.", options, mistakes, draft)}
            {limit.view()}
            <div class="field">
                <label class="tick-line">
                    <input type="checkbox" name="atMost" value="1" checked=draft.value("atMost") == "1"/>
                    <span>"At most"<small>"No plan gives more than this."</small></span>
                </label>
            </div>
            {until_field("limitUntil", mistakes, draft)}
            <button class="button">"Set limit"</button>
        </form>
    }
    .into_any()
}

/// Renders a select. Nothing is preselected.
pub(super) fn choice(
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    options: Vec<(String, String)>,
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
                <option value="">"Choose one"</option>
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
