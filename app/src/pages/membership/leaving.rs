//! The way out.

use domain::{subscription::Standing, wire::MembershipView};
use leptos::prelude::*;

use super::standing::plan_name;
use crate::{
    components::entry::entry,
    wording::{Sentence, day},
};

/// How to cancel, for those who pay and may; nothing for everyone else.
pub(super) fn leaving(view: &MembershipView) -> Option<AnyView> {
    let own = view.subscription.as_ref().filter(|own| own.status.is_live() && !own.cancel_at_period_end)?;
    if !view.viewer.here.role.is_admin() {
        return None;
    }
    let plan = plan_name(view, own.plan.as_str());
    let free = plan_name(view, view.catalog.free.as_str());
    let provider = own.provider.title();
    let then = match own.status.standing() {
        Standing::Active => Sentence::new(format!("{plan} stays on until "))
            .bold(day(own.period_end))
            .then(format!(", then this workspace is on {free}.")),
        Standing::PastDue | Standing::Canceled => {
            Sentence::new(format!("{provider} then charges no further period, and this workspace is on {free}."))
        }
    };
    let kept = format!(" Nothing is deleted: what is above a {free} limit stays, and nothing more is admitted.");
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
