//! What the life of a subscription leaves in the record of revenue.

use std::collections::BTreeMap;

use billing::store::testing::Engine;
use domain::{
    catalog::Cycle,
    subscription::revenue::{change::RevenueChangeKind, trend::Month},
};
use rstest::rstest;

use crate::test_env::{TestEnv, biller};

#[rstest]
#[tokio::test]
async fn each_change_of_revenue_is_recorded_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    use RevenueChangeKind::{Churned, TrialConverted, TrialStarted, Upgraded};
    let env = TestEnv::with_trials(engine, 14).await;
    let owner = env.owner("ada@acme.test").await;
    let started = env.order(&owner, "pro", Cycle::Monthly).await.unwrap();
    env.pay(&started.url).await;
    env.services.checkouts().settle_return(&owner, None).await.unwrap();
    env.advance_days(15).await;
    env.change_plan(&owner, "team", Cycle::Monthly).await;
    env.services.subscriptions().cancel_at_period_end(&biller(&owner)).await.unwrap();
    env.advance_days(32).await;
    for _ in 0..2 {
        env.sync(&owner).await;
    }
    assert_eq!(env.plan(&owner).await, "free");

    let now = env.services.billing_now();
    let months = (Month::last_of_trend(now)[0], Month::of(now));
    let mut reader = env.services.store().read().await.unwrap();
    let mut recorded = BTreeMap::new();
    for total in reader.connection().list_revenue_changes(months).await.unwrap() {
        let (subscriptions, minor) = recorded.entry(total.kind).or_insert((0, 0));
        *subscriptions += total.subscriptions;
        *minor += total.monthly.minor;
    }
    let expected =
        [(Churned, (1, 9_900)), (Upgraded, (1, 7_000)), (TrialStarted, (1, 2_900)), (TrialConverted, (1, 2_900))];
    assert_eq!(recorded, BTreeMap::from(expected));
}
