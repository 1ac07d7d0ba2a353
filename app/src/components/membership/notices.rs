//! Notices about the subscription and the limits, shown on every page until resolved.

use billing::payment::ProviderCapabilities;
use domain::{
    catalog::{Enforcement, Limit},
    entitlement::MeterState,
    subscription::{PendingChange, ProviderStatus, Subscription},
    wire::MembershipView,
};
use leptos::{prelude::*, server_fn::ServerFn};

use super::status::{above_fallback, due_words, fallback, pending_words, plan_name};
use crate::{
    actions::billing::{PortalPage, ResumeSubscription},
    components::{
        form::provider_form::portal_form, icon::Tone, membership::plan_card::limits_exceeded, notice::notice,
        usage::readings::readings,
    },
    request::drawn_for::form_address,
    wording::{day, limits, most, used},
};

/// Renders the notice for a due or unfinished payment, or a scheduled end or change; `None` otherwise.
pub(crate) fn status_notice(view: &MembershipView) -> Option<AnyView> {
    let subscription = view.subscription.as_ref()?;
    match subscription.status {
        _ if subscription.status.is_due() && view.entitlements.unconditional_grant(&view.catalog).is_some() => {
            Some(due_beside_grant(view, subscription))
        }
        _ if subscription.status.is_due() && view.entitlements.suspended.is_some() => {
            Some(suspended(view, subscription))
        }
        _ if subscription.status.is_due() => Some(due(view, subscription)),
        ProviderStatus::Incomplete => Some(incomplete(view, subscription)),
        _ if subscription.status.is_live() && subscription.ends_at().is_some() => Some(ending(view, subscription)),
        _ if subscription.status.is_live() => {
            subscription.pending.as_ref().map(|pending| changing(view, subscription, pending))
        }
        _ => None,
    }
}

/// Renders the notice for limits that are reached or exceeded; `None` otherwise.
pub(crate) fn limits_notice(view: &MembershipView) -> Option<AnyView> {
    let full: Vec<_> = readings(&view.catalog, &view.usage)
        .filter(|(feature, usage)| feature.kind.is_counted() && usage.limit != Limit::AtMost(0))
        .filter(|(feature, usage)| matches!(usage.state(feature), MeterState::Reached | MeterState::Over))
        .collect();
    let head = match full.as_slice() {
        [] => return None,
        [(feature, usage)] => format!("{} limit reached ({})", feature.label, most(feature, usage.limit)),
        several => format!("{} are reached", limits(several.len())),
    };
    let lines = full
        .iter()
        .map(|(feature, usage)| {
            let means = match (feature.enforcement, usage.resets_at) {
                (Enforcement::Soft, _) => "more is let through, with a warning".to_owned(),
                (Enforcement::Hard, Some(at)) => format!("more is refused until {}, {}", day(at), at.time_of_day()),
                (Enforcement::Hard, None) => "more is refused until some is given back".to_owned(),
            };
            let href = format!("/usage/{}", feature.key);
            let figures = format!(" {} of {}: {means}.", used(feature, usage.used), most(feature, usage.limit));
            view! { <p><a href=href>{feature.title.clone()}</a>{figures}</p> }
        })
        .collect_view();
    Some(notice(Tone::Stop, head, lines))
}

/// Renders the ways to pay: another card, which the provider charges by itself, or the open invoice.
fn payment_actions(view: &MembershipView, subscription: &Subscription) -> AnyView {
    let card = portal_button(
        view,
        PortalPage::UpdateCard,
        "button main",
        format!("Update the card at {}", subscription.provider.title()),
    );
    if subscription.details.is_invoiced && view.viewer.current_membership.role.is_admin() {
        // Without automatic collection, another card would change nothing.
        return view! {
            <div class="actions"><a class="button main" href="/membership/invoices">"Pay the open invoice"</a></div>
        }
        .into_any();
    }
    let has_page = ProviderCapabilities::of(subscription.provider).has_invoice_pages;
    let at_once = (has_page && view.viewer.current_membership.role.is_admin())
        .then(|| view! { <p><a href="/membership/invoices">"Pay the open invoice now"</a></p> });
    view! { {card}{at_once} }.into_any()
}

/// Renders a notice's button to the provider's portal; for a viewer who is not an admin, a hint to ask an admin.
fn portal_button(view: &MembershipView, page: PortalPage, class: &'static str, label: String) -> AnyView {
    if view.viewer.current_membership.role.is_admin() {
        view! { <div class="actions">{portal_form(page, class, label)}</div> }.into_any()
    } else {
        let workspace = &view.viewer.current_membership.tenant_name;
        view! { <p>{format!("An owner or an admin of {workspace} can put it right.")}</p> }.into_any()
    }
}

/// Renders the form that withdraws a cancellation or a scheduled change.
fn resume_form(view: &MembershipView, plan: &str) -> AnyView {
    if view.viewer.current_membership.role.is_admin() {
        view! {
            <form class="actions" method="post" action=form_address(ResumeSubscription::PATH)>
                <button class="button">{format!("Keep {plan}")}</button>
            </form>
        }
        .into_any()
    } else {
        let workspace = &view.viewer.current_membership.tenant_name;
        view! { <p>{format!("An owner or an admin of {workspace} can keep it.")}</p> }.into_any()
    }
}

/// Renders the scheduled end or change while a payment is due, with the form that withdraws it.
fn scheduled_change(view: &MembershipView, subscription: &Subscription) -> Option<AnyView> {
    let plan = plan_name(view, subscription.plan.as_str());
    let waits = if subscription.cancel_at_period_end {
        format!("{plan} is canceled, and ends on {}.", day(subscription.current_period_end()))
    } else {
        let pending = subscription.pending.as_ref()?;
        format!("{} waits until {}.", plan_name(view, pending.plan.as_str()), day(pending.at))
    };
    Some(view! { <p>{waits}</p>{resume_form(view, &plan)} }.into_any())
}

fn declined(subscription: &Subscription) -> String {
    let payment =
        due_words(subscription).map_or_else(|| "The payment".to_owned(), |due| format!("The payment of {due}"));
    match subscription.past_due_since {
        Some(since) if subscription.details.is_invoiced => format!("{payment} was due on {}", day(since)),
        None if subscription.details.is_invoiced => format!("{payment} is due"),
        Some(since) => format!("{payment} on {} was declined", day(since)),
        None => format!("{payment} was declined"),
    }
}

/// Renders the notice for a payment that is due while a granted plan applies.
fn due_beside_grant(view: &MembershipView, subscription: &Subscription) -> AnyView {
    let paid = plan_name(view, subscription.plan.as_str());
    notice(
        Tone::Stop,
        declined(subscription),
        view! {
            <p>
                {format!("It is for {paid}, and stays due. Until it is paid the limits are those of {}. Nothing is deleted.", fallback(view))}
            </p>
            {payment_actions(view, subscription)}
            {scheduled_change(view, subscription)}
        },
    )
}

fn due(view: &MembershipView, subscription: &Subscription) -> AnyView {
    // Names the plan in force during grace, which may differ from the plan whose payment failed.
    let plan = plan_name(view, view.entitlements.plan.as_str());
    let head = declined(subscription);
    let until = view.entitlements.grace_until.map(day);
    notice(
        Tone::Stop,
        head,
        view! {
            <p>
                {format!("{plan} stays on until ")}<b>{until}</b>
                {format!(
                    ". After that the limits of {} hold until the payment succeeds. Nothing is deleted.",
                    fallback(view),
                )}
            </p>
            {payment_actions(view, subscription)}
            {scheduled_change(view, subscription)}
        },
    )
}

fn suspended(view: &MembershipView, subscription: &Subscription) -> AnyView {
    let plan = plan_name(view, subscription.plan.as_str());
    let fallback = plan_name(view, view.entitlements.plan.as_str());
    let head = match view.entitlements.grace_until {
        Some(until) => format!("The limits of {fallback} hold since {}", day(until)),
        None => format!("The limits of {fallback} hold"),
    };
    notice(
        Tone::Stop,
        head,
        view! {
            <p>{format!("{} is still open. {plan} is back the moment it is paid.", open(subscription))}</p>
            {payment_actions(view, subscription)}
            {scheduled_change(view, subscription)}
        },
    )
}

fn incomplete(view: &MembershipView, subscription: &Subscription) -> AnyView {
    let plan = plan_name(view, subscription.plan.as_str());
    let provider = subscription.provider.title();
    notice(
        Tone::Near,
        format!("The first payment for {plan} is not finished"),
        view! {
            <p>{format!("{provider} waits for it. {plan} starts the moment it is paid.")}</p>
            {portal_button(view, PortalPage::Home, "button main", format!("Finish at {provider}"))}
        },
    )
}

/// Renders the notice for a scheduled change of plan or cycle.
fn changing(view: &MembershipView, subscription: &Subscription, pending: &PendingChange) -> AnyView {
    let plan = plan_name(view, subscription.plan.as_str());
    let then = plan_name(view, pending.plan.as_str());
    let above = view.catalog.plan(pending.plan.as_str()).map_or(0, |plan| limits_exceeded(view, plan));
    let excess = (above > 0).then(|| {
        format!(
            " You use more than {then} allows on {}: what is there stays, and nothing more is admitted.",
            limits(above)
        )
    });
    let head = if pending.plan == subscription.plan {
        format!("{plan} is paid by the {} from {}", pending.cycle.unit(), day(pending.at))
    } else {
        format!("Changes to {then} on {}", day(pending.at))
    };
    notice(
        Tone::Near,
        head,
        view! {
            <p>
                {format!("{plan} stays on until then. After that it is {}.", pending_words(view, pending))}{excess}
            </p>
            {resume_form(view, &plan)}
        },
    )
}

fn open(subscription: &Subscription) -> String {
    due_words(subscription).unwrap_or_else(|| "The payment".to_owned())
}

fn ending(view: &MembershipView, subscription: &Subscription) -> AnyView {
    let plan = plan_name(view, subscription.plan.as_str());
    let last_day = day(subscription.ends_at().unwrap_or(subscription.period_end));
    let above = above_fallback(view);
    let excess = (above > 0).then(|| {
        format!(" You use more than it allows on {}: what is there stays, and nothing more is admitted.", limits(above))
    });
    notice(
        Tone::Near,
        format!("{plan} ends on {last_day}"),
        view! {
            <p>{format!("Then this workspace is on {}.", fallback(view))}{excess}</p>
            {resume_form(view, &plan)}
        },
    )
}
