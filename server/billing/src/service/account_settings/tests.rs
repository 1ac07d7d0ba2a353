use rstest::rstest;

use super::*;
use crate::{
    service::stage::{HERE, PASSWORD, Stage},
    store::testing::Engine,
};

const OTHER: &str = "another battery staple";

fn here() -> Client {
    HERE.into()
}

#[rstest]
#[tokio::test]
async fn a_password_is_changed_by_the_current_one_alone(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stage = Stage::new(engine).await;
    let (services, ada) = (&stage.services, stage.stranger("ada@example.com").await);
    let wrong = services.change_password(&ada, "not the one", OTHER, None, &here()).await.unwrap_err();
    assert!(matches!(&wrong, ServiceError::Validation { fields, .. } if fields.contains_key("current")), "{wrong:?}");
    let weak = services.change_password(&ada, PASSWORD, "iloveyou123", None, &here()).await.unwrap_err();
    assert!(matches!(&weak, ServiceError::Validation { fields, .. } if fields.contains_key("password")), "{weak:?}");
    services.change_password(&ada, PASSWORD, OTHER, None, &here()).await.unwrap();
    services.log_in("ada@example.com", OTHER, HERE).await.unwrap();
    let old = services.log_in("ada@example.com", PASSWORD, HERE).await;
    assert!(matches!(old, Err(ServiceError::InvalidCredentials)), "{old:?}");
}

#[rstest]
#[tokio::test]
async fn an_address_changes_when_its_link_is_opened_by_whom_it_is_for(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let (services, ada) = (&stage.services, stage.stranger("ada@example.com").await);
    let eve = stage.stranger("eve@evil.test").await;
    let confirmed = Confirmed::not_asked();
    services.ask_for_address_change(&ada, "ada@lovelace.test", &confirmed, &here()).await.unwrap();
    stage.work().await;
    let letters = stage.smtp.received();
    let to = |address: &str| letters.iter().find(|letter| letter.to == [address]).expect("a letter");
    assert!(to("ada@example.com").text().contains("ada@lovelace.test"), "the old address gets a notice");
    let link = to("ada@lovelace.test").link().unwrap();
    let token = link.rsplit('/').next().unwrap();
    services.log_in("ada@example.com", PASSWORD, HERE).await.unwrap();
    assert!(matches!(services.change_address(&eve, token).await, Err(ServiceError::OtherAddress)));
    assert_eq!(services.change_address(&ada, token).await.unwrap().as_str(), "ada@lovelace.test");
    services.log_in("ada@lovelace.test", PASSWORD, HERE).await.unwrap();
    assert!(services.log_in("ada@example.com", PASSWORD, HERE).await.is_err());
    assert!(matches!(services.change_address(&ada, token).await, Err(ServiceError::LinkOver(_))), "it works once");
}

#[rstest]
#[tokio::test]
async fn an_address_that_has_an_account_gets_no_link(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stage = Stage::new(engine).await;
    let ada = stage.stranger("ada@example.com").await;
    stage.stranger("eve@evil.test").await;
    let confirmed = Confirmed::not_asked();
    stage.services.ask_for_address_change(&ada, "eve@evil.test", &confirmed, &here()).await.unwrap();
    stage.work().await;
    assert!(stage.smtp.received().is_empty());
}
