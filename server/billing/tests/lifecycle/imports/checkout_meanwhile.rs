//! A checkout stores the customer of a tenant while an import links another one to it.

use billing::{
    service::{Imports, tenant::import::ImportProgress},
    store::testing::Engine,
};
use domain::{
    catalog::Cycle,
    subscription::Provider,
    tenant::{
        external_id::ExternalId,
        import::{ImportOutcome, ImportState},
    },
};
use rstest::rstest;

use super::{ProfileChange, product};
use crate::test_env::TestEnv;

const CHECKOUT_CUSTOMER: &str = "cus_of_a_checkout";

#[rstest]
#[tokio::test]
async fn a_customer_that_a_checkout_stores_meanwhile_is_a_conflict_of_its_row_alone(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let pro = env.price("pro", Cycle::Monthly);
    for org in ["busy", "other"] {
        let customer = env.plant_customer(Some(org)).await;
        env.plant_subscription(&customer, &pro, 1).await;
    }
    let busy: ExternalId = "busy".parse().unwrap();
    let change = ProfileChange { name: Some("Acme".to_owned()), ..ProfileChange::default() };
    env.services.tenants().put_tenant(&product(), &busy, change).await.unwrap();
    let mut reader = env.database.store.read().await.unwrap();
    let tenant = reader.connection().find_tenant_by_external_id(&busy).await.unwrap().unwrap();
    drop(reader);

    let id = env.start_import(false).await;
    let (imports, holder) = (env.imports(), Imports::new_holder());
    assert_eq!(imports.step(&id, &holder).await.unwrap(), ImportProgress::More, "the customers are read");
    let now = env.services.billing_now();
    let mut checkout = env.database.store.begin().await.unwrap();
    checkout.connection().insert_customer(&tenant, Provider::Stripe, CHECKOUT_CUSTOMER, now).await.unwrap();
    let commit = async {
        // SQLite has one writer: there the import writes after the checkout.
        if engine == Engine::Postgres {
            env.database.wait_for_blocked_statement().await;
        }
        checkout.commit().await.unwrap();
    };
    let (progress, ()) = tokio::join!(imports.step(&id, &holder), commit);
    assert_eq!(progress.unwrap(), ImportProgress::More);
    imports.release(&id, &holder).await.unwrap();

    let report = env.finish_import(&id).await;
    assert_eq!((report.summary.state, report.summary.written), (ImportState::Done, 1));
    let outcomes: Vec<_> = env.outcomes(&id).await.into_iter().collect();
    let expected = [("busy", ImportOutcome::Conflict), ("other", ImportOutcome::Adopt)];
    assert_eq!(outcomes, expected.map(|(external, outcome)| (external.to_owned(), outcome)));
    let rows = env.rows_of(&id).await;
    let refused = rows.iter().find(|row| row.outcome == ImportOutcome::Conflict).unwrap();
    assert!(refused.detail.as_ref().unwrap().contains(CHECKOUT_CUSTOMER), "{refused:?}");
    assert_eq!(env.plan_of("other").await.as_deref(), Some("pro"));
}
