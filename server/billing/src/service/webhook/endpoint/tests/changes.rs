//! Changes of an endpoint by its admins.

use super::*;

#[rstest]
#[tokio::test]
async fn a_new_url_of_an_endpoint_needs_a_confirmation(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let endpoints = env.services.endpoints();
    let owner = env.owner("free", "owner@acme.test").await;
    let made = endpoints.create_endpoint(&owner, &Confirmed::not_asked(), for_url("http://127.0.0.1:9999/")).await;
    let id = made.unwrap().endpoint.id;
    let to =
        |url: &str| EndpointChange { url: Some(url.to_owned()), enabled: Some(false), ..EndpointChange::default() };
    let refused = endpoints.change_endpoint(&owner, &id, to("http://127.0.0.1:9998/"), None).await;
    assert!(matches!(refused, Err(ServiceError::ConfirmationRequired)), "{refused:?}");
    endpoints.change_endpoint(&owner, &id, to("http://127.0.0.1:9999/"), None).await.expect("the same address");
}
