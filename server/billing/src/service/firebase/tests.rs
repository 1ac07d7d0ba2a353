//! Which workspace a token opens, and what linking an account does to those who had it before.

use domain::{account::Role, time::Clock};
use rstest::rstest;

use super::{Bearer, TokenSignUp, Unnamed};
use crate::{
    identity::firebase::testing::{Draft, KeyServer},
    service::{
        ServiceError,
        stage::{HERE, NOW, PASSWORD, Stage},
        team::KeysOfMember,
    },
    store::testing::Engine,
};

const ADA: &str = "ada@example.com";

fn wish(token: &str, password: Option<&str>) -> TokenSignUp {
    let password = password.map(str::to_owned);
    TokenSignUp { id_token: token.to_owned(), email: ADA.to_owned(), password, workspace: None }
}

#[rstest]
#[tokio::test]
async fn a_sole_workspace_need_not_be_named_where_nobody_names_one(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let keys = KeyServer::start().await;
    let stage = Stage::with_firebase(engine, &keys).await;
    let token = Draft::new(NOW).signed();
    stage.services.sign_up_by_token(wish(&token, None), HERE).await.unwrap();
    let opened = async |unnamed| match stage.services.bearer(&token, None, unnamed).await {
        Ok(Some((Bearer::Viewer(viewer), _))) => Ok(viewer.here),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error),
    };
    let sole = opened(Unnamed::IfSole).await.unwrap();
    assert_eq!(opened(Unnamed::First).await.unwrap(), sole);
    assert!(matches!(opened(Unnamed::Refused).await, Err(ServiceError::TenantRequired)));

    stage.clock.advance(1);
    let second = stage.services.create_tenant("Zenith", ADA, PASSWORD, None).await.unwrap().tenant;
    assert!(matches!(opened(Unnamed::IfSole).await, Err(ServiceError::TenantRequired)));
    assert_eq!(opened(Unnamed::First).await.unwrap(), sole);
    let named = stage.services.bearer(&token, Some(second.as_str()), Unnamed::IfSole).await.unwrap();
    assert!(
        matches!(named, Some((Bearer::Viewer(viewer), _)) if viewer.here.tenant_id == second && viewer.elsewhere == [sole])
    );
}

#[rstest]
#[tokio::test]
async fn whoever_belongs_to_no_workspace_any_more_is_known_and_may_sign_up_for_one(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let keys = KeyServer::start().await;
    let stage = Stage::with_firebase(engine, &keys).await;
    let owner = stage.owner("pro", "owner@acme.test").await;
    let ada = stage.colleague(&owner, ADA, Role::Member).await;
    let token = Draft::new(stage.clock.now()).signed();
    stage.services.sign_up_by_token(wish(&token, None), HERE).await.unwrap();
    stage.services.remove_member(&owner, &ada.user_id, KeysOfMember::End).await.unwrap();

    let nowhere = stage.services.bearer(&token, None, Unnamed::First).await.unwrap();
    assert!(matches!(nowhere, Some((Bearer::Nowhere(account), _)) if account.user_id == ada.user_id));
    let former = stage.services.bearer(&token, Some(owner.here.tenant_id.as_str()), Unnamed::First).await;
    assert!(matches!(former, Err(ServiceError::TenantNotFound)));

    let again = stage.services.sign_up_by_token(wish(&token, None), HERE).await.unwrap();
    assert_eq!((again.user, again.created), (ada.user_id, false));
    let own = stage.services.bearer(&token, None, Unnamed::IfSole).await.unwrap();
    assert!(matches!(own, Some((Bearer::Viewer(viewer), _)) if viewer.here.role == Role::Owner));
}
