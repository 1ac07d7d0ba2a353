//! Which subscription of a tenant decides about its plan.

use std::cmp::Reverse;

use domain::subscription::ProviderStatus;

use crate::lives::{offer::rank, reported::Reported};

/// A subscription that Dues has stored.
#[derive(Debug)]
pub(super) struct Managed<'a> {
    pub(super) reported: &'a Reported,
    /// Its plan, also if no plan sells it any more.
    pub(super) plan: String,
    pub(super) is_by_hand: bool,
}

/// The order of statuses: what is paid comes first.
const fn precedence(status: ProviderStatus) -> u8 {
    match status {
        ProviderStatus::Active => 5,
        ProviderStatus::Trialing => 4,
        ProviderStatus::PastDue | ProviderStatus::Unpaid => 3,
        ProviderStatus::Incomplete => 2,
        ProviderStatus::Paused => 1,
        ProviderStatus::IncompleteExpired | ProviderStatus::Canceled => 0,
    }
}

/// Returns the current subscription: of those with the best status, the newest that Dues sold competes with those that a
/// person began, and the best plan wins, then the newest. Of trials the first counts.
pub(super) fn current<'m, 'a>(managed: &'m [Managed<'a>]) -> Option<&'m Managed<'a>> {
    let best = managed.iter().map(|one| precedence(one.reported.terms.status)).max()?;
    let mut newest: Vec<&Managed<'a>> =
        managed.iter().filter(|one| precedence(one.reported.terms.status) == best).collect();
    newest.sort_by_key(|one| Reverse(age(one)));
    let sold = newest.iter().copied().find(|one| !one.is_by_hand);
    newest.retain(|one| one.is_by_hand || sold.is_some_and(|sold| sold.reported.id == one.reported.id));
    // `max_by_key` returns the last of equals, and the newest comes first.
    newest.into_iter().rev().max_by_key(|one| {
        let is_live = one.reported.terms.status.is_live();
        if is_live { rank(&one.plan).map_or(0, |rank| rank + 1) } else { 0 }
    })
}

fn age<'a>(one: &Managed<'a>) -> (i64, &'a str) {
    let Reported { id, terms, .. } = one.reported;
    let since = terms.started_at.as_micros();
    (if terms.status == ProviderStatus::Trialing { -since } else { since }, id)
}
