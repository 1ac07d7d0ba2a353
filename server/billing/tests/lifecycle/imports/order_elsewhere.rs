//! Customers of tenants that have ordered a subscription through Dues at another provider.

use billing::{ServiceError, store::testing::Engine};
use domain::{
    catalog::Cycle,
    ids::TenantId,
    subscription::{BillingDetails, Provider, ProviderStatus, Subscription},
    tenant::import::ImportOutcome,
    time::Timestamp,
};
use rstest::rstest;

use super::{ProfileChange, product};
use crate::test_env::TestEnv;

fn change() -> ProfileChange {
    ProfileChange { name: Some("Acme".to_owned()), ..ProfileChange::default() }
}

fn order_at_polar(status: ProviderStatus, now: Timestamp) -> Subscription {
    Subscription {
        provider: Provider::Polar,
        details: BillingDetails { begun_by_dues: true, ..BillingDetails::default() },
        ..Subscription::sample("polar_sub_1", "pro", status, now)
    }
}

impl TestEnv {
    async fn tenant_of(&self, external: &str) -> TenantId {
        let mut reader = self.database.store.read().await.unwrap();
        reader.connection().find_tenant_by_external_id(&external.parse().unwrap()).await.unwrap().unwrap()
    }

    /// Stores a subscription that the tenant ordered through Dues at Polar.
    async fn set_order_at_polar(&self, tenant: &TenantId, status: ProviderStatus) {
        let order = order_at_polar(status, self.services.billing_now());
        let mut tx = self.database.store.begin().await.unwrap();
        tx.connection().upsert_subscription(tenant, &order).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn has_customer_at_stripe(&self, tenant: &TenantId) -> bool {
        let mut reader = self.database.store.read().await.unwrap();
        reader.connection().find_customer(tenant, Provider::Stripe).await.unwrap().is_some()
    }
}

/// Dues would end the order as a duplicate of the better subscription.
#[rstest]
#[tokio::test]
async fn a_customer_that_pays_is_not_linked_beside_an_order_at_another_provider(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let paying = env.plant_customer(Some("paying")).await;
    env.plant_subscription(&paying, &env.price("team", Cycle::Monthly), 1).await;
    let idle = env.plant_customer(Some("idle")).await;
    for external in ["paying", "idle"] {
        env.services.tenants().put_tenant(&product(), &external.parse().unwrap(), change()).await.unwrap();
        env.set_order_at_polar(&env.tenant_of(external).await, ProviderStatus::Active).await;
    }
    let tenant = env.tenant_of("paying").await;
    env.take_calls();
    env.refuse_writes();

    let expected = [("idle", ImportOutcome::NoSubscription), ("paying", ImportOutcome::Conflict)];
    let expected = expected.map(|(external, outcome)| (external.to_owned(), outcome));
    for is_dry_run in [true, false] {
        let (import, _) = env.import(is_dry_run).await;
        assert_eq!(env.outcomes(&import).await.into_iter().collect::<Vec<_>>(), expected);
        let rows = env.rows_of(&import).await;
        let refused = rows.iter().find(|row| row.outcome == ImportOutcome::Conflict).unwrap();
        assert!(refused.detail.as_ref().unwrap().contains("ordered through Dues at Polar"), "{refused:?}");
    }
    let external = "paying".parse().unwrap();
    let preview = env.imports().preview_put(&product(), &external, change(), (Provider::Stripe, &paying)).await;
    assert!(matches!(preview, Err(ServiceError::Conflict(_))), "{preview:?}");
    let put = env.put_customer("paying", &paying).await;
    assert!(matches!(put, Err(ServiceError::Conflict(_))), "{put:?}");
    assert!(!env.has_customer_at_stripe(&tenant).await);
    assert!(env.has_customer_at_stripe(&env.tenant_of("idle").await).await, "it has nothing that Dues would end");
    env.put_customer("idle", &idle).await.unwrap();
    env.run_due_jobs().await;
    for external in ["paying", "idle"] {
        let of = env.tenant_of(external).await;
        let mut reader = env.database.store.read().await.unwrap();
        assert_eq!(reader.connection().list_duplicates(&of).await.unwrap(), [], "{external}");
        drop(reader);
        assert_eq!(env.plan_of(external).await.as_deref(), Some("pro"));
    }
    env.expect_only_reads();

    env.set_order_at_polar(&tenant, ProviderStatus::Canceled).await;
    let (import, _) = env.import(false).await;
    assert_eq!(env.outcomes(&import).await["paying"], ImportOutcome::Adopt);
    assert_eq!(env.plan_of("paying").await.as_deref(), Some("team"));
    env.run_due_jobs().await;
    let mut reader = env.database.store.read().await.unwrap();
    assert_eq!(reader.connection().list_duplicates(&tenant).await.unwrap(), []);
}
