//! `/checkout`: the review of an order, with changes, price and next steps.

mod changes;
mod order_summary;
mod refused;
mod seats_field;

use std::borrow::Cow;

use billing::service::{ServiceError, checkout::order_preview::OrderChoices};
use domain::{
    catalog::{Cycle, Plan, compare},
    subscription::ProviderStatus,
    wire::{OrderReview, OrderRoute},
};
use http::StatusCode;
use leptos::prelude::*;
use locales::text;

use self::{
    changes::changes_table,
    order_summary::{capabilities, first_payment, foreign_currency, is_blocked, is_trialing, order_summary},
    refused::back_link,
    seats_field::{SEATS, SeatsField},
};
use crate::{
    actions::seats::parse_seats,
    components::{
        icon::Tone,
        membership::{
            notices::status_notice,
            plan_card::{current_plan, limits_exceeded, paid_plan, review_path},
            seats::{order_price, with_seats},
            seats_status::seats_link,
            status::{paused, provider_of, provider_title},
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
    wording::{day, days, name, price, price_of},
};

pub(in crate::pages) use self::refused::refused;

pub(crate) fn checkout() -> AnyView {
    workspace_page(|services, viewer, req| async move {
        let plan = req.query("plan").unwrap_or_default();
        let cycle = req.cycle().unwrap_or(Cycle::Monthly);
        let (seats, currency) = (req.query(SEATS).as_deref().and_then(parse_seats), req.currency());
        let choices = |seats| OrderChoices { seats, currency };
        let review = |seats| services.checkouts().review_order_with(&viewer, &plan, cycle, choices(seats));
        let reviewed = match review(seats).await {
            // The page states the error beside the field, and shows the order with as many seats as it buys by default.
            Err(ServiceError::Validation { fields, .. }) if fields.contains_key(SEATS) => review(None).await,
            reviewed => reviewed,
        };
        match reviewed {
            Ok(review) => Ok(page(&review, &req)),
            // The workspace needs more seats than the plan is sold with.
            Err(ServiceError::Conflict(_)) => {
                let view = services.subscriptions().membership_in(&viewer, currency).await?;
                set_status(StatusCode::CONFLICT);
                Ok(refused::too_many_seats(&view, &plan))
            }
            Err(ServiceError::Validation { .. }) => {
                let view = services.subscriptions().membership_in(&viewer, currency).await?;
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
    let field = SeatsField::of(review, plan, req);
    let plan = &with_seats(view, plan, review.seats);
    let note = text!(checkout_changes_note, workspace = workspace, day = day(view.now));
    let page_title = if paid.id == plan.id {
        text!(checkout_title_cycle, plan = name(&plan.name), cycle = review.cycle.as_str())
    } else {
        text!(checkout_title_change, current = name(&paid.name), plan = name(&plan.name))
    };
    frame(
        page_title,
        Place::UnderMembership,
        view.viewer.account_viewer(),
        view! {
            {opening(back_link(), view! {
                {field.summary().or_else(|| answer_notice(req, provider_of(view), workspace))}
                <div class="stack">
                    <h1>{title(review, paid, plan)}</h1>
                    <p class="lead">{lead(review, paid, plan)}</p>
                </div>
                {status_notice(view)}
            })}
            {entry("change", text!(checkout_changes), Some(note.into_any()), view! {
                {granted_above(review, plan)}
                {exceeded(review, plan)}
                <div class="split">
                    {order_summary((review, req), (paid, plan), field)}
                    {(paid.id != plan.id).then(|| changes_table(view, paid, plan))}
                </div>
            })}
            {(view.viewer.current_membership.role.may_bill() && !is_blocked(review))
                .then(|| entry("next", text!(checkout_next), None, view! {{next_steps(review, paid, plan)}}))}
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
    let head = match grant.until {
        Some(until) => text!(checkout_granted_until, plan = name(&granted.name), day = day(until)),
        None => text!(checkout_granted, plan = name(&granted.name)),
    };
    let body = text!(checkout_granted_body, plan = name(&plan.name));
    Some(inner_notice(Tone::Near, head, view! { <p>{body}</p> }))
}

/// Builds "From Pro to Team."
fn title(review: &OrderReview, current: &Plan, plan: &Plan) -> Cow<'static, str> {
    if current.id == plan.id {
        text!(checkout_head_cycle, plan = name(&plan.name), cycle = review.cycle.as_str())
    } else {
        text!(checkout_head_change, current = name(&current.name), plan = name(&plan.name))
    }
}

fn lead(review: &OrderReview, current: &Plan, plan: &Plan) -> String {
    let provider = provider_title(&review.membership);
    let provider = &*provider;
    let start = match (&review.route, review.starts_at) {
        (OrderRoute::Checkout, _) if review.trial_days > 0 => trial_words(review),
        _ if is_blocked(review) => Cow::Borrowed(""),
        (OrderRoute::Portal { .. }, _) if is_paused(review) => {
            text!(checkout_start_paused, current = name(&current.name), provider = provider, plan = name(&plan.name))
        }
        (OrderRoute::Portal { .. }, Some(at)) if is_trialing(review) => {
            text!(checkout_start_after_trial, day = day(at), current = name(&current.name))
        }
        (OrderRoute::Portal { .. }, Some(at)) if has_payment_due(review) => {
            text!(checkout_start_later, day = day(at))
        }
        (OrderRoute::Portal { .. }, Some(at)) => {
            text!(checkout_start_keeps, day = day(at), current = name(&current.name))
        }
        _ if !review.membership.viewer.current_membership.role.may_bill() => Cow::Borrowed(""),
        (OrderRoute::Checkout, _) => text!(checkout_start_paid, plan = name(&plan.name), provider = provider),
        (OrderRoute::Portal { .. }, _) if is_start_unknown(review) => {
            text!(checkout_start_unknown, provider = provider)
        }
        (OrderRoute::Portal { .. } | OrderRoute::Unchanged, _) if review.is_direct && ends_trial(review) => {
            text!(seats_direct_start_ends_trial)
        }
        (OrderRoute::Portal { .. } | OrderRoute::Unchanged, _) if review.is_direct => text!(seats_direct_start),
        (OrderRoute::Portal { .. } | OrderRoute::Unchanged, _) if ends_trial(review) => {
            text!(checkout_start_confirmed_ends_trial, provider = provider)
        }
        (OrderRoute::Portal { .. } | OrderRoute::Unchanged, _) => {
            text!(checkout_start_confirmed, provider = provider)
        }
    };
    let live = review.membership.subscription.as_ref().filter(|subscription| subscription.status.is_live());
    let pause =
        live.filter(|subscription| subscription.details.collection_pause.is_some()).map(paused).unwrap_or_default();
    let limit_changes = limit_changes_in_words(&review.membership.catalog, current, plan);
    [limit_changes, start, pause].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Builds "14 days free, then $29.00 a month from 12 Dec 2026. Cancel before then and you won’t be charged."
fn trial_words(review: &OrderReview) -> Cow<'static, str> {
    text!(
        checkout_start_trial,
        days = days(review.trial_days),
        price = price(review.price, review.cycle),
        day = day(first_payment(review))
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

/// Whether an immediate change ends a trial.
fn ends_trial(review: &OrderReview) -> bool {
    is_trialing(review) && capabilities(review).is_some_and(|provider| provider.changes.ends_trial)
}

/// Builds "18 limits increase, none decrease."
fn limit_changes_in_words(catalog: &domain::catalog::Catalog, current: &Plan, plan: &Plan) -> Cow<'static, str> {
    let (up, _, down) = compare::count_by_direction(&compare::compare(catalog, current, plan));
    match (up, down) {
        (0, 0) => text!(checkout_limits_same),
        (up, 0) => text!(checkout_limits_up, up = up),
        (0, down) => text!(checkout_limits_down, down = down),
        (up, down) => text!(checkout_limits_up_and_down, up = up, down = down),
    }
}

/// Renders the limits of the new plan that current usage exceeds.
fn exceeded(review: &OrderReview, plan: &Plan) -> Option<AnyView> {
    let exceeded = limits_exceeded(&review.membership, plan);
    (exceeded > 0).then(|| {
        let head = text!(checkout_exceeded, limits = exceeded, plan = name(&plan.name));
        inner_notice(Tone::Near, head, view! { <p>{text!(checkout_exceeded_body)}</p> })
    })
}

fn next_steps(review: &OrderReview, current: &Plan, plan: &Plan) -> AnyView {
    let provider = provider_title(&review.membership);
    let provider = &*provider;
    let is_same_plan = current.id == plan.id;
    let (current, plan) = (name(&current.name), name(&plan.name));
    if let Some(at) = review.starts_at {
        let first = if review.is_direct {
            text!(seats_direct_next_scheduled, day = day(at))
        } else if has_payment_due(review) || is_same_plan {
            text!(checkout_next_scheduled, provider = provider, day = day(at))
        } else {
            text!(checkout_next_scheduled_plan, provider = provider, current = &current, day = day(at), plan = &plan)
        };
        let lifted = is_ending(review).then(|| view! { <p>{text!(checkout_next_lifts, current = &current)}</p> });
        return view! { <div class="stack"><p>{first}</p>{lifted}<p>{text!(checkout_next_undo)}</p></div> }.into_any();
    }
    let first = match review.route {
        OrderRoute::Checkout if review.trial_days > 0 => {
            text!(checkout_next_trial, provider = provider, plan = &plan)
        }
        OrderRoute::Checkout => text!(checkout_next_pay, provider = provider, plan = &plan),
        OrderRoute::Portal { .. } if is_start_unknown(review) => text!(checkout_next_unknown, provider = provider),
        OrderRoute::Portal { .. } if is_paused(review) && review.is_direct => {
            text!(seats_direct_next_paused, provider = provider, plan = &plan)
        }
        OrderRoute::Portal { .. } if is_paused(review) => {
            text!(checkout_next_paused, provider = provider, current = &current, plan = &plan)
        }
        OrderRoute::Portal { .. } | OrderRoute::Unchanged if review.is_direct => {
            if review.membership.subscription.as_ref().is_some_and(|current| current.details.is_invoiced) {
                text!(seats_direct_next_invoice, provider = provider, plan = &plan)
            } else {
                text!(seats_direct_next, provider = provider, plan = &plan)
            }
        }
        OrderRoute::Portal { .. } | OrderRoute::Unchanged if is_same_plan => {
            text!(checkout_next_confirm, provider = provider)
        }
        OrderRoute::Portal { .. } | OrderRoute::Unchanged => {
            text!(checkout_next_confirm_plan, provider = provider, plan = &plan)
        }
    };
    let second = if review.trial_days > 0 {
        text!(checkout_later_trial, day = day(first_payment(review)), plan = &plan)
    } else if is_ending(review) {
        text!(checkout_later_renews, plan = &plan)
    } else if is_start_unknown(review) {
        text!(checkout_later_again)
    } else if matches!(review.route, OrderRoute::Portal { .. }) {
        text!(checkout_later_back)
    } else {
        text!(checkout_later_cancel, plan = &plan)
    };
    view! { <div class="stack"><p>{first}</p><p>{second}</p></div> }.into_any()
}

fn unfinished(review: &OrderReview, ordered: &Plan, plan: &Plan) -> AnyView {
    let workspace = &review.membership.viewer.current_membership.tenant_name;
    let head = text!(checkout_ordered, workspace = workspace, plan = name(&ordered.name));
    nothing_to_order(review, plan, head, text!(checkout_ordered_unpaid).into_owned(), None)
}

fn unchanged(review: &OrderReview, plan: &Plan) -> AnyView {
    let view = &review.membership;
    let workspace = &view.viewer.current_membership.tenant_name;
    let plan_name = name(&plan.name);
    let cycle = match review.cycle {
        Cycle::Monthly => Cycle::Yearly,
        Cycle::Yearly => Cycle::Monthly,
    };
    let other = order_price(view, plan, cycle, view.catalog.currency).filter(|_| foreign_currency(review).is_none());
    let other = other.map(|money| {
        let label = text!(checkout_review_other, plan = &plan_name, price = price(money, cycle));
        view! { <a class="button" href=review_path(plan, cycle, view.chosen_currency())>{label}</a> }.into_any()
    });
    let other = Some(view! { {other}{seats_link(view)} }.into_any());
    let (head, nothing) = if has_payment_due(review) {
        (text!(checkout_ordered, workspace = workspace, plan = &plan_name), text!(checkout_ordered_nothing))
    } else {
        (text!(checkout_unchanged, workspace = workspace, plan = &plan_name), text!(checkout_unchanged_nothing))
    };
    let paid = match (view.price, view.subscription.as_ref()) {
        (Some(paid), Some(subscription)) => Some(price_of(paid, subscription)),
        (Some(paid), None) => Some(price(paid, review.cycle)),
        (None, None) => Some(price(review.price, review.cycle)),
        // The provider charges an amount that differs from the plan's price, so no price is stated.
        (None, Some(_)) => None,
    };
    let means = match paid {
        Some(paid) => format!("{} {nothing}", text!(checkout_costs, price = paid)),
        None => nothing.into_owned(),
    };
    nothing_to_order(review, plan, head, means, other)
}

/// Renders the page for an order that is not possible. `other` links to a possible order.
///
/// The page shows the notice about a due payment or a scheduled end. If a payment is due, that notice has the primary
/// button.
fn nothing_to_order(
    review: &OrderReview,
    plan: &Plan,
    head: Cow<'static, str>,
    means: String,
    other: Option<AnyView>,
) -> AnyView {
    let view = &review.membership;
    let to_pay = has_payment_due(review) || is_unfinished(review);
    let notice = (to_pay || is_ending(review)).then(|| status_notice(view));
    let back = if to_pay { "button" } else { "button main" };
    frame(
        text!(checkout_title_plan, plan = name(&plan.name)),
        Place::UnderMembership,
        view.viewer.account_viewer(),
        view! {
            {opening(back_link(), view! {
                <div class="stack"><h1>{head}</h1><p class="lead">{means}</p></div>
                {notice}
                <div class="actions"><a class=back href="/membership">{text!(checkout_back_to_membership)}</a>{other}</div>
            })}
        },
    )
}
