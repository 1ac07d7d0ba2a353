//! The return page after a payment at the provider.

use std::borrow::Cow;

use billing::service::base::permission::Biller;
use domain::{
    catalog::{Plan, compare},
    ids::PlanId,
    subscription::{Direction, ProviderStatus, SubscriptionStatus, invoice::Invoice},
    wire::{CheckoutOutcome, CheckoutReturnView, MembershipView},
};
use leptos::prelude::*;
use locales::{Rich, text};

use crate::{
    components::{
        icon::{Tone, icon, state},
        membership::{
            invoices::invoice_links,
            notices::status_notice,
            plan_card::{direction_sign, limit_view},
            status::{lead, plan_name, provider_of, provider_title, title},
            status_facts::status_facts,
        },
        page::{
            Place,
            access::workspace_page,
            entry::{entry, opening},
            frame,
        },
        provider::title_or_none,
        rich::rich_text,
    },
    request::{local_path::with_query, refresh_after},
    wording::{day, exact, name},
};

/// Reload interval while the outcome is pending.
const LOOK_AGAIN_SECS: u32 = 4;

pub(crate) fn paid() -> AnyView {
    workspace_page(|services, viewer, req| async move {
        let session = req.query("session_id");
        let CheckoutReturnView { membership, outcome } =
            services.checkouts().settle_return(&viewer, session.as_deref()).await?;
        if is_pending(&outcome) {
            refresh_after(LOOK_AGAIN_SECS);
        }
        let last = membership.subscription.as_ref().and_then(|current| current.details.last_invoice.as_ref());
        let receipt = match (&outcome, last, Biller::person(&viewer)) {
            (CheckoutOutcome::Paid { .. }, Some(last), Ok(biller)) => {
                services.subscriptions().recent_invoice(&biller, &last.id).await?
            }
            _ => None,
        };
        Ok(page(&membership, &outcome, receipt.as_ref(), &req.here()))
    })
}

/// Whether the page reloads itself.
const fn is_pending(outcome: &CheckoutOutcome) -> bool {
    matches!(
        outcome,
        CheckoutOutcome::Processing { .. } | CheckoutOutcome::ProviderUnavailable | CheckoutOutcome::Throttled
    )
}

/// Whether the paid plan is in force with nothing due.
fn is_settled(view: &MembershipView, outcome: &CheckoutOutcome) -> bool {
    let CheckoutOutcome::Paid { plan, .. } = outcome else { return false };
    view.entitlements.plan == *plan && view.entitlements.status == SubscriptionStatus::Active
}

/// Whether the confirmed change takes effect later.
fn is_scheduled(view: &MembershipView) -> bool {
    view.subscription.as_ref().is_some_and(|subscription| subscription.pending.is_some())
}

fn is_trial(view: &MembershipView) -> bool {
    view.subscription.as_ref().is_some_and(|subscription| subscription.status == ProviderStatus::Trialing)
}

/// Returns the document's title, the `h1` and the lead.
fn words(view: &MembershipView, outcome: &CheckoutOutcome) -> (Cow<'static, str>, Cow<'static, str>, Rich) {
    let provider = provider_title(view);
    let provider = &*provider;
    let workspace = &view.viewer.current_membership.tenant_name;
    let plan_name = |plan: &PlanId| plan_name(view, plan.as_str());
    match outcome {
        // A change of plan or cycle is scheduled: the membership's title and lead describe it.
        CheckoutOutcome::Paid { .. } if is_scheduled(view) => {
            (text!(checkout_paid_title_scheduled), title(view), lead(view))
        }
        CheckoutOutcome::Paid { .. } if is_trial(view) => (text!(checkout_paid_title_trial), title(view), lead(view)),
        CheckoutOutcome::Paid { plan, .. }
            if view.entitlements.plan == *plan && view.entitlements.status == SubscriptionStatus::Active =>
        {
            (text!(checkout_paid_title), title(view), text!(checkout_paid_lead).into())
        }
        CheckoutOutcome::Paid { .. } => (text!(checkout_paid_title_membership), title(view), lead(view)),
        CheckoutOutcome::Processing { plan } => (
            text!(checkout_processing_title),
            text!(checkout_processing, provider = provider),
            text!(checkout_processing_lead, plan = plan_name(plan)).into(),
        ),
        CheckoutOutcome::NotPaid { plan } => (
            text!(checkout_not_paid_title),
            text!(checkout_not_paid),
            text!(checkout_not_paid_lead, provider = provider, plan = plan_name(plan)).into(),
        ),
        CheckoutOutcome::ProviderUnavailable => (
            text!(checkout_waiting_title),
            text!(checkout_unavailable, provider = provider),
            text!(checkout_unavailable_lead, provider = provider).into(),
        ),
        CheckoutOutcome::Throttled => (
            text!(checkout_waiting_title),
            text!(checkout_throttled, provider = provider),
            text!(checkout_throttled_lead, workspace = workspace).into(),
        ),
        CheckoutOutcome::NoOrder => (
            text!(checkout_no_order_title),
            text!(checkout_no_order),
            text!(checkout_no_order_lead, workspace = workspace, provider = title_or_none(provider_of(view))).into(),
        ),
    }
}

/// Renders the page. `receipt` is the invoice that was paid, for those who may see it.
pub(in crate::pages) fn page(
    view: &MembershipView,
    outcome: &CheckoutOutcome,
    receipt: Option<&Invoice>,
    here: &str,
) -> AnyView {
    let (page_title, head, meaning) = words(view, outcome);
    let membership = || view! { <a class="button main" href="/membership">{text!(checkout_paid_membership)}</a> };
    let actions = match outcome {
        CheckoutOutcome::Paid { .. } => view! {
            {membership()}
            <a class="button" href="/usage">{text!(checkout_paid_usage)}</a>
            <a href="/settings/billing">{text!(checkout_paid_billing)}</a>
        }
        .into_any(),
        CheckoutOutcome::Processing { .. } | CheckoutOutcome::ProviderUnavailable | CheckoutOutcome::Throttled => {
            view! {
                <a class="button" href=here.to_owned()>{text!(checkout_paid_refresh)}</a>
                <a href="/membership">{text!(checkout_paid_go)}</a>
            }
            .into_any()
        }
        CheckoutOutcome::NotPaid { plan } => {
            let review = with_query("/checkout", &[("plan", plan.as_str())]);
            let label = text!(checkout_not_paid_action, plan = plan_name(view, plan.as_str()));
            view! {
                <a class="button main" href=review>{label}</a>
                <a href="/membership">{text!(checkout_paid_go)}</a>
            }
            .into_any()
        }
        CheckoutOutcome::NoOrder => membership().into_any(),
    };
    let stamp = (is_settled(view, outcome) && !is_scheduled(view)).then(|| {
        let provider = provider_title(view);
        let words = if is_trial(view) {
            text!(checkout_paid_stamp_trial, provider = &*provider)
        } else {
            text!(checkout_paid_stamp, provider = &*provider)
        };
        view! { <p>{state(Tone::Ok, words)}</p> }
    });
    let role = is_pending(outcome).then_some("status");
    let raised_limits = match outcome {
        // Only if the paid plan is in force and no change is scheduled.
        CheckoutOutcome::Paid { plan, .. } if is_settled(view, outcome) && !is_scheduled(view) => {
            view.catalog.plan(plan.as_str()).and_then(|plan| raised_limits(view, plan))
        }
        _ => None,
    };
    frame(
        page_title,
        Place::UnderMembership,
        view.viewer.account_viewer(),
        view! {
            {opening(day(view.now).into_any(), view! {
                <div class="stack" role=role>
                    {stamp}
                    <h1>{head}</h1>
                    <p class="lead">{rich_text(meaning)}</p>
                </div>
                {status_notice(view)}
                {matches!(outcome, CheckoutOutcome::Paid { .. }).then(|| status_facts(view))}
                {receipt.map(receipt_line)}
                <div class="actions">{actions}</div>
            })}
            {raised_limits}
        },
    )
}

/// Renders the number and the amount of the paid invoice, and the links to it.
fn receipt_line(invoice: &Invoice) -> AnyView {
    let number = invoice.number.as_ref().unwrap_or(&invoice.id);
    let words = text!(checkout_paid_receipt, number = number, amount = exact(invoice.total));
    view! { <p class="breaking">{words}" "{invoice_links(invoice)}</p> }.into_any()
}

/// Renders the limits of the plan that exceed those of the free plan.
fn raised_limits(view: &MembershipView, plan: &Plan) -> Option<AnyView> {
    let free = view.catalog.plan(view.catalog.free.as_str())?;
    let changes: Vec<_> = compare::compare(&view.catalog, free, plan)
        .into_iter()
        .filter(|change| change.direction == Direction::Up)
        .collect();
    let (shown, rest): (Vec<_>, Vec<_>) = changes.into_iter().partition(|change| change.feature.on_card);
    if shown.is_empty() {
        return None;
    }
    let (class, sign, words) = direction_sign(Direction::Up);
    let lines = shown
        .iter()
        .map(|change| {
            view! {
                <li>
                    <span class=class>{icon(sign)}</span>
                    <span><span class="unseen">{words.clone()}</span>{name(&change.feature.title)}</span>
                    <span class="num">
                        <s>{limit_view(change.feature, change.from)}" "{text!(checkout_raised_to)}</s>" "<b>{limit_view(change.feature, change.to)}</b>
                    </span>
                </li>
            }
        })
        .collect_view();
    let more = (!rest.is_empty()).then(|| view! { {text!(checkout_raised_more, limits = rest.len())}" " });
    Some(entry(
        "room",
        text!(checkout_raised),
        Some(text!(checkout_raised_note, plan = name(&plan.name), free = name(&free.name)).into_any()),
        view! {
            <div class="stack half">
                <ul class="deltas" role="list">{lines}</ul>
                <p class="note">{more}<a href="/membership#all-plans">{text!(checkout_raised_all)}</a></p>
            </div>
        },
    ))
}
