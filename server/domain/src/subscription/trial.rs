//! Trials: free days before the first payment of a plan, once per tenant.

use crate::{
    catalog::Plan,
    subscription::{ProviderStatus, Subscription},
};

/// The longest trial in days (the maximum of Stripe's `trial_period_days`).
pub const MAX_DAYS: u16 = 730;
/// Dues notifies admins of the end of a trial this many seconds ahead.
pub const NOTICE_SECS: i64 = 3 * 86_400;

/// Whether a tenant may start a trial. `had` are all subscriptions that the tenant ever had, at every provider.
///
/// `true` if no subscription ever granted the tenant a plan: each had no trial, and its first payment did not arrive.
pub fn is_available(had: &[Subscription]) -> bool {
    had.iter().all(|past| {
        past.trial_end.is_none()
            && matches!(past.status, ProviderStatus::Incomplete | ProviderStatus::IncompleteExpired)
    })
}

/// The length in days of the trial with which an order of `plan` would start; 0 for no trial. `had` is as in
/// [`is_available`].
pub fn days_for(plan: &Plan, had: &[Subscription]) -> u16 {
    if plan.is_paid() && is_available(had) { plan.trial_days } else { 0 }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::{catalog::file::default_catalog, time::Timestamp};

    fn had(status: ProviderStatus, trial_end: Option<Timestamp>) -> Subscription {
        let start = Timestamp::from_secs(1_768_000_000);
        Subscription { trial_end, ..Subscription::sample("sub_1", "starter", status, start) }
    }

    fn plan(id: &str, trial_days: u16) -> Plan {
        Plan { trial_days, ..default_catalog().plan(id).unwrap().clone() }
    }

    #[test]
    fn a_tenant_without_a_subscription_gets_the_trial_of_the_plan() {
        assert_eq!(days_for(&plan("pro", 14), &[]), 14);
        assert_eq!(days_for(&plan("pro", 0), &[]), 0);
        assert_eq!(days_for(&plan("free", 14), &[]), 0, "a free plan has no trial");
    }

    #[rstest]
    #[case(ProviderStatus::Active, false)]
    #[case(ProviderStatus::Trialing, false)]
    #[case(ProviderStatus::PastDue, false)]
    #[case(ProviderStatus::Unpaid, false)]
    #[case(ProviderStatus::Canceled, false)]
    #[case(ProviderStatus::Paused, false)]
    #[case::never_paid(ProviderStatus::IncompleteExpired, true)]
    #[case::not_paid_yet(ProviderStatus::Incomplete, true)]
    fn a_trial_is_available_only_before_the_first_paid_subscription(
        #[case] status: ProviderStatus,
        #[case] available: bool,
    ) {
        assert_eq!(days_for(&plan("pro", 14), &[had(status, None)]), if available { 14 } else { 0 });
        assert_eq!(
            days_for(&plan("pro", 14), &[had(status, Some(Timestamp::from_secs(0)))]),
            0,
            "a tenant has only one trial"
        );
    }
}
