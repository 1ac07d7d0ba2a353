//! Notices about the subscription, shown on every page until resolved.

use std::borrow::Cow;

use billing::payment::ProviderCapabilities;
use domain::{
    catalog::Cycle,
    ids::PlanId,
    subscription::{PendingChange, ProviderStatus, Subscription},
    wire::MembershipView,
};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::{rich, text};

use super::status::{above_fallback, amount_due, changed_cycle, fallback, fallback_plan, next_price, plan_name};
use crate::{
    actions::billing::{PortalPage, ResumeSubscription},
    components::{
        form::provider_form::portal_form,
        icon::Tone,
        membership::plan_card::limits_exceeded,
        notice::{alert, notice},
        rich::rich_text,
    },
    request::drawn_for::form_address,
    wording::day,
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
        _ if is_ending(subscription) => {
            let (head, body) = ending(view, subscription);
            Some(notice(Tone::Near, head, body))
        }
        _ if subscription.status.is_live() => {
            subscription.pending.as_ref().map(|pending| changing(view, subscription, pending))
        }
        _ => None,
    }
}

/// Renders the ways to pay: another card, which the provider charges by itself, or the open invoice.
fn payment_actions(view: &MembershipView, subscription: &Subscription) -> AnyView {
    let card = portal_button(
        view,
        PortalPage::UpdateCard,
        "button main",
        text!(status_update_card, provider = subscription.provider.title()),
    );
    if subscription.details.is_invoiced && view.viewer.current_membership.role.may_bill() {
        // Without automatic collection, another card would change nothing.
        return view! {
            <div class="actions">
                <a class="button main" href="/membership/invoices">{text!(status_pay_invoice)}</a>
            </div>
        }
        .into_any();
    }
    let has_page = ProviderCapabilities::of(subscription.provider).has_invoice_pages;
    let invoice = (has_page && view.viewer.current_membership.role.may_bill())
        .then(|| view! { <p><a href="/membership/invoices">{text!(status_pay_invoice_now)}</a></p> });
    view! { {card}{invoice} }.into_any()
}

/// Renders a notice's button to the provider's portal; for a viewer who may not pay, a hint whom to ask.
fn portal_button(view: &MembershipView, page: PortalPage, class: &'static str, label: Cow<'static, str>) -> AnyView {
    if view.viewer.current_membership.role.may_bill() {
        view! { <div class="actions">{portal_form(page, class, label)}</div> }.into_any()
    } else {
        let workspace = &view.viewer.current_membership.tenant_name;
        view! { <p>{text!(status_admins_can_fix, workspace = workspace)}</p> }.into_any()
    }
}

/// Renders the form that withdraws a cancellation or a scheduled change.
fn resume_form(view: &MembershipView, plan: &str) -> AnyView {
    if view.viewer.current_membership.role.may_bill() {
        view! {
            <form class="actions" method="post" action=form_address(ResumeSubscription::PATH)>
                <button class="button">{text!(status_keep, plan = plan)}</button>
            </form>
        }
        .into_any()
    } else {
        let workspace = &view.viewer.current_membership.tenant_name;
        view! { <p>{text!(status_admins_can_keep, workspace = workspace)}</p> }.into_any()
    }
}

/// Renders the scheduled end or change while a payment is due, with the form that withdraws it.
fn scheduled_change(view: &MembershipView, subscription: &Subscription) -> Option<AnyView> {
    let plan = plan_name(view, subscription.plan.as_str());
    let waits = if subscription.cancel_at_period_end {
        text!(status_canceled_too, plan = &plan, date = day(subscription.current_period_end()))
    } else {
        let pending = subscription.pending.as_ref()?;
        text!(status_change_waits, plan = plan_name(view, pending.plan.as_str()), date = day(pending.at))
    };
    Some(view! { <p>{waits}</p>{resume_form(view, &plan)} }.into_any())
}

fn declined(subscription: &Subscription) -> Cow<'static, str> {
    let since = subscription.past_due_since.map(day);
    match (amount_due(subscription), since, subscription.details.is_invoiced) {
        (Some(amount), Some(since), true) => text!(status_invoice_overdue_since, amount = amount, date = since),
        (Some(amount), None, true) => text!(status_invoice_overdue, amount = amount),
        (None, Some(since), true) => text!(status_invoice_overdue_unknown_since, date = since),
        (None, None, true) => text!(status_invoice_overdue_unknown),
        (Some(amount), Some(since), false) => text!(status_declined_on, amount = amount, date = since),
        (Some(amount), None, false) => text!(status_declined, amount = amount),
        (None, Some(since), false) => text!(status_declined_unknown_on, date = since),
        (None, None, false) => text!(status_declined_unknown),
    }
}

/// Renders the notice for a payment that is due while a granted plan applies.
fn due_beside_grant(view: &MembershipView, subscription: &Subscription) -> AnyView {
    let paid = plan_name(view, subscription.plan.as_str());
    notice(
        Tone::Stop,
        declined(subscription),
        view! {
            <p>{text!(status_due_beside_grant, plan = paid, fallback = fallback(view))}</p>
            {payment_actions(view, subscription)}
            {scheduled_change(view, subscription)}
        },
    )
}

fn due(view: &MembershipView, subscription: &Subscription) -> AnyView {
    // Names the plan in force during grace, which may differ from the plan whose payment failed.
    let plan = plan_name(view, view.entitlements.plan.as_str());
    let until = view.entitlements.grace_until.map(day).unwrap_or_default();
    notice(
        Tone::Stop,
        declined(subscription),
        view! {
            <p>{rich_text(rich!(status_due, plan = plan, date = until, fallback = fallback(view)))}</p>
            {payment_actions(view, subscription)}
            {scheduled_change(view, subscription)}
        },
    )
}

fn suspended(view: &MembershipView, subscription: &Subscription) -> AnyView {
    let plan = plan_name(view, subscription.plan.as_str());
    let in_force = plan_name(view, view.entitlements.plan.as_str());
    let head = match view.entitlements.grace_until {
        Some(until) => text!(status_suspended_since, plan = in_force, date = day(until)),
        None => text!(status_suspended, plan = in_force),
    };
    let unpaid = match amount_due(subscription) {
        Some(amount) => text!(status_suspended_amount, amount = amount, plan = plan),
        None => text!(status_suspended_unknown, plan = plan),
    };
    notice(
        Tone::Stop,
        head,
        view! {
            <p>{unpaid}</p>
            {payment_actions(view, subscription)}
            {scheduled_change(view, subscription)}
        },
    )
}

fn incomplete(view: &MembershipView, subscription: &Subscription) -> AnyView {
    let plan = plan_name(view, subscription.plan.as_str());
    let provider = subscription.provider.title();
    let label = text!(status_first_payment_finish, provider = provider);
    notice(
        Tone::Near,
        text!(status_first_payment, plan = &plan),
        view! {
            <p>{text!(status_first_payment_waiting, provider = provider, plan = plan)}</p>
            {portal_button(view, PortalPage::Home, "button main", label)}
        },
    )
}

/// Renders the notice for a scheduled change of plan or cycle.
fn changing(view: &MembershipView, subscription: &Subscription, pending: &PendingChange) -> AnyView {
    let (plan, date) = (plan_name(view, subscription.plan.as_str()), day(pending.at));
    let (head, until_then) = match changed_cycle(subscription, pending) {
        Some(Cycle::Monthly) => (text!(status_changes_to_monthly, plan = &plan, date = date), None),
        Some(Cycle::Yearly) => (text!(status_changes_to_yearly, plan = &plan, date = date), None),
        None => (
            text!(status_changes, plan = &plan, next = plan_name(view, pending.plan.as_str()), date = date),
            Some(text!(status_active_until_then, plan = &plan)),
        ),
    };
    let above = view.catalog.plan(pending.plan.as_str()).map_or(0, |plan| limits_exceeded(view, plan));
    let price = next_price(view, subscription, pending);
    let lines = [until_then, price, exceeds(view, &pending.plan, above)];
    notice(
        Tone::Near,
        head,
        view! {
            {paragraph(lines)}
            {resume_form(view, &plan)}
        },
    )
}

/// Builds "You’re over 11 limits of Free. What you have stays, but you can’t add more."; `None` for no limit.
fn exceeds(view: &MembershipView, plan: &PlanId, limits: usize) -> Option<Cow<'static, str>> {
    (limits > 0).then(|| text!(status_exceeds, limits = limits, plan = plan_name(view, plan.as_str())))
}

/// Renders sentences as a paragraph; nothing if there are none.
fn paragraph(sentences: impl IntoIterator<Item = Option<Cow<'static, str>>>) -> Option<AnyView> {
    let sentences: Vec<_> = sentences.into_iter().flatten().collect();
    (!sentences.is_empty()).then(|| view! { <p>{sentences.join(" ")}</p> }.into_any())
}

/// Whether a subscription without a due or unfinished payment has an end.
fn is_ending(subscription: &Subscription) -> bool {
    let status = subscription.status;
    let is_unpaid = status.is_due() || status == ProviderStatus::Incomplete;
    status.is_live() && !is_unpaid && subscription.ends_at().is_some()
}

/// Renders the notice of a scheduled end as the outcome of the cancellation; `None` if no end is scheduled.
pub(crate) fn ending_alert(view: &MembershipView) -> Option<AnyView> {
    let subscription = view.subscription.as_ref().filter(|subscription| is_ending(subscription))?;
    let (head, body) = ending(view, subscription);
    Some(alert(Tone::Near, head, body))
}

/// Builds head and body of the notice of a scheduled end.
fn ending(view: &MembershipView, subscription: &Subscription) -> (Cow<'static, str>, AnyView) {
    let plan = plan_name(view, subscription.plan.as_str());
    let last_day = day(subscription.ends_at().unwrap_or(subscription.period_end));
    let then = text!(status_then_fallback, fallback = fallback(view));
    let body = view! {
        {paragraph([Some(then), exceeds(view, fallback_plan(view), above_fallback(view))])}
        {resume_form(view, &plan)}
    };
    (text!(status_ends, plan = &plan, date = last_day), body.into_any())
}
