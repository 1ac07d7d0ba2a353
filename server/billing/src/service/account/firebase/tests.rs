//! The workspace that a token selects, and effects of linking an existing account.

use domain::{
    account::Role,
    time::{Clock, Timestamp},
};
use rstest::rstest;

use super::{Bearer, DefaultTenant, TokenBearer, TokenSignUp};
use crate::{
    identity::{
        factors::Confirmed,
        firebase::testing::{Draft, KeyServer},
    },
    service::{
        ServiceError,
        base::test_env::{HERE, NOW, PASSWORD, TestEnv},
        tenant::team::KeysOfMember,
    },
    store::testing::Engine,
};

const ADA: &str = "ada@example.com";

fn request(token: &str, password: Option<&str>) -> TokenSignUp {
    let password = password.map(str::to_owned);
    TokenSignUp { id_token: token.to_owned(), email: ADA.to_owned(), password, workspace: None }
}

#[rstest]
#[tokio::test]
async fn a_sole_workspace_is_selected_without_being_named(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let keys = KeyServer::start().await;
    let env = TestEnv::with_firebase(engine, &keys).await;
    let token = Draft::new(NOW).signed();
    env.services.accounts().sign_up_by_token(request(&token, None), HERE).await.unwrap();
    let opened = async |unnamed| match env.services.accounts().bearer(&token, None, unnamed).await {
        Ok(Some((Bearer::Viewer(viewer), _))) => Ok(viewer.current_membership),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error),
    };
    let sole = opened(DefaultTenant::IfSole).await.unwrap();
    assert_eq!(opened(DefaultTenant::First).await.unwrap(), sole);
    assert!(matches!(opened(DefaultTenant::Refused).await, Err(ServiceError::TenantRequired)));

    env.clock.advance(1);
    let second = env.services.tenants().create_tenant("Zenith", ADA, PASSWORD, None).await.unwrap().tenant;
    assert!(matches!(opened(DefaultTenant::IfSole).await, Err(ServiceError::TenantRequired)));
    assert_eq!(opened(DefaultTenant::First).await.unwrap(), sole);
    let named = env.services.accounts().bearer(&token, Some(second.as_str()), DefaultTenant::IfSole).await.unwrap();
    assert!(
        matches!(named, Some((Bearer::Viewer(viewer), _)) if viewer.current_membership.tenant_id == second && viewer.other_memberships == [sole])
    );
}

#[rstest]
#[tokio::test]
async fn a_user_without_a_workspace_is_authenticated_and_may_sign_up_for_one(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let keys = KeyServer::start().await;
    let env = TestEnv::with_firebase(engine, &keys).await;
    let tenants = env.services.tenants();
    let accounts = env.services.accounts();
    let owner = env.owner("pro", "owner@acme.test").await;
    let ada = env.colleague(&owner, ADA, Role::Member).await;
    let token = Draft::new(env.clock.now()).signed();
    accounts.sign_up_by_token(request(&token, None), HERE).await.unwrap();
    tenants.remove_member(&owner, &ada.user_id, KeysOfMember::End, Some(&Confirmed::not_asked())).await.unwrap();

    let nowhere = accounts.bearer(&token, None, DefaultTenant::First).await.unwrap();
    assert!(matches!(nowhere, Some((Bearer::AccountOnly(account), _)) if account.user_id == ada.user_id));
    let former = accounts.bearer(&token, Some(owner.current_membership.tenant_id.as_str()), DefaultTenant::First).await;
    assert!(matches!(former, Err(ServiceError::TenantNotFound)));

    let again = accounts.sign_up_by_token(request(&token, None), HERE).await.unwrap();
    assert_eq!((again.user, again.created), (ada.user_id, false));
    let found = accounts.bearer(&token, None, DefaultTenant::IfSole).await.unwrap();
    assert!(matches!(found, Some((Bearer::Viewer(viewer), _)) if viewer.current_membership.role == Role::Owner));
}

/// Returns a token whose user signed in at `at`.
fn token_of(at: Timestamp) -> String {
    Draft::new(at).claim("auth_time", at.as_secs()).signed()
}

async fn factor_is_on(env: &TestEnv) {
    env.run(
        "INSERT INTO second_factors (user_id, secret, created_at, enabled_at) \
             SELECT user_id, 'sealed under no key', 0, 1 FROM users WHERE email = 'ada@example.com'",
    )
    .await;
}

#[rstest]
#[tokio::test]
async fn an_id_token_does_not_bypass_the_second_factor(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let keys = KeyServer::start().await;
    let env = TestEnv::with_firebase(engine, &keys).await;
    let services = &env.services;
    let ada = env.stranger(ADA).await;
    factor_is_on(&env).await;
    let token = token_of(env.clock.now());
    // A token that is not linked yet links nothing and sets no password.
    for password in [None, Some("another battery staple")] {
        let outcome = services.accounts().sign_up_by_token(request(&token, password), HERE).await;
        assert!(matches!(outcome, Err(ServiceError::TokenLacksSecondFactor)), "{outcome:?}");
    }
    assert_eq!(services.accounts().linked_sign_ins(&ada).await.unwrap(), []);
    services.accounts().log_in(ADA, PASSWORD, HERE).await.unwrap();

    // A token that was linked before the second factor was set up is rejected, too.
    env.run("DELETE FROM second_factors").await;
    services.accounts().sign_up_by_token(request(&token, None), HERE).await.unwrap();
    factor_is_on(&env).await;
    let bearer = services.accounts().bearer(&token, None, DefaultTenant::First).await;
    assert!(matches!(bearer, Err(ServiceError::TokenLacksSecondFactor)), "{bearer:?}");
    env.run("UPDATE users SET password_hash = ''").await;
    let outcome = services.accounts().sign_up_by_token(request(&token, Some("another battery staple")), HERE).await;
    assert!(matches!(outcome, Err(ServiceError::TokenLacksSecondFactor)), "{outcome:?}");
    assert!(services.accounts().log_in(ADA, "another battery staple", HERE).await.is_err(), "no password was set");
    let TokenBearer { user, signed_in_at } = services.accounts().log_in_by_token(&token).await.unwrap();
    let now = env.clock.now();
    let step = services.accounts().complete_sign_in_by_token(&user, now, signed_in_at, None, &HERE.into()).await;
    assert!(matches!(step, Err(ServiceError::SecondFactorRequired)), "{step:?}");
}

#[rstest]
#[tokio::test]
async fn revoked_id_tokens_are_rejected(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let keys = KeyServer::start().await;
    let env = TestEnv::with_firebase(engine, &keys).await;
    let services = &env.services;
    let accounts = services.accounts();
    let ada = env.stranger(ADA).await;
    let opens = async |token: &str| {
        let logged_in = accounts.log_in_by_token(token).await.map(drop);
        let bears = accounts.bearer(token, None, DefaultTenant::First).await.map(drop);
        assert_eq!(logged_in.is_ok(), bears.is_ok(), "{logged_in:?} {bears:?}");
        logged_in
    };
    let is_ended = async |token: &str| {
        assert!(matches!(opens(token).await, Err(ServiceError::IdTokenRevoked)));
        let again = accounts.sign_up_by_token(request(token, None), HERE).await;
        assert!(matches!(again, Err(ServiceError::IdTokenRevoked)), "nor does it link: {again:?}");
    };
    let first = token_of(env.clock.now());
    accounts.sign_up_by_token(request(&first, None), HERE).await.unwrap();
    opens(&first).await.unwrap();

    env.clock.advance(60);
    let client = HERE.into();
    accounts.change_password(&ada, PASSWORD, "another battery staple", None, &client).await.unwrap();
    is_ended(&first).await;
    let second = token_of(env.clock.now());
    opens(&second).await.expect("a token of a new sign-in is accepted");

    env.clock.advance(60);
    accounts.end_every_session(&ada).await.unwrap();
    is_ended(&second).await;

    // A password reset removes the link, too, and an old token does not link again.
    env.clock.advance(60);
    let third = token_of(env.clock.now());
    opens(&third).await.unwrap();
    env.clock.advance(60);
    let reset = accounts.password_reset_link(ADA).await.unwrap().unwrap();
    accounts.set_password(crate::service::base::test_env::token(&reset.url), PASSWORD, HERE).await.unwrap();
    assert!(matches!(opens(&third).await, Err(ServiceError::NotSignedUp)));
    let again = accounts.sign_up_by_token(request(&third, None), HERE).await;
    assert!(matches!(again, Err(ServiceError::IdTokenRevoked)), "{again:?}");
    assert_eq!(accounts.linked_sign_ins(&ada).await.unwrap(), []);

    // An address change removes the link, too: the token does not verify the new address.
    env.clock.advance(60);
    let fourth = token_of(env.clock.now());
    accounts.sign_up_by_token(request(&fourth, None), HERE).await.unwrap();
    accounts.request_address_change(&ada, "ada@lovelace.test", &Confirmed::not_asked(), &client).await.unwrap();
    env.run_due_jobs().await;
    let mails = env.smtp.received();
    let link = mails.iter().find(|mail| mail.to == ["ada@lovelace.test"]).unwrap().link().unwrap();
    accounts.change_address(&ada, crate::service::base::test_env::token(&link)).await.unwrap();
    assert!(matches!(opens(&fourth).await, Err(ServiceError::NotSignedUp)));
    let other = accounts.sign_up_by_token(request(&fourth, None), HERE).await.unwrap();
    assert!(other.created && other.user != ada.user_id, "the former address gets a separate account: {other:?}");
}

#[rstest]
#[tokio::test]
async fn a_linked_sign_in_is_mailed_to_the_owner_listed_and_removed(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let keys = KeyServer::start().await;
    let env = TestEnv::with_firebase(engine, &keys).await;
    let services = &env.services;
    let (ada, eve) = (env.stranger(ADA).await, env.stranger("eve@evil.test").await);
    let token = token_of(env.clock.now());
    services.accounts().sign_up_by_token(request(&token, Some("another battery staple")), HERE).await.unwrap();
    env.run_due_jobs().await;
    let mut subjects: Vec<_> =
        env.smtp.received().iter().map(|mail| mail.header("Subject").unwrap().to_owned()).collect();
    subjects.sort();
    assert_eq!(subjects, ["A new sign-in method was added", "Your Dues password was changed"]);
    assert!(env.smtp.received().iter().all(|mail| mail.to == [ADA]));

    let linked = services.accounts().linked_sign_ins(&ada).await.unwrap();
    assert_eq!((linked.len(), linked[0].since, linked[0].last_used_at), (1, env.clock.now(), None));
    services.accounts().log_in_by_token(&token).await.unwrap();
    let linked = services.accounts().linked_sign_ins(&ada).await.unwrap().remove(0);
    assert_eq!(linked.last_used_at, Some(env.clock.now()));
    let confirmed = Confirmed::not_asked();
    services.accounts().remove_linked_sign_in(&eve, &confirmed, &linked.project_id, &linked.subject).await.unwrap();
    services.accounts().log_in_by_token(&token).await.expect("the link of another user stays");
    services.accounts().remove_linked_sign_in(&ada, &confirmed, &linked.project_id, &linked.subject).await.unwrap();
    let gone = services.accounts().log_in_by_token(&token).await;
    assert!(matches!(gone, Err(ServiceError::NotSignedUp)), "{gone:?}");
}

#[rstest]
#[tokio::test]
async fn a_session_by_token_counts_as_confirmed_since_the_sign_in_at_the_issuer(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let keys = KeyServer::start().await;
    let env = TestEnv::with_firebase(engine, &keys).await;
    let token = token_of(env.clock.now());
    env.services.accounts().sign_up_by_token(request(&token, None), HERE).await.unwrap();
    env.clock.advance(20 * 60);
    let TokenBearer { user, signed_in_at } = env.services.accounts().log_in_by_token(&token).await.unwrap();
    let now = env.clock.now();
    let known =
        env.services.accounts().complete_sign_in_by_token(&user, now, signed_in_at, None, &HERE.into()).await.unwrap();
    assert_eq!((known.at(), known.confirmed_at()), (now, NOW));
}
