//! Notices about duplicate subscriptions: their state and the refund.

use std::borrow::Cow;

use domain::{
    subscription::{
        RefundRefusal,
        lifecycle::{DuplicateState, DuplicateSubscription},
    },
    wire::MembershipView,
};
use leptos::prelude::*;
use locales::text;

use crate::{
    components::{icon::Tone, membership::status::plan_name, notice::notice},
    wording::{day, exact},
};

/// Renders one notice per duplicate subscription.
pub(crate) fn duplicate_notices(view: &MembershipView) -> Vec<AnyView> {
    view.duplicates.iter().filter_map(|duplicate| duplicate_notice(view, duplicate)).collect()
}

fn duplicate_notice(view: &MembershipView, duplicate: &DuplicateSubscription) -> Option<AnyView> {
    let plan = plan_name(view, duplicate.plan.as_str());
    let provider = duplicate.provider.title();
    let day = day(duplicate.found_at);
    let (tone, head, body) = match duplicate.state {
        DuplicateState::Found | DuplicateState::Canceling => (
            Tone::Near,
            text!(membership_duplicate_found, plan = &plan),
            text!(membership_duplicate_found_body, day = day, plan = &plan),
        ),
        DuplicateState::Canceled => (
            Tone::Ok,
            text!(membership_duplicate_canceled),
            text!(membership_duplicate_canceled_body, day = day, plan = &plan),
        ),
        DuplicateState::Refunded => match duplicate.refunded.map(exact) {
            Some(amount) => (
                Tone::Ok,
                text!(membership_duplicate_refunded, amount = &amount),
                text!(
                    membership_duplicate_refunded_body,
                    day = day,
                    plan = &plan,
                    provider = provider,
                    amount = &amount
                ),
            ),
            None => (
                Tone::Ok,
                text!(membership_duplicate_refunded_some),
                text!(membership_duplicate_refunded_some_body, day = day, plan = &plan, provider = provider),
            ),
        },
        DuplicateState::Flagged => {
            let body = match duplicate.reason.as_deref().map(|reason| reason.trim_end_matches('.')) {
                Some(reason) => text!(
                    membership_duplicate_flagged_body,
                    day = day,
                    plan = &plan,
                    provider = provider,
                    reason = RefundRefusal::of(reason).map_or_else(|| reason.to_owned().into(), refusal)
                ),
                None => text!(
                    membership_duplicate_flagged_body_without_reason,
                    day = day,
                    plan = &plan,
                    provider = provider
                ),
            };
            (Tone::Stop, text!(membership_duplicate_flagged), body)
        }
        DuplicateState::Dropped => return None,
    };
    Some(notice(tone, head, view! { <p>{body}</p> }))
}

/// Says why Dues did not refund a payment, without a period.
fn refusal(refusal: RefundRefusal) -> Cow<'static, str> {
    match refusal {
        RefundRefusal::TooOld => text!(membership_refund_too_old),
        RefundRefusal::NoPayment => text!(membership_refund_no_payment),
        RefundRefusal::Failed => text!(membership_refund_failed),
        RefundRefusal::Unsupported => text!(membership_refund_unsupported),
    }
}
