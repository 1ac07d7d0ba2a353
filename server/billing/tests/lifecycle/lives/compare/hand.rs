//! What a person began at the provider is neither ended nor refunded by Dues.

use std::collections::BTreeSet;

use domain::subscription::{ProviderStatus, Subscription};

use super::{DoneByDues, current::Managed};
use crate::lives::{life::Life, reported::Reported};

/// Dues knows which subscriptions its own checkouts began.
pub(super) fn assert_begun(life: &Life, one: &Reported, held: &Subscription, is_by_hand: bool) {
    assert_eq!(held.details.begun_by_dues, !is_by_hand, "{life}: {}, who began it", one.id);
}

/// Asserts that Dues has ended nothing that a person began, and that it shows what is paid beside the current
/// subscription.
pub(super) fn assert_left_alone(
    life: &Life,
    managed: &[Managed<'_>],
    current: Option<&Managed<'_>>,
    unmanaged: &BTreeSet<String>,
    done: &DoneByDues,
) {
    for one in life.subscriptions.iter().filter(|one| life.is_by_hand(one)) {
        let id = one["id"].as_str().unwrap();
        assert!(!done.ended.contains(id), "{life}: Dues has ended {id}, which a person began");
    }
    let current = current.map(|current| &current.reported.id);
    for one in managed.iter().filter(|one| one.is_by_hand && is_paid(one.reported)) {
        let id = &one.reported.id;
        if current == Some(id) {
            continue;
        }
        assert!(unmanaged.contains(id), "{life}: {id} is paid beside the current subscription, and is not shown");
    }
}

fn is_paid(reported: &Reported) -> bool {
    use ProviderStatus::{Active, PastDue, Trialing, Unpaid};
    matches!(reported.terms.status, Active | Trialing | PastDue | Unpaid)
}
