//! `/membership/cancel`: confirmation before a subscription is canceled.

use domain::{
    subscription::{ProviderStatus, Subscription, SubscriptionStatus},
    wire::MembershipView,
};
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    actions::billing::CancelSubscription,
    components::{
        membership::{
            notices::status_notice,
            status::{above_fallback, fallback, only_an_admin, plan_name, provider_title},
        },
        notice::answer::answer_notice,
        page::{Place, access::workspace_page, entry::opening, frame},
    },
    request::{PageRequest, drawn_for::form_address, redirect},
    wording::{Sentence, day, limits},
};

pub(crate) fn cancel() -> AnyView {
    workspace_page(|services, viewer, req| async move {
        let view = services.subscriptions().membership(&viewer).await?;
        let is_ending = view
            .subscription
            .as_ref()
            .is_none_or(|subscription| !subscription.status.is_live() || subscription.cancel_at_period_end);
        if is_ending {
            // Nothing to cancel. The membership page shows the current state.
            redirect("/membership");
            return Ok(().into_any());
        }
        Ok(page(&view, &req))
    })
}

/// Says what the end date is: the end of the paid time or, while collection is paused, the end of the period.
fn why_until(subscription: &Subscription) -> &'static str {
    if subscription.details.collection_pause.is_some() { "when its period ends" } else { "which is paid" }
}

pub(in crate::pages) fn page(view: &MembershipView, req: &PageRequest) -> AnyView {
    let Some(subscription) = &view.subscription else { return ().into_any() };
    let plan = plan_name(view, subscription.plan.as_str());
    let free = fallback(view);
    let then = match subscription.status.subscription_status() {
        SubscriptionStatus::Active if subscription.status == ProviderStatus::Trialing => {
            Sentence::new(format!("{plan} stays on until "))
                .bold(day(subscription.current_period_end()))
                .then(format!(", when its trial ends. Then this workspace is on {free}, and nothing is charged."))
        }
        SubscriptionStatus::Active => {
            Sentence::new(format!("{plan} stays on until ")).bold(day(subscription.current_period_end())).then(format!(
                ", {}. Then this workspace is on {free}, and nothing more is charged.",
                why_until(subscription)
            ))
        }
        SubscriptionStatus::PastDue => Sentence::new(format!(
            "{} then charges no further period. The payment that is due stays due: it keeps {plan} on until ",
            subscription.provider.title()
        ))
        .bold(day(subscription.current_period_end()))
        .then(format!(", once it is made. Then this workspace is on {free}.")),
        SubscriptionStatus::Canceled => {
            Sentence::new(format!("{} then charges no further period. It ends on ", subscription.provider.title()))
                .bold(day(subscription.current_period_end()))
                .then(".")
        }
    };
    let above = above_fallback(view);
    let kept = if above > 0 {
        format!(
            "Nothing is deleted. You use more than it allows on {}: what is there stays, and nothing more is admitted.",
            limits(above)
        )
    } else {
        "Nothing is deleted. All that you use now fits into it.".to_owned()
    };
    let ask = if view.viewer.current_membership.role.is_admin() {
        view! {
            <form class="actions" method="post" action=form_address(CancelSubscription::PATH)>
                <button class="button stop">{format!("Cancel {plan}")}</button>
                <a href="/membership">{format!("Keep {plan}")}</a>
            </form>
        }
        .into_any()
    } else {
        view! { <p class="note">{only_an_admin(view)}</p> }.into_any()
    };
    frame(
        format!("Cancel {plan}?"),
        Place::UnderMembership,
        view.viewer.account_viewer(),
        view! {
            {opening(view! { <a href="/membership">"Membership"</a> }, view! {
                {answer_notice(req, provider_title(view), &view.viewer.current_membership.tenant_name)}
                <div class="stack">
                    <h1>{format!("Cancel {plan}?")}</h1>
                    <p class="lead">{then.view()}</p>
                </div>
                {subscription.status.is_due().then(|| status_notice(view))}
                {subscription.pending.is_some().then(|| view! { <p>"The change that waits until then is dropped."</p> })}
                <p>{kept}</p>
                <p>"Until then you can take it back on the membership page, with one click."</p>
                {ask}
            })}
        },
    )
}
