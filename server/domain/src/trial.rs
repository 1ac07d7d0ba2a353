//! Trying a plan before it is paid: once a workspace.

use crate::{
    catalog::Plan,
    subscription::{ProviderStatus, Subscription},
};

/// The longest (Stripe: `trial_period_days`).
pub const MAX_DAYS: u16 = 730;
/// How long before its end admins are told.
pub const NOTICE_SECS: i64 = 3 * 86_400;

/// Whether a tenant may still try a plan, by all subscriptions that it ever had at any provider. One whose first payment never
/// came has granted nothing, and does not count.
pub fn is_open(had: &[Subscription]) -> bool {
    had.iter().all(|own| {
        own.trial_end.is_none() && matches!(own.status, ProviderStatus::Incomplete | ProviderStatus::IncompleteExpired)
    })
}

/// For how many days a tenant would have the plan for nothing, were it to order it now; 0 for none.
pub fn days(plan: &Plan, had: &[Subscription]) -> u16 {
    if plan.is_paid() && is_open(had) { plan.trial_days } else { 0 }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::{
        catalog::{Cycle, file::default_catalog},
        subscription::{BillingDetails, Provider},
        time::Timestamp,
    };

    fn had(status: ProviderStatus, trial_end: Option<Timestamp>) -> Subscription {
        let start = Timestamp::from_secs(1_768_000_000);
        Subscription {
            provider: Provider::Polar,
            external_id: "sub_1".to_owned(),
            plan: "starter".parse().unwrap(),
            cycle: Cycle::Yearly,
            status,
            started_at: start,
            period_start: start,
            period_end: start.plus_secs(86_400),
            cancel_at_period_end: false,
            ended_at: None,
            past_due_since: None,
            payment_method: None,
            trial_end,
            pending: None,
            plan_before_due: None,
            price: None,
            due: None,
            details: BillingDetails::default(),
            fetched_at: start,
        }
    }

    fn plan(id: &str, trial_days: u16) -> Plan {
        Plan { trial_days, ..default_catalog().plan(id).unwrap().clone() }
    }

    #[test]
    fn a_workspace_that_never_subscribed_may_try_what_says_so() {
        assert_eq!(days(&plan("pro", 14), &[]), 14);
        assert_eq!(days(&plan("pro", 0), &[]), 0);
        assert_eq!(days(&plan("free", 14), &[]), 0, "nobody tries what costs nothing");
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
    fn whoever_had_a_subscription_pays_for_the_next(#[case] status: ProviderStatus, #[case] may: bool) {
        assert_eq!(days(&plan("pro", 14), &[had(status, None)]), if may { 14 } else { 0 });
        assert_eq!(
            days(&plan("pro", 14), &[had(status, Some(Timestamp::from_secs(0)))]),
            0,
            "one trial, whatever came of it"
        );
    }
}
