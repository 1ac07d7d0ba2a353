//! Cancellation, resumption, and invoices.

use axum::http::Method;
use billing::{service::ServiceError, store::testing::Engine};
use domain::subscription::invoice::InvoiceStatus;
use rstest::rstest;

use crate::test_env::{TestEnv, biller};

#[rstest]
#[tokio::test]
async fn a_cancellation_keeps_the_paid_period_and_can_be_reverted(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let ends = async || {
        env.services.subscriptions().status(&owner.current_membership.tenant_id).await.unwrap().cancel_at_period_end
    };
    for _ in 0..2 {
        env.services.subscriptions().cancel_at_period_end(&biller(&owner)).await.unwrap();
        assert!(ends().await);
        assert_eq!(env.plan(&owner).await, "pro");
    }
    for _ in 0..2 {
        env.services.subscriptions().resume(&biller(&owner)).await.unwrap();
        assert!(!ends().await);
    }
    assert_eq!(
        env.services.subscriptions().activity(&biller(&owner)).await.unwrap().drift,
        [],
        "what one does oneself is no drift"
    );

    env.services.subscriptions().cancel_at_period_end(&biller(&owner)).await.unwrap();
    env.advance_days(32).await;
    env.sync(&owner).await;
    assert_eq!(env.plan(&owner).await, "free");
    let over = env.services.subscriptions().resume(&biller(&owner)).await;
    assert!(matches!(over, Err(ServiceError::NoSubscription)), "{over:?}");
}

#[rstest]
#[tokio::test]
async fn a_cancellation_date_of_the_portal_can_be_cleared(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let subscription = env.subscriptions(&owner).await.remove(0);
    let path =
        format!("/v1/subscriptions/{}?cancel_at={}", subscription.external_id, subscription.period_end.as_secs());
    env.call_stripe(Method::POST, &path).await;
    env.sync(&owner).await;
    assert!(env.subscriptions(&owner).await[0].cancel_at_period_end);
    env.services.subscriptions().resume(&biller(&owner)).await.unwrap();
    assert!(!env.subscriptions(&owner).await[0].cancel_at_period_end);
}

#[rstest]
#[tokio::test]
async fn a_workspace_without_payments_has_nothing_to_cancel_and_no_invoices(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner("ada@acme.test").await;
    let canceled = env.services.subscriptions().cancel_at_period_end(&biller(&owner)).await;
    assert!(matches!(canceled, Err(ServiceError::NoSubscription)), "{canceled:?}");
    assert_eq!(env.services.subscriptions().invoices(&biller(&owner)).await.unwrap(), []);
}

#[rstest]
#[tokio::test]
async fn invoices_are_listed_newest_first_with_working_links(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let other = env.owner_on("bob@acme.test", "team").await;
    env.advance_days(32).await;
    let invoices = env.services.subscriptions().invoices(&biller(&owner)).await.unwrap();
    let totals: Vec<_> = invoices.iter().map(|invoice| (invoice.total.exact(), invoice.status)).collect();
    assert_eq!(totals, vec![("$29.00".to_owned(), InvoiceStatus::Paid); 2]);
    assert!(invoices[0].created_at > invoices[1].created_at);
    for url in invoices.iter().flat_map(|invoice| [&invoice.url, &invoice.pdf_url]) {
        assert_eq!(env.status_of(url.as_ref().unwrap()).await, 200);
    }
    assert_eq!(env.services.subscriptions().invoices(&biller(&other)).await.unwrap().len(), 2);
}

#[rstest]
#[tokio::test]
async fn during_an_outage_no_action_is_reported_as_done(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    env.set_provider_down(true);
    let canceled = env.services.subscriptions().cancel_at_period_end(&biller(&owner)).await;
    assert!(matches!(canceled, Err(ServiceError::ProviderUnavailable { .. })), "{canceled:?}");
    assert!(!env.subscriptions(&owner).await[0].cancel_at_period_end);
}
