//! The page for a plan that cannot be ordered.

use std::borrow::Cow;

use domain::{
    catalog::Cycle,
    subscription::order::{OrderError, validate_order},
    wire::MembershipView,
};
use http::StatusCode;
use leptos::prelude::*;
use locales::{rich, text};

use crate::{
    actions::enterprise::ENTERPRISE_PATH,
    components::{
        membership::{plan_card::review_path, seats_status::seats_link},
        page::{Place, entry::opening, frame},
        rich::rich_text,
    },
    wording::name,
};

/// Renders why the plan cannot be ordered, and the alternative.
pub(in crate::pages) fn refused(view: &MembershipView, plan: &str, cycle: Cycle) -> (StatusCode, AnyView) {
    let all_plans = |class: &'static str| {
        view! { <a class=class href="/membership#all-plans">{text!(checkout_all_plans)}</a> }.into_any()
    };
    let (status, head, body, action) = match validate_order(&view.catalog, plan, cycle, view.catalog.currency) {
        Err(OrderError::FreePlan(free)) => (
            StatusCode::BAD_REQUEST,
            text!(checkout_free, plan = name(&free)),
            text!(checkout_free_body),
            view! { <a class="button main" href="/membership#leaving">{text!(checkout_free_action)}</a> }.into_any(),
        ),
        Err(OrderError::CustomPrice(custom)) => (
            StatusCode::BAD_REQUEST,
            text!(checkout_custom, plan = name(&custom)),
            text!(checkout_custom_body),
            view! {
                <a class="button main" href=ENTERPRISE_PATH>
                    {text!(checkout_custom_action, plan = name(&custom))}
                </a>
                {all_plans("button")}
            }
            .into_any(),
        ),
        Err(OrderError::NoPrice { plan: not_sold, cycle }) => {
            let other = if cycle == Cycle::Monthly { Cycle::Yearly } else { Cycle::Monthly };
            let action = match view.catalog.plan(plan) {
                Some(plan) => {
                    let label = text!(checkout_not_sold_action, other = other.as_str());
                    view! { <a class="button main" href=review_path(plan, other, view.chosen_currency())>{label}</a> }
                        .into_any()
                }
                None => all_plans("button main"),
            };
            let head = text!(checkout_not_sold, cycle = cycle.as_str(), plan = name(&not_sold));
            (StatusCode::BAD_REQUEST, head, text!(checkout_not_sold_body, other = other.as_str()), action)
        }
        Err(OrderError::OtherCurrency { plan: not_sold, currency }) => (
            StatusCode::BAD_REQUEST,
            text!(checkout_not_sold_in, plan = name(&not_sold), currency = currency.code()),
            // Before its first subscription, the workspace can choose.
            if view.currencies.is_empty() {
                text!(checkout_not_sold_in_body)
            } else {
                text!(checkout_not_sold_in_choice)
            },
            all_plans("button main"),
        ),
        Err(OrderError::UnknownPlan { .. }) | Ok(_) => {
            (StatusCode::NOT_FOUND, text!(checkout_unknown), text!(checkout_unknown_body), all_plans("button main"))
        }
    };
    (status, page(view, head, body, action))
}

/// Renders the page for a plan that is sold with fewer seats than the workspace needs.
pub(super) fn too_many_seats(view: &MembershipView, plan: &str) -> AnyView {
    let sold = view.catalog.plan(plan).and_then(|plan| Some((name(&plan.name), plan.seats.as_ref()?.most())));
    let Some((plan, most)) = sold else { return refused(view, plan, Cycle::Monthly).1 };
    let action = view! {
        <a class="button main" href="/membership#all-plans">{text!(checkout_all_plans)}</a>
        {seats_link(view)}
    };
    page(view, text!(seats_too_few, plan = plan), text!(seats_too_few_means, max = most), action.into_any())
}

/// Renders the page for an installation without a payment provider.
pub(super) fn no_provider(view: &MembershipView) -> AnyView {
    let action = view! { <a class="button" href="/membership">{text!(checkout_back_to_membership)}</a> }.into_any();
    page(view, text!(checkout_no_provider), text!(checkout_no_provider_body), action)
}

fn page(view: &MembershipView, head: Cow<'static, str>, body: Cow<'static, str>, action: AnyView) -> AnyView {
    frame(
        text!(checkout_title),
        Place::UnderMembership,
        view.viewer.account_viewer(),
        view! {
            {opening(back_link(), view! {
                <div class="stack"><h1>{head}</h1><p class="lead">{body}</p></div>
                <div class="actions">{action}</div>
            })}
        },
    )
}

pub(super) fn back_link() -> AnyView {
    rich_text(rich!(checkout_back, plans = "/membership#plans"))
}
