//! The installation's row among tenants, and deleted tenants.

use domain::{
    account::Role, entitlement::overrides::Overrides, ids::TenantId, tenant::external_id::ExternalId, time::Timestamp,
};
use rstest::rstest;

use crate::store::{
    account::users::User,
    tenant::tenants::Tenant,
    testing::{Engine, TestDatabase},
};

const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);

fn tenant(id: &str, deleted_at: Option<Timestamp>) -> Tenant {
    let new = Tenant::new(id.parse().unwrap(), id.to_owned(), Overrides::default(), NOW);
    Tenant {
        external_id: Some(format!("org/{id}").parse().unwrap()),
        email: Some("ada@example.com".parse().unwrap()),
        metadata: [("region".to_owned(), "eu".to_owned())].into(),
        deleted_at,
        ..new
    }
}

#[rstest]
#[tokio::test]
async fn the_installation_is_no_tenant(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = TestDatabase::new(engine).await;
    let mut tx = database.store.begin().await.unwrap();
    tx.connection().insert_tenant(&tenant("acme", None)).await.unwrap();
    let installation = TenantId::installation();
    assert!(tx.connection().find_tenant(&installation).await.unwrap().is_none());
    assert_eq!(tx.connection().list_tenants_after(None).await.unwrap(), ["acme".parse().unwrap()]);
    assert_eq!(tx.connection().count_for_operators().await.unwrap().tenants, 1);
    assert!(tx.connection().lock_tenant(&installation).await.unwrap(), "its row exists for keys and endpoints");
    assert_eq!(tx.connection().list_counted_tenants(&[installation]).await.unwrap().len(), 1);
}

#[rstest]
#[tokio::test]
async fn a_deleted_tenant_is_in_no_ones_list(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = TestDatabase::new(engine).await;
    let mut tx = database.store.begin().await.unwrap();
    let user = User {
        id: "ada".parse().unwrap(),
        email: "ada@example.com".parse().unwrap(),
        password_hash: None,
        has_verified_address: true,
    };
    tx.connection().insert_user(&user, NOW).await.unwrap();
    for tenant in [tenant("acme", None), tenant("gone", Some(NOW))] {
        tx.connection().insert_tenant(&tenant).await.unwrap();
        tx.connection().insert_member(&tenant.id, &user.id, Role::Owner, NOW).await.unwrap();
        assert_eq!(tx.connection().find_tenant(&tenant.id).await.unwrap(), Some(tenant));
    }
    let mine = tx.connection().list_tenants_of_user(&user.id).await.unwrap();
    assert_eq!(mine, [(tenant("acme", None), Role::Owner)]);
    let session = tx.connection().find_session_account(&user.id, NOW).await.unwrap().unwrap();
    assert_eq!((session.account.email, session.is_operator, session.tenants), (user.email, false, mine));
    let find = |external: &str| external.parse::<ExternalId>().unwrap();
    let acme = tx.connection().find_tenant_by_external_id(&find("org/acme")).await.unwrap();
    assert_eq!(acme, Some("acme".parse().unwrap()));
    for unknown in ["org/gone", "ORG/ACME", "acme"] {
        assert_eq!(tx.connection().find_tenant_by_external_id(&find(unknown)).await.unwrap(), None, "{unknown}");
    }
}
