use std::{
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
};

use domain::subscription::{ProviderStatus, Subscription};
use futures::future::join_all;
use rstest::rstest;

use super::*;
use crate::{
    service::{
        Limits, Services,
        base::test_env::{NOW, TestEnv},
    },
    store::testing::Engine,
};

const KEPT_FOR: Duration = Duration::from_hours(1);

async fn services(env: &TestEnv, kept_for: Duration, per_minute: u32) -> Services {
    let limits = Limits {
        provider_answers_kept: kept_for,
        provider_reads_per_minute: NonZeroU32::new(per_minute),
        // The node's budget is unlimited.
        provider_calls_per_sec: None,
        ..Limits::default()
    };
    env.limited_to(limits).await
}

fn bought() -> Subscription {
    let sample = Subscription::sample("sub_1", "pro", ProviderStatus::Canceled, NOW);
    Subscription { period_end: NOW, ended_at: Some(NOW), ..sample }
}

fn tenant(name: &str) -> TenantId {
    name.parse().unwrap()
}

async fn ask(services: &Services, of: &str, question: &str, asked: &AtomicU32) -> Result<u32, ServiceError> {
    let answer = async {
        tokio::task::yield_now().await;
        Ok(asked.fetch_add(1, Ordering::SeqCst) + 1)
    };
    services.providers().read_provider(&tenant(of), (question.to_owned(), 1), answer).await
}

#[tokio::test]
async fn concurrent_pages_share_one_call() {
    let env = TestEnv::new(Engine::Sqlite).await;
    let services = services(&env, KEPT_FOR, 60).await;
    let asked = AtomicU32::new(0);
    let answers = join_all((0..100).map(|_| ask(&services, "acme", "invoices", &asked))).await;
    assert!(answers.iter().all(|answer| matches!(answer, Ok(1))), "{answers:?}");
    assert_eq!(ask(&services, "acme", "preview", &asked).await.unwrap(), 2, "another question");
    assert_eq!(ask(&services, "zenith", "invoices", &asked).await.unwrap(), 3, "another tenant");
    services.provider_reads.invalidate(&tenant("acme"));
    assert_eq!(ask(&services, "acme", "invoices", &asked).await.unwrap(), 4, "after an invalidation");
}

#[tokio::test]
async fn an_answer_requested_before_an_invalidation_is_not_cached() {
    let env = TestEnv::new(Engine::Sqlite).await;
    let services = services(&env, KEPT_FOR, 60).await;
    let acme = tenant("acme");
    let overtaken = async {
        services.provider_reads.invalidate(&acme);
        Ok::<_, ServiceError>(0)
    };
    assert_eq!(services.providers().read_provider(&acme, ("invoices".to_owned(), 1), overtaken).await.unwrap(), 0);
    assert_eq!(ask(&services, "acme", "invoices", &AtomicU32::new(0)).await.unwrap(), 1);
}

#[tokio::test]
async fn each_tenant_has_a_separate_budget() {
    let env = TestEnv::new(Engine::Sqlite).await;
    let services = services(&env, Duration::ZERO, 5).await;
    let asked = AtomicU32::new(0);
    for _ in 0..5 {
        ask(&services, "acme", "invoices", &asked).await.unwrap();
    }
    let refused = ask(&services, "acme", "invoices", &asked).await;
    assert!(matches!(refused, Err(ServiceError::Throttled { retry_after_secs: 1..=60 })), "{refused:?}");
    ask(&services, "zenith", "invoices", &asked).await.unwrap();
    // A page shows what is stored.
    let compared = AtomicU32::new(0);
    let compare = async {
        compared.fetch_add(1, Ordering::SeqCst);
        Ok(())
    };
    services.providers().compare_for_page(&tenant("acme"), compare).await.unwrap();
    assert_eq!(compared.load(Ordering::SeqCst), 0);
    // Changes have a separate budget.
    for _ in 0..5 {
        services.providers().spend_provider_change(&tenant("acme")).await.unwrap();
    }
    assert!(matches!(
        services.providers().spend_provider_change(&tenant("acme")).await,
        Err(ServiceError::Throttled { .. })
    ));
}

#[tokio::test]
async fn pages_compare_a_tenant_once_in_a_while_and_at_once_after_a_change() {
    let env = TestEnv::new(Engine::Sqlite).await;
    let services = services(&env, KEPT_FOR, 60).await;
    let (acme, compared) = (tenant("acme"), AtomicU32::new(0));
    let compare = async || {
        tokio::task::yield_now().await;
        compared.fetch_add(1, Ordering::SeqCst);
        Ok(())
    };
    for outcome in join_all((0..50).map(|_| services.providers().compare_for_page(&acme, compare()))).await {
        outcome.unwrap();
    }
    assert_eq!(compared.load(Ordering::SeqCst), 1);
    services.providers().spend_provider_change(&acme).await.unwrap();
    services.providers().compare_for_page(&acme, compare()).await.unwrap();
    assert_eq!(compared.load(Ordering::SeqCst), 2);
    // A failure is cached, too.
    services.providers().spend_provider_change(&acme).await.unwrap();
    let failed = services.providers().compare_for_page(&acme, async { Err(ServiceError::BillingNotConfigured) }).await;
    assert!(matches!(failed, Err(ServiceError::BillingNotConfigured)));
    services.providers().compare_for_page(&acme, compare()).await.unwrap();
    assert_eq!(compared.load(Ordering::SeqCst), 2);
    services.providers().spend_provider_change(&acme).await.unwrap();
    let cause = || ProviderError::Unavailable("no answer".into());
    let silent = async { Err(ServiceError::ProviderUnavailable { provider: "Stripe", cause: cause() }) };
    for outcome in [
        services.providers().compare_for_page(&acme, silent).await,
        services.providers().compare_for_page(&acme, compare()).await,
    ] {
        assert!(matches!(outcome, Err(ServiceError::ProviderUnavailable { provider: "Stripe", .. })), "{outcome:?}");
    }
    assert_eq!(compared.load(Ordering::SeqCst), 2, "the last outcome is cached");
}

#[rstest]
#[tokio::test]
async fn workspaces_without_a_subscription_spend_at_most_half_of_the_nodes_budget(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    // Workspaces without a subscription share one call per second, which the loop spends even on a slow machine.
    let limits = Limits {
        provider_answers_kept: Duration::ZERO,
        provider_calls_per_sec: NonZeroU32::new(2),
        ..Limits::default()
    };
    let services = env.limited_to(limits).await;
    let payer = env.owner("free", "ada@example.com").await.current_membership.tenant_id;
    let mut tx = env.database.store.begin().await.unwrap();
    tx.connection().upsert_subscription(&payer, &bought()).await.unwrap();
    tx.commit().await.unwrap();
    let asked = AtomicU32::new(0);
    let mut spent = 0;
    while ask(&services, &format!("new-{spent}"), "invoices", &asked).await.is_ok() {
        spent += 1;
        assert!(spent < 1000, "every call is admitted");
    }
    // A change costs two calls, so it waits longer than a read.
    let change = services.providers().spend_provider_change(&tenant("newest")).await;
    assert!(matches!(change, Err(ServiceError::Throttled { retry_after_secs: 1..=4 })), "{change:?}");
    // A page shows what is stored.
    let compare = async { Err(ServiceError::BillingNotConfigured) };
    services.providers().compare_for_page(&tenant("newest"), compare).await.unwrap();
    // A subscriber may spend the other half. Calls to a tenant's own account spend nothing of the node's budget.
    services.providers().spend_provider_change(&payer).await.unwrap();
    let answer = services.providers().read_merchant(&tenant("newest"), "products".to_owned(), async { Ok(1) }).await;
    assert_eq!(answer.unwrap(), 1);
}
