//! Subscriptions at the provider that Dues does not manage, each with its reason.

use domain::{
    subscription::{UnmanagedReason, UnmanagedSubscription},
    wire::MembershipView,
};
use leptos::prelude::*;

use crate::{
    components::{membership::status::provider_title, page::entry::entry},
    wording::day,
};

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

/// Renders the extra items of the managed subscription, and the unmanaged subscriptions; `None` if there are neither.
pub(crate) fn also_there(view: &MembershipView) -> Option<AnyView> {
    let included = view.subscription.as_ref().filter(|subscription| subscription.status.is_live());
    let included = included.map(|subscription| subscription.details.also_included.as_slice()).unwrap_or_default();
    // If no price maps to a plan, the subscription itself is unmanaged and has no extra items.
    let has_moved = view.unmanaged.iter().any(|subscription| subscription.reason == UnmanagedReason::Moved);
    let included: &[String] = if has_moved { &[] } else { included };
    if included.is_empty() && view.unmanaged.is_empty() {
        return None;
    }
    let provider = provider_title(view);
    let lines = included.iter().map(|line| view! { <li class="breaking">{line.clone()}</li> }).collect_view();
    let lines = (!included.is_empty()).then(|| {
        view! { <p>"Paid for with the plan:"</p><ul class="stack" role="list">{lines}</ul> }
    });
    let unmanaged = (!view.unmanaged.is_empty()).then(|| {
        let left = format!("Dues doesn’t change or cancel it. Use {provider}’s own page for that.");
        view! { {unmanaged_list(&view.unmanaged)}<p class="note">{left}</p> }
    });
    Some(entry("also", format!("Also at {provider}"), None, view! { {lines}{unmanaged} }))
}
