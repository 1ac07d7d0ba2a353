//! The return page after a payment at the provider.

use domain::{
    catalog::{Plan, compare},
    ids::PlanId,
    subscription::{Direction, ProviderStatus, SubscriptionStatus},
    wire::{CheckoutOutcome, CheckoutReturnView, MembershipView},
};
use leptos::prelude::*;

use crate::{
    components::{
        icon::{Tone, icon, state},
        membership::{
            notices::status_notice,
            plan_card::{direction_sign, limit_view},
            status::{lead, plan_name, provider_title, title},
            status_facts::status_facts,
        },
        page::{
            Place,
            access::workspace_page,
            entry::{entry, opening},
            frame,
        },
    },
    request::{local_path::with_query, refresh_after},
    wording::{Sentence, count, day},
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
        Ok(page(&membership, &outcome, &req.here()))
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
fn words(view: &MembershipView, outcome: &CheckoutOutcome) -> (&'static str, String, Sentence) {
    let provider = provider_title(view);
    let workspace = &view.viewer.current_membership.tenant_name;
    let name = |plan: &PlanId| plan_name(view, plan.as_str());
    match outcome {
        // A change of plan or cycle is scheduled: the membership's title and lead describe it.
        CheckoutOutcome::Paid { .. } if is_scheduled(view) => ("Settled", title(view), lead(view)),
        CheckoutOutcome::Paid { .. } if is_trial(view) => ("Trial", title(view), lead(view)),
        CheckoutOutcome::Paid { plan, .. }
            if view.entitlements.plan == *plan && view.entitlements.status == SubscriptionStatus::Active =>
        {
            ("Paid", title(view), Sentence::new("The new limits hold from now on, in every part of the product."))
        }
        CheckoutOutcome::Paid { .. } => ("Membership", title(view), lead(view)),
        CheckoutOutcome::Processing { plan } => (
            "Processing",
            format!("{provider} has the order and waits for the money."),
            Sentence::new(format!(
                "{} is on the moment it arrives. This page looks again by itself. You can leave it; nothing is lost.",
                name(plan)
            )),
        ),
        CheckoutOutcome::NotPaid { plan } => (
            "Not paid",
            "Nothing was paid.".to_owned(),
            Sentence::new(format!(
                "{provider}’s page was left before paying for {}. The plan is as it was.",
                name(plan)
            )),
        ),
        CheckoutOutcome::ProviderUnavailable => (
            "Waiting",
            format!("{provider} does not answer."),
            Sentence::new(
                "What was paid there is not lost: it is asked again until it answers. This page looks again by itself, too.",
            ),
        ),
        CheckoutOutcome::Throttled => (
            "Waiting",
            format!("{provider} is asked again in a moment."),
            Sentence::new(format!(
                "Pages of {workspace} have asked it often lately. What was paid is not lost. This page looks again by itself."
            )),
        ),
        CheckoutOutcome::NoOrder => (
            "No order",
            "There is no order to look at.".to_owned(),
            Sentence::new(format!("{workspace} has not been to {provider}’s page lately. Nothing was charged.")),
        ),
    }
}

pub(in crate::pages) fn page(view: &MembershipView, outcome: &CheckoutOutcome, here: &str) -> AnyView {
    let (page_title, head, meaning) = words(view, outcome);
    let membership = || view! { <a class="button main" href="/membership">"See your membership"</a> };
    let actions = match outcome {
        CheckoutOutcome::Paid { .. } => {
            view! { {membership()}<a class="button" href="/usage">"See what you use"</a> }.into_any()
        }
        CheckoutOutcome::Processing { .. } | CheckoutOutcome::ProviderUnavailable | CheckoutOutcome::Throttled => {
            view! { <a class="button" href=here.to_owned()>"Look now"</a><a href="/membership">"Go to membership"</a> }
                .into_any()
        }
        CheckoutOutcome::NotPaid { plan } => {
            let review = with_query("/checkout", &[("plan", plan.as_str())]);
            let label = format!("Review {} again", plan_name(view, plan.as_str()));
            view! { <a class="button main" href=review>{label}</a><a href="/membership">"Go to membership"</a> }
                .into_any()
        }
        CheckoutOutcome::NoOrder => membership().into_any(),
    };
    let stamp = (is_settled(view, outcome) && !is_scheduled(view)).then(|| {
        let so = if is_trial(view) { "Nothing charged" } else { "Paid" };
        let words = format!("{so}, as {} says", provider_title(view));
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
                    <p class="lead">{meaning.view()}</p>
                </div>
                {status_notice(view)}
                {matches!(outcome, CheckoutOutcome::Paid { .. }).then(|| status_facts(view))}
                <div class="actions">{actions}</div>
            })}
            {raised_limits}
        },
    )
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
                    <span><span class="unseen">{words}</span>{change.feature.title.clone()}</span>
                    <span class="num">
                        <s>{limit_view(change.feature, change.from)}" to"</s>" "<b>{limit_view(change.feature, change.to)}</b>
                    </span>
                </li>
            }
        })
        .collect_view();
    let more = (!rest.is_empty()).then(|| format!("And {} more. ", count(rest.len())));
    Some(entry(
        "room",
        "Room",
        Some(format!("What {} allows, and {} does not.", plan.name, free.name).into_any()),
        view! {
            <div class="stack half">
                <ul class="deltas" role="list">{lines}</ul>
                <p class="note">{more}<a href="/membership#all-plans">"All limits"</a></p>
            </div>
        },
    ))
}
