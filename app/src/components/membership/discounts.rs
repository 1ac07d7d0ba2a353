//! The discounts of a subscription.

use std::borrow::Cow;

use domain::{
    subscription::{Discount, Off},
    wire::MembershipView,
};
use leptos::prelude::*;
use locales::{Locale, text};

use crate::wording::{day, exact};

/// Builds "20% off with SUMMER until 1 Mar 2026".
pub(crate) fn discount_words(discount: &Discount) -> Cow<'static, str> {
    let Discount { name, off, until } = discount;
    let off = match off {
        Off::Percent(hundredths) => {
            text!(facts_discount_percent, percent = Locale::current().decimal(u64::from(*hundredths), 2))
        }
        Off::Amount(amount) => text!(facts_discount_amount, amount = exact(*amount)),
    };
    let off = off.into_owned();
    match (name, until) {
        (Some(name), Some(until)) => text!(facts_discount_until, off = off, name = name.clone(), date = day(*until)),
        (Some(name), None) => text!(facts_discount, off = off, name = name.clone()),
        (None, Some(until)) => text!(facts_discount_unnamed_until, off = off, date = day(*until)),
        (None, None) => Cow::Owned(off),
    }
}

/// Renders the discounts of the live subscription; `None` without any.
pub(crate) fn discount_list(view: &MembershipView) -> Option<AnyView> {
    let live = view.subscription.as_ref().filter(|subscription| subscription.status.is_live())?;
    let discounts = &live.details.discounts;
    let lines = discounts.iter().map(|discount| view! { <li class="breaking">{discount_words(discount)}</li> });
    let lines: Vec<_> = lines.collect();
    (!lines.is_empty()).then(|| view! { <ul class="stack" role="list">{lines}</ul> }.into_any())
}
