//! Creation of tenants by operators, on both databases.

use rstest::rstest;

use crate::service::base::test_env::{PASSWORD, TestEnv};
use crate::store::testing::Engine;

#[rstest]
#[tokio::test]
async fn two_concurrent_commands_for_a_new_owner_create_one_account(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let create = |name| env.services.tenants().create_tenant(name, "ada@acme.test", PASSWORD, None);
    let (one, other) = tokio::join!(create("Acme"), create("Zenith"));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(one.owner, other.owner);
    assert_ne!(one.tenant, other.tenant);
}
