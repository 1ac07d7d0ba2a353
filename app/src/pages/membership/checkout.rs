//! `/checkout`: the review of an order, with changes, price and next steps.

mod changes;
mod order_summary;
mod refused;

use billing::service::ServiceError;
use domain::{
    catalog::{Cycle, Plan, compare},
    subscription::ProviderStatus,
    wire::{OrderReview, OrderRoute},
};
use http::StatusCode;
use leptos::prelude::*;

use self::{
    changes::changes_table,
    order_summary::{capabilities, first_payment, foreign_currency, is_trialing, order_summary, waiting},
    refused::back_link,
};
use crate::{
    components::{
        icon::Tone,
        membership::{
            notices::status_notice,
            plan_card::{current_plan, limits_exceeded, paid_plan, review_path},
            status::{paused, provider_title},
            unmanaged::also_there,
        },
        notice::{answer::answer_notice, inner_notice},
        page::{
            Place,
            access::workspace_page,
            entry::{entry, opening},
            frame,
        },
    },
    request::{PageRequest, set_status},
    wording::{capital, count, day, days, limits},
};

pub(in crate::pages) use self::refused::refused;

pub(crate) fn checkout() -> AnyView {
    workspace_page(|services, viewer, req| async move {
        let plan = req.query("plan").unwrap_or_default();
        let cycle = req.cycle().unwrap_or(Cycle::Monthly);
        match services.checkouts().review_order(&viewer, &plan, cycle).await {
            Ok(review) => Ok(page(&review, &req)),
            Err(ServiceError::Validation { .. }) => {
                let view = services.subscriptions().membership(&viewer).await?;
                let (status, page) = refused(&view, &plan, cycle);
                set_status(status);
                Ok(page)
            }
            Err(ServiceError::BillingNotConfigured) => {
                let view = services.subscriptions().membership(&viewer).await?;
                set_status(StatusCode::NOT_IMPLEMENTED);
                Ok(refused::no_provider(&view))
            }
            Err(error) => Err(error),
        }
    })
}

pub(in crate::pages) fn page(review: &OrderReview, req: &PageRequest) -> AnyView {
    let view = &review.membership;
    let (Some(current), Some(plan)) = (current_plan(view), view.catalog.plan(review.plan.as_str())) else {
        return refused(view, review.plan.as_str(), review.cycle).1;
    };
    let paid = paid_plan(view, current);
    if is_unfinished(review) {
        return unfinished(review, paid, plan);
    }
    if is_already_ordered(review) {
        return unchanged(review, plan);
    }
    let workspace = &view.viewer.current_membership.tenant_name;
    let note = format!("{workspace} today, {}, and after.", day(view.now));
    let page_title = if paid.id == plan.id {
        format!("Review: {} by the {}", plan.name, review.cycle.unit())
    } else {
        format!("Review: {} to {}", paid.name, plan.name)
    };
    frame(
        page_title,
        Place::UnderMembership,
        view.viewer.account_viewer(),
        view! {
            {opening(back_link(), view! {
                {answer_notice(req, provider_title(view), workspace)}
                <div class="stack">
                    <h1>{title(review, paid, plan)}</h1>
                    <p class="lead">{lead(review, paid, plan)}</p>
                </div>
                {status_notice(view)}
            })}
            {entry("change", "What changes", Some(note.into_any()), view! {
                {granted_above(review, plan)}
                {exceeded(review, plan)}
                <div class="split">
                    {order_summary(review, paid, plan)}
                    {(paid.id != plan.id).then(|| changes_table(view, paid, plan))}
                </div>
            })}
            {(view.viewer.current_membership.role.is_admin() && waiting(review).is_none() && foreign_currency(review).is_none())
                .then(|| entry("next", "What happens next", None, view! {{next_steps(review, paid, plan)}}))}
            {also_there(view)}
        },
    )
}

/// Whether there is nothing to order, because the live subscription has this plan and cycle.
///
/// A due payment or a scheduled end needs no order: the notice on the page offers to pay or to keep the plan.
fn is_already_ordered(review: &OrderReview) -> bool {
    let live = review.membership.subscription.as_ref().filter(|subscription| subscription.status.is_live());
    let is_same =
        live.is_some_and(|subscription| subscription.plan == review.plan && subscription.cycle == review.cycle);
    review.route == OrderRoute::Unchanged
        || is_same && live.is_some_and(|subscription| subscription.status.is_due() || subscription.ends_at().is_some())
}

/// Whether an earlier order awaits its first payment. Until then no other order is possible.
fn is_unfinished(review: &OrderReview) -> bool {
    review
        .membership
        .subscription
        .as_ref()
        .is_some_and(|subscription| subscription.status == ProviderStatus::Incomplete)
}

/// Renders the notice that a granted plan takes precedence over the ordered one.
fn granted_above(review: &OrderReview, plan: &Plan) -> Option<AnyView> {
    let view = &review.membership;
    let grant = view.entitlements.grant.as_ref()?;
    let granted = view.catalog.plan(grant.plan.as_str()).filter(|granted| granted.rank >= plan.rank)?;
    let name = granted.name.clone();
    let head = match grant.until {
        Some(until) => format!("{name} is granted to this workspace until {}", day(until)),
        None => format!("{name} is granted to this workspace"),
    };
    let body = format!("Its limits hold meanwhile, whatever is paid. Those of {} hold when the grant ends.", plan.name);
    Some(inner_notice(Tone::Near, head, view! { <p>{body}</p> }))
}

/// Builds "From Pro to Team."
fn title(review: &OrderReview, current: &Plan, plan: &Plan) -> String {
    if current.id == plan.id {
        format!("{} by the {}.", plan.name, review.cycle.unit())
    } else {
        format!("From {} to {}.", current.name, plan.name)
    }
}

fn lead(review: &OrderReview, current: &Plan, plan: &Plan) -> String {
    let provider = provider_title(&review.membership);
    let start = match (&review.route, review.starts_at) {
        (OrderRoute::Checkout, _) if review.trial_days > 0 => trial_words(review),
        _ if waiting(review).is_some() || foreign_currency(review).is_some() => String::new(),
        (OrderRoute::Portal { .. }, _) if is_paused(review) => {
            format!("{} is paused at {provider}: {} starts when it goes on there.", current.name, plan.name)
        }
        (OrderRoute::Portal { .. }, Some(at)) if is_trialing(review) => {
            format!("It starts on {}: the trial of {} runs until then.", day(at), current.name)
        }
        (OrderRoute::Portal { .. }, Some(at)) if has_payment_due(review) => format!("It starts on {}.", day(at)),
        (OrderRoute::Portal { .. }, Some(at)) => {
            format!("It starts on {}. Until then {} stays.", day(at), current.name)
        }
        _ if !review.membership.viewer.current_membership.role.is_admin() => String::new(),
        (OrderRoute::Checkout, _) => format!("It starts as soon as {provider} has the payment."),
        (OrderRoute::Portal { .. }, _) if is_start_unknown(review) => {
            "It starts when you confirm it at Polar, or with the next period: its page says which.".to_owned()
        }
        (OrderRoute::Portal { .. } | OrderRoute::Unchanged, _) => {
            format!("It starts as soon as you confirm it at {provider}.{}", ends_trial(review))
        }
    };
    let live = review.membership.subscription.as_ref().filter(|subscription| subscription.status.is_live());
    let pause =
        live.filter(|subscription| subscription.details.collection_pause.is_some()).map(paused).unwrap_or_default();
    let limit_changes = limit_changes_in_words(&review.membership.catalog, current, plan);
    [limit_changes, start, pause].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Builds "14 days free, then $29.00 a month from 12 Dec 2026. Cancel before and nothing is charged."
fn trial_words(review: &OrderReview) -> String {
    format!(
        "{} free, then {} a {} from {}. Cancel before and nothing is charged.",
        days(review.trial_days),
        review.price.exact(),
        review.cycle.unit(),
        day(first_payment(review))
    )
}

/// Whether only the provider's page says when a change takes effect.
fn is_start_unknown(review: &OrderReview) -> bool {
    capabilities(review).is_some_and(|provider| !provider.changes.lower_changes_wait)
}

/// Whether the live subscription is to end.
fn is_ending(review: &OrderReview) -> bool {
    let live = review.membership.subscription.as_ref().filter(|subscription| subscription.status.is_live());
    live.is_some_and(|subscription| subscription.ends_at().is_some())
}

/// Whether the subscription is paused at the provider and grants nothing.
fn is_paused(review: &OrderReview) -> bool {
    review.membership.subscription.as_ref().is_some_and(|subscription| subscription.status == ProviderStatus::Paused)
}

/// Whether a payment is due.
fn has_payment_due(review: &OrderReview) -> bool {
    review.membership.subscription.as_ref().is_some_and(|subscription| subscription.status.is_due())
}

/// Warns that an immediate change ends a trial.
fn ends_trial(review: &OrderReview) -> &'static str {
    let ends_it = capabilities(review).is_some_and(|provider| provider.changes.ends_trial);
    if is_trialing(review) && ends_it { " The trial ends with it." } else { "" }
}

/// Builds "Eighteen limits go up, none goes down."
fn limit_changes_in_words(catalog: &domain::catalog::Catalog, current: &Plan, plan: &Plan) -> String {
    let (up, _, down) = compare::count_by_direction(&compare::compare(catalog, current, plan));
    let noun = |figure: usize| if figure == 1 { "limit goes" } else { "limits go" };
    let verb = |figure: usize| if figure == 1 { "goes" } else { "go" };
    match (up, down) {
        (0, 0) => "Every limit stays as it is.".to_owned(),
        (up, 0) => format!("{} {} up, none goes down.", capital(&count(up)), noun(up)),
        (0, down) => format!("{} {} down.", capital(&count(down)), noun(down)),
        (up, down) => format!("{} {} up, {} {} down.", capital(&count(up)), noun(up), count(down), verb(down)),
    }
}

/// Renders the limits of the new plan that current usage exceeds.
fn exceeded(review: &OrderReview, plan: &Plan) -> Option<AnyView> {
    let exceeded = limits_exceeded(&review.membership, plan);
    (exceeded > 0).then(|| {
        let head = format!("You use more than {} allows on {}", plan.name, limits(exceeded));
        inner_notice(Tone::Near, head, view! {
                <p>
                    "Nothing is deleted. What is above a limit stays, and nothing more is admitted until you are below it."
                </p>
            })
    })
}

fn next_steps(review: &OrderReview, current: &Plan, plan: &Plan) -> AnyView {
    let provider = provider_title(&review.membership);
    if let Some(at) = review.starts_at {
        let follows = if has_payment_due(review) || current.id == plan.id {
            format!("The change comes by itself on {}.", day(at))
        } else {
            format!("{} stays on until {}, and {} follows by itself.", current.name, day(at), plan.name)
        };
        let first = format!(
            "{provider}’s page shows the change once more and asks you to confirm. Then you come back here. {follows}"
        );
        let second = "Until then you can take it back on the membership page, with one click.";
        let lifted = is_ending(review).then(|| format!("With the change {} is no longer canceled.", current.name));
        let lifted = lifted.map(|lifted| view! { <p>{lifted}</p> });
        return view! { <div class="stack"><p>{first}</p>{lifted}<p>{second}</p></div> }.into_any();
    }
    let first = match review.route {
        OrderRoute::Checkout if review.trial_days > 0 => format!(
            "{provider}’s page asks for a card, and charges nothing today. When you have confirmed you come back here, and {} \
             is on.",
            plan.name
        ),
        OrderRoute::Checkout => format!(
            "{provider}’s page asks for a card and shows the sum once more. When it is paid you come back here, and {} is on.",
            plan.name
        ),
        OrderRoute::Portal { .. } if is_start_unknown(review) => {
            "Polar’s page shows the change, says when it takes place, and asks you to confirm. Then you come back here."
                .to_owned()
        }
        OrderRoute::Portal { .. } if is_paused(review) => format!(
            "{provider}’s page shows the change and asks you to confirm. Then you come back here. {} is paused there: {} is on \
             when it goes on.",
            current.name, plan.name
        ),
        OrderRoute::Portal { .. } | OrderRoute::Unchanged => {
            let then = if current.id == plan.id { String::new() } else { format!(", and {} is on", plan.name) };
            format!("{provider}’s page shows the sum once more and asks you to confirm. Then you come back here{then}.")
        }
    };
    let second = if review.trial_days > 0 {
        format!(
            "Admins are told three days before the first payment, where mail is sent. Cancel on the membership page before {}: \
             {} then stays on until that day, and nothing is charged.",
            day(first_payment(review)),
            plan.name
        )
    } else if is_ending(review) {
        format!("With the change {} goes on: it is no longer canceled, and renews until you cancel again.", plan.name)
    } else if is_start_unknown(review) {
        "Change again on the membership page whenever you like.".to_owned()
    } else if matches!(review.route, OrderRoute::Portal { .. }) {
        "Change back on the membership page whenever you like. A smaller plan, or a shorter cycle, waits for the end of what \
         is paid."
            .to_owned()
    } else {
        format!(
            "Cancel on the membership page whenever you like: {} then stays on until what is paid for is over.",
            plan.name
        )
    };
    view! { <div class="stack"><p>{first}</p><p>{second}</p></div> }.into_any()
}

fn unfinished(review: &OrderReview, ordered: &Plan, plan: &Plan) -> AnyView {
    let head =
        format!("{} has ordered {} already.", review.membership.viewer.current_membership.tenant_name, ordered.name);
    let means = "Its first payment is not finished. Nothing else can be ordered before it is, or has lapsed.";
    nothing_to_order(review, plan, head, means.to_owned(), None)
}

fn unchanged(review: &OrderReview, plan: &Plan) -> AnyView {
    let view = &review.membership;
    let workspace = &view.viewer.current_membership.tenant_name;
    let other = match review.cycle {
        Cycle::Monthly => Cycle::Yearly,
        Cycle::Yearly => Cycle::Monthly,
    };
    let other = plan.price(other, view.catalog.currency).filter(|_| foreign_currency(review).is_none()).map(|price| {
        let label = format!("Review {} by the {}, {}", plan.name, other.unit(), price.exact());
        view! { <a class="button" href=review_path(plan, other)>{label}</a> }.into_any()
    });
    let (head, nothing) = if has_payment_due(review) {
        (format!("{workspace} has ordered {} already.", plan.name), "There is nothing else to confirm.")
    } else {
        (format!("{workspace} is on {} already.", plan.name), "There is nothing to confirm and nothing to pay.")
    };
    let costs = match (view.price, view.subscription.as_ref()) {
        (Some(price), _) => format!("It costs {} a {}. ", price.exact(), review.cycle.unit()),
        (None, None) => format!("It costs {} a {}. ", review.price.exact(), review.cycle.unit()),
        // The provider charges an amount that differs from the plan's price, so no price is stated.
        (None, Some(_)) => String::new(),
    };
    nothing_to_order(review, plan, head, format!("{costs}{nothing}"), other)
}

/// Renders the page for an order that is not possible. `other` links to a possible order.
///
/// The page shows the notice about a due payment or a scheduled end. If a payment is due, that notice has the primary
/// button.
fn nothing_to_order(review: &OrderReview, plan: &Plan, head: String, means: String, other: Option<AnyView>) -> AnyView {
    let view = &review.membership;
    let to_pay = has_payment_due(review) || is_unfinished(review);
    let notice = (to_pay || is_ending(review)).then(|| status_notice(view));
    let back = if to_pay { "button" } else { "button main" };
    frame(
        format!("Review: {}", plan.name),
        Place::UnderMembership,
        view.viewer.account_viewer(),
        view! {
            {opening(back_link(), view! {
                <div class="stack"><h1>{head}</h1><p class="lead">{means}</p></div>
                {notice}
                <div class="actions"><a class=back href="/membership">"Back to membership"</a>{other}</div>
            })}
        },
    )
}
