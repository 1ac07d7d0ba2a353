//! Subscriptions at the provider that Dues does not manage, each with its reason.

use std::borrow::Cow;

use domain::{
    subscription::{UNNAMED_SUBSCRIPTION, UnmanagedReason, UnmanagedSubscription},
    wire::MembershipView,
};
use leptos::prelude::*;
use locales::text;

use crate::{
    components::{membership::status::provider_title, page::entry::entry, provider::said_by_provider},
    wording::day,
};

/// Explains why the subscription is not managed.
pub(crate) fn reason(subscription: &UnmanagedSubscription) -> Cow<'static, str> {
    let provider = subscription.provider.title();
    match subscription.reason {
        UnmanagedReason::NoPlan => text!(status_unmanaged_no_plan),
        UnmanagedReason::Moved => text!(status_unmanaged_moved),
        UnmanagedReason::UnknownStatus => match &subscription.detail {
            Some(status) => text!(status_unmanaged_status, provider = provider, status = status),
            None => text!(status_unmanaged_status_unknown, provider = provider),
        },
        UnmanagedReason::Unreadable => text!(status_unmanaged_unreadable, provider = provider),
        UnmanagedReason::Several => text!(status_unmanaged_several),
    }
}

/// Renders what the provider calls the subscription.
pub(crate) fn described(subscription: &UnmanagedSubscription) -> AnyView {
    match subscription.described.as_str() {
        UNNAMED_SUBSCRIPTION => text!(status_unmanaged_unnamed).into_any(),
        described => said_by_provider(described),
    }
}

/// Renders one line per subscription.
pub(crate) fn unmanaged_list(all: &[UnmanagedSubscription]) -> AnyView {
    let lines = all
        .iter()
        .map(|subscription| {
            let since = text!(status_unmanaged_since, date = day(subscription.first_seen_at));
            let means = format!(" {} {since}", reason(subscription));
            view! { <li><b class="breaking">{described(subscription)}"."</b>{means}</li> }
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
    let lines = included.iter().map(|line| view! { <li class="breaking">{said_by_provider(line)}</li> }).collect_view();
    let lines = (!included.is_empty()).then(|| {
        view! { <p>{text!(status_also_included)}</p><ul class="stack" role="list">{lines}</ul> }
    });
    let unmanaged = (!view.unmanaged.is_empty()).then(|| {
        let elsewhere = text!(status_unmanaged_elsewhere, count = view.unmanaged.len(), provider = &*provider);
        view! { {unmanaged_list(&view.unmanaged)}<p class="note">{elsewhere}</p> }
    });
    Some(entry("also", text!(status_also_at, provider = &*provider), None, view! { {lines}{unmanaged} }))
}
