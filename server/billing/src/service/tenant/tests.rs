//! What operators do with tenants, on both databases.

use rstest::rstest;

use super::super::stage::{PASSWORD, Stage};
use crate::store::testing::Engine;

#[rstest]
#[tokio::test]
async fn one_who_is_new_to_two_commands_at_once_owns_both_tenants(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let create = |name| stage.services.create_tenant(name, "ada@acme.test", PASSWORD, None);
    let (one, other) = tokio::join!(create("Acme"), create("Zenith"));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(one.owner, other.owner);
    assert_ne!(one.tenant, other.tenant);
}
