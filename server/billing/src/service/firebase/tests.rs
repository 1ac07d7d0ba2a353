//! Which workspace a token opens when it names none.

use std::sync::Arc;

use domain::{
    catalog::file::default_catalog,
    time::{Clock, SystemClock},
};
use rstest::rstest;

use super::{TokenSignUp, Unnamed};
use crate::{
    identity::firebase::{
        FirebaseConfig, FirebaseVerifier,
        testing::{Draft, KeyServer, PROJECT},
    },
    payment::none::NoProvider,
    service::{Clocks, Parts, ServiceError, Services, Settings},
    store::testing::{Engine, TestDatabase},
};

const ADA: &str = "ada@example.com";
const PASSWORD: &str = "correct horse battery staple";

fn services(database: &TestDatabase, keys: &KeyServer) -> Services {
    let wall: Arc<dyn Clock> = Arc::new(SystemClock);
    let config = FirebaseConfig { project_id: PROJECT.to_owned(), jwks_url: keys.url.clone() };
    let parts = Parts {
        store: database.store.clone(),
        catalog: Arc::new(default_catalog()),
        provider: Arc::new(NoProvider),
        webhook_senders: Vec::new(),
        firebase: Some(FirebaseVerifier::new(config, wall.clone()).unwrap()),
        clocks: Clocks { wall: wall.clone(), billing: wall },
        settings: Settings {
            app_url: "http://dues.test".parse().unwrap(),
            allowed_redirect_origins: Vec::new(),
            grace_secs: 0,
            demo: None,
        },
    };
    Services::new(parts).unwrap()
}

#[rstest]
#[tokio::test]
async fn a_sole_workspace_need_not_be_named_where_nobody_names_one(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (database, keys) = (TestDatabase::new(engine).await, KeyServer::start().await);
    let services = services(&database, &keys);
    let token = Draft::new(SystemClock.now()).signed();
    let wish = TokenSignUp { id_token: token.clone(), email: ADA.to_owned(), password: None, workspace: None };
    services.sign_up_by_token(wish).await.unwrap();
    let opened = async |unnamed| services.bearer(&token, None, unnamed).await.map(|viewer| viewer.unwrap().here);
    let sole = opened(Unnamed::IfSole).await.unwrap();
    assert_eq!(opened(Unnamed::First).await.unwrap(), sole);
    assert!(matches!(opened(Unnamed::Refused).await, Err(ServiceError::TenantRequired)));

    let second = services.create_tenant("Zenith", ADA, PASSWORD, None).await.unwrap().tenant;
    assert!(matches!(opened(Unnamed::IfSole).await, Err(ServiceError::TenantRequired)));
    assert_eq!(opened(Unnamed::First).await.unwrap(), sole);
    let named = services.bearer(&token, Some(second.as_str()), Unnamed::IfSole).await.unwrap().unwrap();
    assert_eq!((named.here.tenant_id, named.elsewhere), (second, vec![sole]));
}
