//! The page for a plan that cannot be ordered.

use domain::{
    catalog::Cycle,
    subscription::order::{OrderError, validate_order},
    wire::MembershipView,
};
use http::StatusCode;
use leptos::prelude::*;

use crate::{
    actions::enterprise::ENTERPRISE_PATH,
    components::{
        membership::plan_card::review_path,
        page::{Place, entry::opening, frame},
    },
};

/// Renders why the plan cannot be ordered, and the alternative.
pub(in crate::pages) fn refused(view: &MembershipView, plan: &str, cycle: Cycle) -> (StatusCode, AnyView) {
    let all_plans = || view! { <a class="button main" href="/membership#all-plans">"See all plans"</a> }.into_any();
    let (status, head, body, action) = match validate_order(&view.catalog, plan, cycle) {
        Err(OrderError::FreePlan(name)) => (
            StatusCode::BAD_REQUEST,
            format!("{name} needs no checkout."),
            "It costs nothing. A paid plan is left under “Leaving” on the membership page.".to_owned(),
            view! { <a class="button main" href="/membership#leaving">"Go to membership"</a> }.into_any(),
        ),
        Err(OrderError::CustomPrice(name)) => (
            StatusCode::BAD_REQUEST,
            format!("{name} is priced by agreement."),
            "Say what you need, and a person answers. The limits that it comes with are in the table of all plans."
                .to_owned(),
            view! {
                <a class="button main" href=ENTERPRISE_PATH>{format!("Ask for {name}")}</a>
                <a class="button" href="/membership#all-plans">"See all plans"</a>
            }
            .into_any(),
        ),
        Err(OrderError::NoPrice { plan: name, cycle }) => {
            let other = if cycle == Cycle::Monthly { Cycle::Yearly } else { Cycle::Monthly };
            let action = match view.catalog.plan(plan) {
                Some(plan) => {
                    let label = format!("Review it by the {}", other.unit());
                    view! { <a class="button main" href=review_path(plan, other)>{label}</a> }.into_any()
                }
                None => all_plans(),
            };
            let body = format!("It is sold by the {}.", other.unit());
            (StatusCode::BAD_REQUEST, format!("{name} is not sold by the {}.", cycle.unit()), body, action)
        }
        Err(OrderError::UnknownPlan { .. }) | Ok(_) => (
            StatusCode::NOT_FOUND,
            "There is no such plan.".to_owned(),
            "It may have been renamed, or the address was cut off. Nothing was ordered.".to_owned(),
            all_plans(),
        ),
    };
    (status, page(view, &head, &body, action))
}

/// Renders the page for an installation without a payment provider.
pub(super) fn no_provider(view: &MembershipView) -> AnyView {
    let action = view! { <a class="button" href="/membership">"Back to membership"</a> }.into_any();
    page(
        view,
        "No payment provider is set up.",
        "Plans can be seen but not bought on this installation. The person who runs it can set PAYMENT_PROVIDER.",
        action,
    )
}

fn page(view: &MembershipView, head: &str, body: &str, action: AnyView) -> AnyView {
    frame(
        "Review",
        Place::UnderMembership,
        view.viewer.account_viewer(),
        view! {
            {opening(back_link(), view! {
                <div class="stack"><h1>{head.to_owned()}</h1><p class="lead">{body.to_owned()}</p></div>
                <div class="actions">{action}</div>
            })}
        },
    )
}

pub(super) fn back_link() -> AnyView {
    view! { <a href="/membership#plans">"Plans"</a>" / Review" }.into_any()
}
