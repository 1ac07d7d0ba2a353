//! Subscriptions at the provider that Dues does not manage, each with its reason.

use domain::subscription::{UnmanagedReason, UnmanagedSubscription};
use leptos::prelude::*;

use crate::wording::day;

/// Explains why the subscription is not managed.
pub(crate) fn reason(subscription: &UnmanagedSubscription) -> String {
    let provider = subscription.provider.title();
    match subscription.reason {
        UnmanagedReason::NoPlan => "No plan here sells it, so it changes no limit.".to_owned(),
        UnmanagedReason::Moved => {
            "No plan here sells its price. The plan that it had stays on until that is settled.".to_owned()
        }
        UnmanagedReason::UnknownStatus => match &subscription.detail {
            Some(status) => format!("{provider} calls its state “{status}”, which is not known here."),
            None => format!("{provider} gives it a state that is not known here."),
        },
        UnmanagedReason::Unreadable => format!("What {provider} says of it can’t be read here."),
    }
}

/// Renders one line per subscription.
pub(crate) fn unmanaged_list(all: &[UnmanagedSubscription]) -> AnyView {
    let lines = all
        .iter()
        .map(|subscription| {
            let head = format!("{}.", subscription.described);
            let means = format!(" {} Seen since {}.", reason(subscription), day(subscription.first_seen_at));
            view! { <li><b class="breaking">{head}</b>{means}</li> }
        })
        .collect_view();
    view! { <ul class="stack" role="list">{lines}</ul> }.into_any()
}
