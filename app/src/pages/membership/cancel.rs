//! `/membership/cancel`: confirmation before a subscription is canceled.

use domain::{
    subscription::{
        ProviderStatus, Subscription, SubscriptionStatus,
        cancellation::{COMMENT_MAX_CHARS, CancellationFeedback},
    },
    wire::MembershipView,
};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::{Rich, rich, text};

use crate::{
    actions::billing::CancelSubscription,
    components::{
        form::field::Field,
        membership::{
            cancellation::cancellation_words,
            notices::status_notice,
            status::{above_fallback, fallback, only_an_admin, plan_name, provider_of},
        },
        notice::answer::answer_notice,
        page::{Place, access::workspace_page, entry::opening, frame},
        rich::rich_text,
    },
    request::{PageRequest, drawn_for::form_address, redirect},
    wording::day,
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

/// Says until when the plan stays active after a cancellation, and what is charged.
fn consequences(view: &MembershipView, subscription: &Subscription, plan: &str) -> Rich {
    let provider = subscription.provider.title();
    let day = day(subscription.current_period_end());
    let fallback = fallback(view);
    match subscription.status.subscription_status() {
        SubscriptionStatus::Active if subscription.status == ProviderStatus::Trialing => {
            rich!(membership_cancel_trial, plan = plan, day = day, fallback = fallback)
        }
        // While collection is paused, the period is not paid.
        SubscriptionStatus::Active if subscription.details.collection_pause.is_some() => {
            rich!(membership_cancel_paused, plan = plan, day = day, fallback = fallback)
        }
        SubscriptionStatus::Active => rich!(membership_cancel_paid, plan = plan, day = day, fallback = fallback),
        SubscriptionStatus::PastDue => {
            rich!(membership_cancel_due, provider = provider, plan = plan, day = day, fallback = fallback)
        }
        SubscriptionStatus::Canceled => rich!(membership_cancel_suspended, provider = provider, day = day),
    }
}

/// Renders the optional reason. `provider` is the title of the provider that gets it, too.
fn reason(provider: &str) -> impl IntoView + use<> {
    let choices = CancellationFeedback::ALL
        .into_iter()
        .map(|feedback| {
            view! {
                <label class="tick-line">
                    <input type="radio" name="feedback" value=feedback.as_str()/>
                    <span>{cancellation_words(feedback)}</span>
                </label>
            }
        })
        .collect_view();
    let comment = Field {
        name: "comment",
        label: text!(membership_cancel_comment),
        autocomplete: "off",
        hint: Some(text!(membership_cancel_comment_hint, most = COMMENT_MAX_CHARS, provider = provider)),
        max_chars: Some(COMMENT_MAX_CHARS),
        optional: true,
        lines: Some(3),
        ..Field::default()
    };
    view! {
        <fieldset class="field">
            <legend>{text!(membership_cancel_why)}</legend>
            {choices}
        </fieldset>
        {comment.view()}
    }
}

pub(in crate::pages) fn page(view: &MembershipView, req: &PageRequest) -> AnyView {
    let Some(subscription) = &view.subscription else { return ().into_any() };
    let plan = plan_name(view, subscription.plan.as_str());
    let above = above_fallback(view);
    let kept = if above > 0 {
        text!(membership_cancel_above, limits = above, fallback = fallback(view))
    } else {
        text!(membership_cancel_fits, fallback = fallback(view))
    };
    let ask = if view.viewer.current_membership.role.may_bill() {
        view! {
            <form class="stack" method="post" action=form_address(CancelSubscription::PATH)>
                {reason(subscription.provider.title())}
                <div class="actions">
                    <button class="button stop">{text!(membership_cancel_button, plan = &plan)}</button>
                    <a href="/membership">{text!(membership_cancel_keep, plan = &plan)}</a>
                </div>
            </form>
        }
        .into_any()
    } else {
        view! { <p class="note">{only_an_admin(view)}</p> }.into_any()
    };
    frame(
        text!(membership_cancel_title, plan = &plan),
        Place::UnderMembership,
        view.viewer.account_viewer(),
        view! {
            {opening(view! { <a href="/membership">{text!(membership_title)}</a> }, view! {
                {answer_notice(req, provider_of(view), &view.viewer.current_membership.tenant_name)}
                <div class="stack">
                    <h1>{text!(membership_cancel_title, plan = &plan)}</h1>
                    <p class="lead">{rich_text(consequences(view, subscription, &plan))}</p>
                </div>
                {subscription.status.is_due().then(|| status_notice(view))}
                {subscription.pending.is_some().then(|| view! { <p>{text!(membership_cancel_pending)}</p> })}
                <p>{kept}</p>
                <p>{text!(membership_cancel_undo)}</p>
                {ask}
            })}
        },
    )
}
