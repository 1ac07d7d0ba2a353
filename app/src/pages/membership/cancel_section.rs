//! The section that leads to the cancellation.

use domain::{subscription::SubscriptionStatus, wire::MembershipView};
use leptos::prelude::*;

use crate::{
    components::{
        membership::status::{fallback, plan_name},
        page::entry::entry,
    },
    wording::{Sentence, day},
};

/// Renders the section for admins of a paying workspace; `None` otherwise.
pub(super) fn cancel_section(view: &MembershipView) -> Option<AnyView> {
    let subscription = view
        .subscription
        .as_ref()
        .filter(|subscription| subscription.status.is_live() && !subscription.cancel_at_period_end)?;
    if !view.viewer.current_membership.role.is_admin() {
        return None;
    }
    let plan = plan_name(view, subscription.plan.as_str());
    let then = fallback(view);
    let provider = subscription.provider.title();
    let then = match subscription.status.subscription_status() {
        SubscriptionStatus::Active => Sentence::new(format!("If you cancel, {plan} stays on until "))
            .bold(day(subscription.current_period_end()))
            .then(format!(". Then this workspace is on {then}.")),
        SubscriptionStatus::PastDue | SubscriptionStatus::Canceled => {
            Sentence::new(format!("If you cancel, {provider} charges no further period. What is due stays due."))
        }
    };
    let kept = " Nothing is deleted: what is above a limit stays, and nothing more is admitted.";
    Some(entry(
        "leaving",
        "Leaving",
        None,
        view! {
            <p>{then.then(kept).view()}</p>
            <div class="actions">
                <a class="button stop" href="/membership/cancel">{format!("Cancel {plan}")}</a>
            </div>
        },
    ))
}
