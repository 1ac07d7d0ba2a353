//! Usage by key counts what was counted, once, and outlives a failed write.

use std::sync::Arc;

use domain::{catalog::Feature, ids::TenantId, tenant::scope::Scope};
use rstest::rstest;

use super::KeyUsage;
use crate::{
    identity::factors::Confirmed,
    service::{
        base::{
            permission::{KeyKind, KeyPrincipal},
            test_env::TestEnv,
        },
        tenant::key::{CreatedKey, KeyAuthority, NewApiKey},
        usage::UsageEvent,
    },
    store::testing::Engine,
};

const TOKENS: &str = "ai_tokens";

fn used(amount: u64) -> KeyUsage {
    KeyUsage { name: "Worker".to_owned(), is_installation: false, is_revoked: false, amount }
}

/// A workspace with a key that reports usage.
struct Metered {
    env: TestEnv,
    tenant: TenantId,
    holder: KeyPrincipal,
    key: CreatedKey,
}

impl Metered {
    async fn new(engine: Engine) -> Self {
        let env = TestEnv::new(engine).await;
        let tenant = env.owner("free", "owner@acme.test").await.current_membership.tenant_id;
        let request =
            NewApiKey { name: "Worker".to_owned(), scopes: vec![Scope::Usage], expires_at: None, sources: Vec::new() };
        let by = KeyAuthority::Operator(&tenant);
        let key = env.services.api_keys().create_key(by, &Confirmed::not_asked(), request).await.unwrap();
        let holder = KeyPrincipal {
            key: key.id.as_str().into(),
            tenant: tenant.clone(),
            scopes: Arc::new([Scope::Usage]),
            kind: KeyKind::Workspace,
        };
        Self { env, tenant, holder, key }
    }

    fn feature(&self) -> &Feature {
        self.env.services.catalog().feature(TOKENS).unwrap()
    }

    async fn consume(&self, amount: u64, idempotency_key: &str) {
        let usage = self.env.services.usage();
        usage.consume(&self.holder, TOKENS, amount, Some(idempotency_key)).await.unwrap();
    }

    async fn shown(&self) -> Vec<KeyUsage> {
        self.env.services.usage().write_usage_by_key().await.unwrap();
        self.env.services.usage().usage_by_key(&self.tenant, &self.feature().key).await.unwrap()
    }
}

#[rstest]
#[tokio::test]
async fn what_a_key_reported_counts_once_and_is_listed_by_its_name(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let metered = Metered::new(engine).await;
    assert_eq!(metered.shown().await, []);
    let usage = metered.env.services.usage();
    metered.consume(3, "a").await;
    metered.consume(3, "a").await;
    metered.consume(4, "b").await;
    // A refused call and a call without a key count for no key.
    usage.consume(&metered.holder, TOKENS, 1_000_000, None).await.unwrap_err();
    usage.consume(&metered.tenant, TOKENS, 5, None).await.unwrap();
    let event = |id: &str| UsageEvent {
        source: "/app".to_owned(),
        id: id.to_owned(),
        feature: TOKENS.to_owned(),
        amount: 10,
        at: None,
    };
    for events in [vec![event("1"), event("2")], vec![event("2")]] {
        usage.record(&metered.holder, events).await.unwrap();
    }
    assert_eq!(metered.shown().await, [used(27)]);

    metered.consume(1, "c").await;
    assert_eq!(metered.shown().await, [used(28)]);
    let by = KeyAuthority::Operator(&metered.tenant);
    metered.env.services.api_keys().revoke_key(by, &metered.key.id).await.unwrap();
    assert_eq!(metered.shown().await, [KeyUsage { is_revoked: true, ..used(28) }]);
}

#[rstest]
#[tokio::test]
async fn only_the_last_thirty_days_are_shown(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let metered = Metered::new(engine).await;
    metered.consume(2, "a").await;
    assert_eq!(metered.shown().await, [used(2)]);
    metered.env.clock.advance(31 * 86_400);
    assert_eq!(metered.shown().await, []);
}

#[rstest]
#[tokio::test]
async fn sums_whose_write_fails_are_written_later() {
    let metered = Metered::new(Engine::Sqlite).await;
    metered.consume(2, "a").await;
    metered.env.run("ALTER TABLE usage_by_key RENAME TO away").await;
    metered.env.services.usage().write_usage_by_key().await.unwrap_err();
    metered.env.run("ALTER TABLE away RENAME TO usage_by_key").await;
    assert_eq!(metered.shown().await, [used(2)]);
}
