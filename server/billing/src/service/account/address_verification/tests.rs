//! Ownership of an account before and after its address is verified.

mod links;

use domain::{
    account::{Account, Role, Viewer},
    ids::{TenantId, UserId},
    tenant::scope::Scope,
    time::{Clock, Timestamp},
};
use rstest::rstest;

use super::VALID_SECS;
use crate::{
    identity::{
        ClientAddress,
        api_key::FreshKey,
        factors::Confirmed,
        firebase::testing::{Draft, KeyServer},
    },
    service::{
        LinkError, ServiceError, Services,
        account::{SignUp, firebase::TokenSignUp},
        base::test_env::{HERE, PASSWORD, TestEnv, token},
        operator::AccountName,
        tenant::{
            audit::AuditFilter,
            key::{KeyAuthority, NewApiKey},
            secret::SecretsAuthority,
            team::invitation::NewInvitation,
        },
        webhook::endpoint::EndpointSettings,
    },
    store::{
        tenant::{
            api_keys::ApiKey,
            invitations::{Invitation, InvitationState, LinkDelivery},
        },
        testing::Engine,
        webhook::webhook_messages::NewMessage,
    },
};

const VICTIM: &str = "victim@corp.test";
const EVE: &str = "eve@evil.test";
const OTHER: &str = "another battery staple";
const SUBJECT: &str = "uid-eve";

fn request(token: &str, email: &str) -> TokenSignUp {
    TokenSignUp { id_token: token.to_owned(), email: email.to_owned(), password: None, workspace: None }
}

/// A token of the attacker's Firebase account.
fn token_for(email: &str, is_verified: bool, now: Timestamp) -> String {
    Draft::new(now).of(SUBJECT, email).claim("email_verified", is_verified).signed()
}

async fn account_of(services: &Services, user: &UserId) -> Account {
    let found = services.store().read().await.unwrap().connection().find_user(user).await.unwrap().unwrap();
    Account { user_id: found.id, email: found.email }
}

async fn tenant_of(services: &Services, user: &UserId) -> TenantId {
    let mut tenants = services.store().read().await.unwrap().connection().list_tenants_of_user(user).await.unwrap();
    tenants.remove(0).0.id
}

/// Creates a key as a former version did for unverified accounts.
async fn key_of_before(env: &TestEnv, viewer: &Viewer) -> String {
    let FreshKey { id, secret_hash, key } = FreshKey::new();
    let row = ApiKey {
        tenant: viewer.current_membership.tenant_id.clone(),
        id,
        name: "kept".to_owned(),
        scopes: vec![Scope::Secrets],
        secret_hash,
        created_at: env.clock.now(),
        created_by: Some(viewer.user_id.clone()),
        expires_at: None,
        last_used_at: None,
        sources: Vec::new(),
    };
    let mut tx = env.database.store.begin().await.unwrap();
    tx.connection().insert_key(&row).await.unwrap();
    tx.commit().await.unwrap();
    key
}

/// Creates an open invitation as a former version did for unverified accounts.
async fn invitation_of_before(env: &TestEnv, viewer: &Viewer) {
    let invitation = Invitation {
        id: "inv-1".parse().unwrap(),
        email: EVE.parse().unwrap(),
        role: Role::Owner,
        state: InvitationState::Open,
        invited_by: viewer.user_id.clone(),
        created_at: env.clock.now(),
        expires_at: env.clock.now().plus_secs(86_400),
    };
    let mut tx = env.database.store.begin().await.unwrap();
    let tenant = &viewer.current_membership.tenant_id;
    tx.connection().insert_invitation(tenant, &invitation).await.unwrap();
    let (hash, now) = ("0".repeat(64), env.clock.now());
    tx.connection().insert_invitation_token(tenant, &hash, &invitation.id, LinkDelivery::Shown, now).await.unwrap();
    tx.commit().await.unwrap();
}

async fn session_holds(services: &Services, user: &UserId, began_at: Timestamp) -> bool {
    let mut reader = services.store().read().await.unwrap();
    reader.connection().find_user_of_session(user, began_at).await.unwrap().is_some()
}

fn is_over(outcome: &Result<impl std::fmt::Debug, ServiceError>, end: LinkError) -> bool {
    matches!(outcome, Err(ServiceError::InvalidLink(found)) if *found == end)
}

#[rstest]
#[tokio::test]
async fn an_attackers_access_to_an_account_ends_with_the_victims_password_reset(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let keys = KeyServer::start().await;
    let env = TestEnv::with_firebase(engine, &keys).await;
    let services = &env.services;
    // The attacker signs up with the victim's address, which Firebase has not verified.
    let first = token_for(VICTIM, false, env.clock.now());
    let user = services.accounts().sign_up_by_token(request(&first, VICTIM), HERE).await.unwrap().user;
    let tenant = tenant_of(services, &user).await;
    let viewer = env.viewer(&user, &tenant).await;
    let began_at = env.clock.now();
    let key = key_of_before(&env, &viewer).await;
    invitation_of_before(&env, &viewer).await;
    assert!(services.api_keys().authenticate_key(&key, HERE).await.unwrap().is_some());

    // The attacker verifies another address for the Firebase account and signs up again.
    let second = token_for(EVE, true, env.clock.now());
    let again = services.accounts().sign_up_by_token(request(&second, EVE), HERE).await.unwrap();
    assert_eq!((&again.user, again.created), (&user, false), "the subject is linked to this account");
    assert!(!services.accounts().has_verified_address(&user).await.unwrap(), "a token verifies only its address");

    // The victim resets the password by mail.
    env.clock.advance(60);
    services.accounts().request_password_reset(VICTIM, HERE).await.unwrap();
    env.run_due_jobs().await;
    let mails = env.smtp.received();
    let link =
        mails.iter().filter_map(crate::mail::testing::Received::link).find(|link| link.contains("/password/")).unwrap();
    assert_eq!(services.accounts().set_password(token(&link), OTHER, HERE).await.unwrap().user, user);

    // The attacker has no access left, on any node.
    for (node, name) in [(services, "here"), (&env.another_node().await, "elsewhere")] {
        assert!(node.api_keys().authenticate_key(&key, HERE).await.unwrap().is_none(), "the key, {name}");
        assert!(!session_holds(node, &user, began_at).await, "the session, {name}");
    }
    for token in [&first, &second] {
        let outcome = services.accounts().log_in_by_token(token).await;
        assert!(matches!(outcome, Err(ServiceError::NotSignedUp)), "the link: {outcome:?}");
    }
    assert_eq!(services.invitations().open_invitations(&tenant).await.unwrap(), []);
    assert!(services.accounts().has_verified_address(&user).await.unwrap());
    let taken = services.accounts().sign_up_by_token(request(&first, VICTIM), HERE).await;
    assert!(matches!(taken, Err(ServiceError::EmailNotVerified)), "{taken:?}");
    let other = services.accounts().sign_up_by_token(request(&second, EVE), HERE).await.unwrap();
    assert!(other.created && other.user != user, "the attacker's address has a separate account: {other:?}");
    services.accounts().log_in(VICTIM, OTHER, HERE).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn the_first_verification_from_outside_revokes_everything_that_an_attacker_set_up(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let services = &env.services;
    let endpoints = services.endpoints();
    let secrets = services.secrets();
    let confirmed = Confirmed::not_asked();
    let sign_up = SignUp { email: VICTIM.to_owned(), password: PASSWORD.to_owned(), workspace: None };
    let user = services.accounts().sign_up(sign_up, HERE).await.unwrap().user;
    let opened = tenant_of(services, &user).await;
    let viewer = env.viewer(&user, &opened).await;
    env.run(
        "INSERT INTO second_factors (user_id, secret, created_at, enabled_at) \
             SELECT user_id, 'sealed under no key', 0, 1 FROM users WHERE email = 'victim@corp.test'",
    )
    .await;
    env.run("INSERT INTO recovery_codes (user_id, code_hash) SELECT user_id, 'hash' FROM users WHERE email = 'victim@corp.test'").await;
    let endpoint = |url: &str| EndpointSettings { url: url.to_owned(), description: String::new(), events: None };
    endpoints.create_endpoint(&viewer, &confirmed, endpoint("http://127.0.0.1:9001/")).await.unwrap();
    let authority = SecretsAuthority::admin(&viewer).unwrap().confirmed(&confirmed);
    secrets.set_secret(&authority, "stripe_secret_key", &"sk_test_stranger".into()).await.unwrap();
    secrets.set_secret(&authority, "of_before", &"value".into()).await.unwrap();
    services
        .accounts()
        .request_address_change(&viewer.account().unwrap(), EVE, &confirmed, &HERE.into())
        .await
        .unwrap();
    env.run_due_jobs().await;
    let mails = env.smtp.received();
    let change = mails.iter().find(|mail| mail.to == [EVE]).unwrap().link().unwrap();

    // The account joins the attacker's workspace by a link that is shown and not mailed.
    let eve = env.owner("team", EVE).await;
    env.clock.advance(1);
    let trap = services.invitations().invite(&eve, VICTIM, Role::Owner, Some(&confirmed)).await.unwrap();
    services.invitations().accept_invitation(&viewer.account().unwrap(), trap.token()).await.unwrap();
    let there = env.viewer(&user, &eve.current_membership.tenant_id).await;
    let of_eve = SecretsAuthority::admin(&eve).unwrap().confirmed(&confirmed);
    secrets.set_secret(&of_eve, "eves", &"value".into()).await.unwrap();
    let eves =
        endpoints.create_endpoint(&eve, &confirmed, endpoint("http://127.0.0.1:9002/")).await.unwrap().endpoint.id;
    endpoints.create_endpoint(&there, &confirmed, endpoint("http://127.0.0.1:9003/")).await.unwrap();
    secrets
        .set_secret(&SecretsAuthority::admin(&there).unwrap().confirmed(&confirmed), "victims", &"x".into())
        .await
        .unwrap();

    env.clock.advance(60);
    let reset = token(&services.accounts().password_reset_link(VICTIM).await.unwrap().unwrap().url).to_owned();
    let set = services.accounts().set_password(&reset, OTHER, HERE).await.unwrap();
    assert!(set.was_first_verification);
    let step = services.accounts().complete_sign_in(&user, env.clock.now(), None, &HERE.into()).await;
    step.expect("the attacker's second factor is removed");
    assert_eq!(env.dump("SELECT code_hash FROM recovery_codes").await, "");
    let changed = services.accounts().change_address(&viewer.account().unwrap(), token(&change)).await;
    assert!(is_over(&changed, LinkError::Unknown), "{changed:?}");
    assert_eq!(env.role(&opened, VICTIM).await, Some(Role::Owner), "the workspace that it opened stays");
    assert_eq!(secrets.list(&authority).await.unwrap(), []);
    assert_eq!(endpoints.list_endpoints(&opened).await.unwrap(), []);
    assert_eq!(env.role(&eve.current_membership.tenant_id, VICTIM).await, None, "a membership by a shown link ends");
    let left: Vec<_> = secrets.list(&of_eve).await.unwrap().iter().map(|secret| secret.name.to_string()).collect();
    assert_eq!(left, ["eves"], "what others stored stays");
    let left: Vec<_> = endpoints
        .list_endpoints(&eve.current_membership.tenant_id)
        .await
        .unwrap()
        .iter()
        .map(|endpoint| endpoint.id.clone())
        .collect();
    assert_eq!(left, [eves]);
    for tenant in [&opened, &eve.current_membership.tenant_id] {
        let log = services.tenants().audit(tenant, &AuditFilter::default(), None, 100).await.unwrap().entries;
        let by_dues: Vec<_> =
            log.iter().filter(|entry| entry.actor_kind == "dues").map(|entry| entry.action.as_str()).collect();
        for action in ["secret.deleted", "webhook_endpoint.deleted"] {
            assert!(by_dues.contains(&action), "{action}: {by_dues:?}");
        }
    }
    // A second verification revokes nothing.
    secrets.set_secret(&authority, "mine", &"value".into()).await.unwrap();
    let again = token(&services.accounts().password_reset_link(VICTIM).await.unwrap().unwrap().url).to_owned();
    assert!(!services.accounts().set_password(&again, PASSWORD, HERE).await.unwrap().was_first_verification);
    assert_eq!(secrets.list(&authority).await.unwrap().len(), 1);
}

#[rstest]
#[tokio::test]
async fn secrets_and_endpoints_without_audit_entries_end_where_no_admin_is_verified(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let services = &env.services;
    let sign_up = SignUp { email: VICTIM.to_owned(), password: PASSWORD.to_owned(), workspace: None };
    let user = services.accounts().sign_up(sign_up, HERE).await.unwrap().user;
    let opened = tenant_of(services, &user).await;
    env.run(
        "INSERT INTO secrets (tenant_id, name, sealed_value, created_at, updated_at) \
             SELECT tenant_id, 'of_before', 'sealed', 0, 0 FROM memberships",
    )
    .await;
    env.run(
        "INSERT INTO webhook_endpoints (tenant_id, endpoint_id, url, description, events, secret, created_at) \
             SELECT tenant_id, 'ep_00', 'http://127.0.0.1:9001/', '', '', 'sealed', 0 FROM memberships",
    )
    .await;
    let reset = token(&services.accounts().password_reset_link(VICTIM).await.unwrap().unwrap().url).to_owned();
    services.accounts().set_password(&reset, OTHER, HERE).await.unwrap();
    let viewer = env.viewer(&user, &opened).await;
    assert_eq!(services.secrets().list(&SecretsAuthority::admin(&viewer).unwrap()).await.unwrap(), []);
    assert_eq!(services.endpoints().list_endpoints(&opened).await.unwrap(), []);
}

#[tokio::test]
async fn endpoints_end_after_a_transaction_that_inserts_messages_for_them() {
    let env = TestEnv::new(Engine::Postgres).await;
    let services = env.services.clone();
    let sign_up = SignUp { email: VICTIM.to_owned(), password: PASSWORD.to_owned(), workspace: None };
    let user = services.accounts().sign_up(sign_up, HERE).await.unwrap().user;
    let tenant = tenant_of(&services, &user).await;
    env.run(
        "INSERT INTO webhook_endpoints (tenant_id, endpoint_id, url, description, events, secret, created_at) \
             SELECT tenant_id, made.id, 'http://127.0.0.1:9001/', '', '', 'sealed', made.at FROM memberships \
             CROSS JOIN (VALUES ('ep_01', 1), ('ep_02', 2)) AS made (id, at)",
    )
    .await;
    let reset = token(&services.accounts().password_reset_link(VICTIM).await.unwrap().unwrap().url).to_owned();
    let message = |number: u8| NewMessage {
        tenant: tenant.clone(),
        id: format!("msg_0{number}"),
        endpoint: format!("ep_0{number}"),
        event: "ping",
        body: "{}".to_owned(),
        about: None,
    };
    let mut inserting = env.database.store.begin().await.unwrap();
    inserting.connection().insert_messages(&[message(1)], env.clock.now()).await.unwrap();
    let handing_over = tokio::spawn(async move { services.accounts().set_password(&reset, OTHER, HERE).await });
    env.database.wait_for_blocked_statement().await;
    inserting.connection().insert_messages(&[message(2)], env.clock.now()).await.unwrap();
    inserting.commit().await.unwrap();
    assert!(handing_over.await.unwrap().unwrap().was_first_verification);
    assert_eq!(env.services.endpoints().list_endpoints(&tenant).await.unwrap(), []);
}

#[rstest]
#[tokio::test]
async fn a_reclaimed_firebase_account_revokes_what_was_created_with_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let keys = KeyServer::start().await;
    let env = TestEnv::with_firebase(engine, &keys).await;
    let services = &env.services;
    let accounts = services.accounts();
    let first = token_for(VICTIM, false, env.clock.now());
    let with_password = TokenSignUp { password: Some(PASSWORD.to_owned()), ..request(&first, VICTIM) };
    let user = accounts.sign_up_by_token(with_password, HERE).await.unwrap().user;
    let viewer = env.viewer(&user, &tenant_of(services, &user).await).await;
    let (key, began_at) = (key_of_before(&env, &viewer).await, env.clock.now());
    services.api_keys().authenticate_key(&key, HERE).await.unwrap().unwrap();

    env.clock.advance(60);
    let verified = token_for(VICTIM, true, env.clock.now());
    assert_eq!(accounts.sign_up_by_token(request(&verified, VICTIM), HERE).await.unwrap().user, user);
    assert!(accounts.has_verified_address(&user).await.unwrap());
    assert!(services.api_keys().authenticate_key(&key, HERE).await.unwrap().is_none());
    assert!(!session_holds(services, &user, began_at).await);
    let by_password = accounts.log_in(VICTIM, PASSWORD, HERE).await;
    assert!(matches!(by_password, Err(ServiceError::InvalidCredentials)), "{by_password:?}");
    assert_eq!(accounts.log_in_by_token(&verified).await.unwrap().user, user);

    // The second verification and later ones revoke nothing.
    let began_at = env.clock.now();
    env.clock.advance(60);
    accounts.sign_up_by_token(request(&token_for(VICTIM, true, env.clock.now()), VICTIM), HERE).await.unwrap();
    assert!(session_holds(services, &user, began_at).await);
}

#[rstest]
#[tokio::test]
async fn a_token_for_another_address_sets_no_password(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let keys = KeyServer::start().await;
    let env = TestEnv::with_firebase(engine, &keys).await;
    let services = &env.services;
    let first = token_for(VICTIM, false, env.clock.now());
    services.accounts().sign_up_by_token(request(&first, VICTIM), HERE).await.unwrap();
    let second = token_for(EVE, true, env.clock.now());
    let with_password = TokenSignUp { password: Some(PASSWORD.to_owned()), ..request(&second, EVE) };
    services.accounts().sign_up_by_token(with_password, HERE).await.unwrap();
    let outcome = services.accounts().log_in(VICTIM, PASSWORD, HERE).await;
    assert!(matches!(outcome, Err(ServiceError::InvalidCredentials)), "{outcome:?}");
}

#[rstest]
#[tokio::test]
async fn creating_a_tenant_for_an_unverified_account_hands_the_account_over(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let services = &env.services;
    let sign_up = SignUp { email: VICTIM.to_owned(), password: PASSWORD.to_owned(), workspace: None };
    let user = services.accounts().sign_up(sign_up, HERE).await.unwrap().user;
    let began_at = env.clock.now();
    env.clock.advance(60);
    let made = services.tenants().create_tenant("Corp", VICTIM, OTHER, None).await.unwrap();
    assert_eq!(made.owner, user);
    assert!(services.accounts().has_verified_address(&user).await.unwrap());
    assert!(!session_holds(services, &user, began_at).await);
    let old = services.accounts().log_in(VICTIM, PASSWORD, HERE).await;
    assert!(matches!(old, Err(ServiceError::InvalidCredentials)), "{old:?}");
    services.accounts().log_in(VICTIM, OTHER, HERE).await.unwrap();
    // A verified account keeps its password.
    services.tenants().create_tenant("Corp Two", VICTIM, PASSWORD, None).await.unwrap();
    services.accounts().log_in(VICTIM, OTHER, HERE).await.unwrap();
}
