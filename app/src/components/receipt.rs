//! Lines of an order summary: label, note in small print, amount.

use std::borrow::Cow;

use domain::{
    money::Money,
    subscription::{ProviderStatus, Subscription},
};
use leptos::prelude::*;
use locales::text;

use crate::wording::exact;

/// Renders a line.
pub(crate) fn line(
    label: impl Into<Cow<'static, str>>,
    note: Option<Cow<'static, str>>,
    amount: impl Into<Cow<'static, str>>,
) -> AnyView {
    let (label, amount) = (label.into(), amount.into());
    let note = note.map(|note| view! { " "<small>{note}</small> });
    view! { <div><dt>{label}{note}</dt><dd>{amount}</dd></div> }.into_any()
}

/// Renders the sum that is due today.
pub(crate) fn due_today(note: Cow<'static, str>, amount: Money) -> AnyView {
    view! {
        <div class="sum"><dt>{text!(checkout_due_today)}" "<small>{note}</small></dt><dd>{exact(amount)}</dd></div>
    }
    .into_any()
}

/// Describes the payment state of the current period, in place of an amount.
pub(crate) fn current_period_label(subscription: Option<&Subscription>) -> Cow<'static, str> {
    match subscription.map(|subscription| subscription.status) {
        Some(status) if status.is_due() => text!(checkout_amount_due),
        Some(ProviderStatus::Paused) => text!(checkout_amount_paused),
        Some(ProviderStatus::Trialing) => text!(checkout_amount_free),
        _ => text!(checkout_amount_paid),
    }
}
