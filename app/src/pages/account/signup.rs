//! `/signup`: creates an account and a workspace.

use domain::{
    catalog::{Catalog, Cycle, Plan},
    error_code::ErrorCode,
    money::Currency,
};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::{rich, text};

use crate::{
    actions::session::SignUp,
    components::{
        form::{
            account_fields::mistake,
            field::Field,
            mistakes::Mistakes,
            new_password::new_password,
            providers::provider_buttons,
            sign_in::{next, refusal_notice},
        },
        icon::Tone,
        membership::plan_card::review_path,
        notice::alert,
        page::{Place, entry::opening, frame},
        rich::rich_text,
    },
    request::{PageRequest, draft::Draft, drawn_for::form_address, local_path::with_query, redirect, services},
    wording::{self, day},
};

/// Renders the notice about the last attempt, also for an address whose account has another password.
fn refusal(req: &PageRequest) -> Option<AnyView> {
    if req.query("code").as_deref() != Some(ErrorCode::InvalidCredentials.as_str()) {
        return refusal_notice(req);
    }
    let body = view! { <p>{rich_text(rich!(account_sign_up_refused_body, login = "/login"))}</p> };
    Some(alert(Tone::Stop, text!(account_sign_up_refused_head), body))
}

fn fields(mistakes: &Mistakes, draft: &Draft) -> impl IntoView + use<> {
    let workspace = Field {
        name: "workspace",
        label: text!(form_workspace),
        kind: "text",
        autocomplete: "organization",
        hint: Some(text!(account_sign_up_workspace_hint)),
        wrong: mistakes.of("workspace"),
        value: draft.value("workspace"),
        max_chars: Some(80),
        optional: true,
        ..Field::default()
    };
    let email = Field {
        name: "email",
        label: text!(form_email),
        kind: "email",
        autocomplete: "username",
        wrong: mistakes.of("email"),
        value: draft.value("email"),
        ..Field::default()
    };
    (workspace.view(), email.view(), new_password(text!(form_password), mistakes))
}

/// Returns the plan, the cycle and the currency to review after sign-up: those in `query`, if the plan is sold so. The
/// currency is `None` for that of the catalog.
fn chosen_plan<'a>(query: &str, catalog: &'a Catalog) -> Option<(&'a Plan, Cycle, Option<Currency>)> {
    let value = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    let cycle = value("cycle").and_then(|cycle| cycle.parse().ok()).unwrap_or(Cycle::Monthly);
    let wanted = value("plan")?;
    let plan = catalog.listed_plans().find(|plan| plan.id.as_str() == wanted && plan.is_paid())?;
    let currency = value("currency").and_then(|code| code.parse::<Currency>().ok());
    let currency = currency.filter(|currency| *currency != catalog.currency && plan.currencies().contains(currency));
    plan.lowest_price(cycle, currency.unwrap_or(catalog.currency)).map(|_| (plan, cycle, currency))
}

fn password_form(next: Option<String>, fields: impl IntoView + 'static, to_login: String) -> AnyView {
    view! {
        <form class="stack" method="post" action=form_address(SignUp::PATH)>
            {next.map(|next| view! { <input type="hidden" name="next" value=next/> })}
            {fields}
            <button class="button main">{text!(account_sign_up)}</button>
            <p class="note">{rich_text(rich!(account_sign_up_have_one, login = to_login))}</p>
        </form>
    }
    .into_any()
}

pub(crate) fn sign_up() -> impl IntoView {
    let req = PageRequest::now()?;
    let services = services();
    let next = next(&req);
    let chosen = services.as_ref().and_then(|services| {
        // After a refused submit, the order is in `next`.
        let order = next.as_deref().and_then(|next| next.strip_prefix("/checkout?"));
        chosen_plan(order.unwrap_or_else(|| req.raw_query()), services.catalog())
    });
    let next = next.or_else(|| chosen.map(|(plan, cycle, currency)| review_path(plan, cycle, currency)));
    let lead = match chosen {
        Some((plan, ..)) => text!(account_sign_up_lead_review, plan = wording::name(&plan.name)),
        None => text!(account_sign_up_lead),
    };
    if req.account().is_some() {
        redirect(next.as_deref().unwrap_or(req.landing()));
        return None;
    }
    let mistakes = Mistakes::from_query(&req, &["workspace", "email", "password"], mistake);
    let fields = fields(&mistakes, &Draft::take(&req, &[SignUp::PATH]));
    let providers = services.as_ref().map(|services| services.accounts().offered_providers()).unwrap_or_default();
    let providers = provider_buttons(&providers, next.as_deref());
    let has_passwords = services.as_ref().is_none_or(|services| services.accounts().has_passwords());
    let today = services.as_ref().map(|services| day(services.billing_now()));
    let to_login = with_query("/login", &next.iter().map(|next| ("next", next.as_str())).collect::<Vec<_>>());
    Some(frame(
        text!(account_sign_up_title),
        Place::Elsewhere,
        None,
        view! {
            {opening(today.into_any(), view! {
                <div class="stack">
                    <h1>{text!(account_sign_up_head)}</h1>
                    <p class="lead">{lead}</p>
                    {refusal(&req)}
                    {mistakes.summary()}
                    {providers}
                    {has_passwords.then(|| password_form(next, fields, to_login))}
                </div>
            })}
        },
    ))
}

#[cfg(test)]
mod tests {
    use domain::catalog::file::default_catalog;

    use super::*;

    #[test]
    fn only_a_plan_that_is_sold_is_reviewed_after_sign_up() {
        let catalog = default_catalog();
        let path =
            |query| chosen_plan(query, &catalog).map(|(plan, cycle, currency)| review_path(plan, cycle, currency));
        assert_eq!(path("plan=pro&cycle=yearly").as_deref(), Some("/checkout?plan=pro&cycle=yearly"));
        assert_eq!(path("plan=pro&cycle=annual").as_deref(), Some("/checkout?plan=pro&cycle=yearly"));
        for query in ["plan=pro", "plan=pro&cycle=weekly", "plan=pro&currency=EUR", "plan=pro&currency=gold"] {
            assert_eq!(path(query).as_deref(), Some("/checkout?plan=pro&cycle=monthly"), "{query}");
        }
        for query in ["", "cycle=yearly", "plan=free", "plan=enterprise", "plan=nope", "plan=%2F%2Fevil.test"] {
            assert_eq!(path(query), None, "{query}");
        }
    }
}
