//! Notices about duplicate subscriptions: their state and the refund.

use domain::{
    money::Money,
    subscription::lifecycle::{DuplicateState, DuplicateSubscription},
    wire::MembershipView,
};
use leptos::prelude::*;

use crate::{
    components::{icon::Tone, membership::status::plan_name, notice::notice},
    wording::day,
};

/// Renders one notice per duplicate subscription.
pub(crate) fn duplicate_notices(view: &MembershipView) -> Vec<AnyView> {
    view.duplicates.iter().filter_map(|duplicate| duplicate_notice(view, duplicate)).collect()
}

fn duplicate_notice(view: &MembershipView, duplicate: &DuplicateSubscription) -> Option<AnyView> {
    let plan = plan_name(view, duplicate.plan.as_str());
    let provider = duplicate.provider.title();
    let found = day(duplicate.found_at);
    let was = if duplicate.state == DuplicateState::Canceled { "ordered" } else { "paid" };
    let so = format!("On {found} {plan} was {was} beside another subscription of this workspace.");
    let (tone, head, means) = match duplicate.state {
        DuplicateState::Found | DuplicateState::Canceling => (
            Tone::Near,
            format!("{plan} was paid twice over"),
            "It is being canceled, and what was paid for it goes back. There is nothing to do.".to_owned(),
        ),
        DuplicateState::Canceled => (
            Tone::Ok,
            "A second subscription is canceled".to_owned(),
            "Nothing had been paid for it, and nothing will be.".to_owned(),
        ),
        DuplicateState::Refunded => {
            let money = duplicate.refunded.map_or_else(|| "What was paid".to_owned(), Money::exact);
            (
                Tone::Ok,
                format!("{money} went back to you"),
                format!("It is canceled, and {provider} has given {money} back. A bank may take ten days to show it."),
            )
        }
        DuplicateState::Flagged => (
            Tone::Stop,
            "A second payment could not be given back".to_owned(),
            format!(
                "It is canceled, but {provider} did not give the money back: {} Tell the person who runs this installation.",
                duplicate.reason.as_deref().unwrap_or("it did not say why.")
            ),
        ),
        DuplicateState::Dropped => return None,
    };
    Some(notice(tone, head, view! { <p>{format!("{so} {means}")}</p> }))
}
