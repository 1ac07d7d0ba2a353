//! The section that leads to the cancellation.

use domain::{
    subscription::{Subscription, SubscriptionStatus},
    wire::MembershipView,
};
use leptos::prelude::*;
use locales::{rich, text};

use crate::{
    components::{
        membership::status::{fallback, plan_name},
        page::entry::entry,
        rich::rich_text,
    },
    wording::day,
};

/// The page that asks before the plan is canceled.
const CANCEL_PATH: &str = "/membership/cancel";

/// Returns the subscription that the viewer may cancel, if it is live and not canceled yet.
fn cancelable(view: &MembershipView) -> Option<&Subscription> {
    let may_bill = view.viewer.current_membership.role.may_bill();
    view.subscription
        .as_ref()
        .filter(|subscription| may_bill && subscription.status.is_live() && !subscription.cancel_at_period_end)
}

/// Renders the link beside the subscription's facts, so that the section below all plans is found without scrolling.
pub(super) fn cancel_link(view: &MembershipView) -> Option<AnyView> {
    cancelable(view).map(|_| view! { <a href=CANCEL_PATH>{text!(membership_cancel_section)}</a> }.into_any())
}

/// Renders the section for those who may cancel the plan of a paying workspace; `None` otherwise.
pub(super) fn cancel_section(view: &MembershipView) -> Option<AnyView> {
    let subscription = cancelable(view)?;
    let plan = plan_name(view, subscription.plan.as_str());
    let then = match subscription.status.subscription_status() {
        SubscriptionStatus::Active => rich!(
            membership_cancel_section_active,
            plan = &plan,
            day = day(subscription.current_period_end()),
            fallback = fallback(view)
        ),
        SubscriptionStatus::PastDue => {
            text!(membership_cancel_section_due, provider = subscription.provider.title()).into()
        }
        // A live subscription whose plan is not in force is paused.
        SubscriptionStatus::Canceled => rich!(
            membership_cancel_section_paused,
            provider = subscription.provider.title(),
            day = day(subscription.current_period_end())
        ),
    };
    let then = then.then(" ").then(text!(membership_cancel_section_kept));
    Some(entry(
        "leaving",
        text!(membership_cancel_section),
        None,
        view! {
            <p>{rich_text(then)}</p>
            <div class="actions">
                <a class="button stop" href=CANCEL_PATH>{text!(membership_cancel_button, plan = &plan)}</a>
            </div>
        },
    ))
}
