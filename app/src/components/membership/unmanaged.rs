//! Subscriptions at the provider that Dues does not manage, each with its reason.

use std::borrow::Cow;

use domain::{
    subscription::{
        BillingInterval, UNNAMED_SUBSCRIPTION, UnmanagedReason, UnmanagedSubscription,
        item::{BETWEEN_ITEMS, SubscriptionItem, items_of},
    },
    wire::MembershipView,
};
use leptos::prelude::*;
use locales::text;

use crate::{
    components::{membership::status::provider_title, page::entry::entry, provider::said_by_provider},
    wording::{day, exact},
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
        described => described_items(described, &subscription.items),
    }
}

/// Renders items that are no plan, in the reader's language if `items` are the parts of `text`, else as the provider
/// says it.
pub(crate) fn described_items(text: &str, items: &[SubscriptionItem]) -> AnyView {
    match items_in_words(text, items) {
        Some(words) => words.into_any(),
        None => said_by_provider(text),
    }
}

/// Writes items in the reader's language; `None` unless they are the parts of `text`.
pub(crate) fn items_in_words(text: &str, items: &[SubscriptionItem]) -> Option<String> {
    let items = items_of(text, items)?;
    Some(items.iter().map(item_in_words).collect::<Vec<_>>().join(BETWEEN_ITEMS))
}

fn item_in_words(item: &SubscriptionItem) -> Cow<'static, str> {
    let SubscriptionItem { name, quantity, price, every } = item;
    let name = match quantity {
        Some(quantity) => text!(status_item_quantity, quantity = *quantity, name = name),
        None => Cow::Owned(name.clone()),
    };
    let Some(price) = price.map(exact) else { return name };
    let price = match every {
        Some(BillingInterval { unit, count: 1 }) => {
            text!(customers_price_each, price = &*price, interval = unit.as_str())
        }
        Some(BillingInterval { unit, count }) => {
            text!(customers_price_every, price = &*price, count = *count, interval = unit.as_str())
        }
        None => Cow::Owned(price),
    };
    text!(status_item_priced, name = &*name, price = &*price)
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
    // If no price maps to a plan, the subscription itself is unmanaged and has no extra items.
    let has_moved = view.unmanaged.iter().any(|subscription| subscription.reason == UnmanagedReason::Moved);
    let included: Vec<_> =
        included.filter(|_| !has_moved).into_iter().flat_map(|subscription| subscription.details.included()).collect();
    if included.is_empty() && view.unmanaged.is_empty() {
        return None;
    }
    let provider = provider_title(view);
    let lines = included
        .iter()
        .map(|(text, items)| view! { <li class="breaking">{described_items(text, items)}</li> })
        .collect_view();
    let lines = (!included.is_empty()).then(|| {
        view! { <p>{text!(status_also_included)}</p><ul class="stack" role="list">{lines}</ul> }
    });
    let unmanaged = (!view.unmanaged.is_empty()).then(|| {
        let elsewhere = text!(status_unmanaged_elsewhere, count = view.unmanaged.len(), provider = &*provider);
        view! { {unmanaged_list(&view.unmanaged)}<p class="note">{elsewhere}</p> }
    });
    Some(entry("also", text!(status_also_at, provider = &*provider), None, view! { {lines}{unmanaged} }))
}

#[cfg(test)]
mod tests {
    use domain::{
        money::{Currency, Money},
        subscription::IntervalUnit,
    };
    use locales::installed;

    use super::*;

    #[test]
    fn items_are_described_in_the_readers_language() {
        let support = |quantity, count| SubscriptionItem {
            name: "Support".to_owned(),
            quantity,
            price: Some(Money::new(5000, Currency::USD)),
            every: Some(BillingInterval { unit: IntervalUnit::Month, count }),
        };
        let items = [support(None, 1), support(Some(3), 3)];
        let english = "Support, $50.00 a month + 3 × Support, $50.00 every 3 months";
        assert_eq!(items_in_words(english, &items).as_deref(), Some(english));
        assert_eq!(items_in_words("Support", &items), None, "a text that a former version replaced");
        let german = installed().get("de").unwrap();
        let (words, price) =
            german.within(|| (items_in_words(english, &items), exact(Money::new(5000, Currency::USD))));
        assert_eq!(words.unwrap(), format!("Support, {price} pro Monat + 3 × Support, {price} alle 3 Monate"));
    }
}
