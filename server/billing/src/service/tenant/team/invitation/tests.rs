mod deleted_account;
mod limits;

use std::collections::BTreeSet;

use domain::account::{Account, Role};
use futures::future::join_all;
use rstest::rstest;

use super::VALID_SECS;
use crate::{
    identity::factors::Confirmed,
    mail::testing::SmtpFailure,
    service::{
        LinkError, ServiceError,
        account::SignUp,
        base::{
            permission::Biller,
            test_env::{HERE, PASSWORD, TestEnv, token},
        },
        tenant::team::KeysOfMember,
    },
    store::testing::Engine,
};

const EVERY_TOKEN_AND_JOB: &str = "SELECT token_hash FROM invitation_tokens UNION ALL SELECT task FROM jobs UNION ALL SELECT invitation_id FROM invitations";

fn is_over(outcome: &Result<impl std::fmt::Debug, ServiceError>, end: LinkError) -> bool {
    matches!(outcome, Err(ServiceError::InvalidLink(found)) if *found == end)
}

#[rstest]
#[tokio::test]
async fn an_invitation_is_mailed_with_a_separate_link_that_is_not_stored(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let invitations = env.services.invitations();
    let owner = env.owner("pro", "owner@acme.test").await;
    let invited =
        invitations.invite(&owner, " Ada@Example.com ", Role::Admin, Some(&Confirmed::not_asked())).await.unwrap();
    assert_eq!((invited.email.as_str(), invited.role), ("ada@example.com", Role::Admin));
    assert!(env.smtp.received().is_empty(), "the request does not wait for the SMTP server");
    let before = env.dump(EVERY_TOKEN_AND_JOB).await;
    assert!(!before.contains(invited.token()), "{before}");

    env.run_due_jobs().await;
    let mail = env.smtp.received().pop().unwrap();
    assert_eq!(mail.to, ["ada@example.com"]);
    assert_eq!(mail.header("Subject"), Some("Join Acme Robotics"));
    let text = mail.text();
    assert!(text.starts_with("owner@acme.test invited you to Acme Robotics as an admin."), "{text}");
    let link = mail.link().unwrap();
    assert!(link.starts_with("https://dues.test/invitations/") && link != invited.url, "{link}");
    let after = env.dump(EVERY_TOKEN_AND_JOB).await;
    assert!(!after.contains(invited.token()) && !after.contains(token(&link)), "{after}");
    assert_eq!(env.jobs().await, 0);

    let ada = env.stranger("ada@example.com").await;
    for link in [&link, &invited.url] {
        let view = invitations.find_invitation(token(link)).await.unwrap();
        assert_eq!((view.tenant_name.as_str(), view.role), ("Acme Robotics", Role::Admin));
        assert_eq!(view.invited_by.unwrap().as_str(), "owner@acme.test");
    }
    invitations.accept_invitation(&ada, token(&link)).await.unwrap();
    let other_link = invitations.find_invitation(invited.token()).await;
    assert!(is_over(&other_link, LinkError::Used), "it is one invitation: {other_link:?}");
}

#[rstest]
#[tokio::test]
async fn a_failed_invitation_mail_shows_the_reason_and_the_next_retry(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let invitations = env.services.invitations();
    let owner = env.owner("pro", "owner@acme.test").await;
    let tenant = &owner.current_membership.tenant_id;
    invitations.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let undelivered = async || {
        env.run_due_jobs().await;
        invitations.open_invitations(tenant).await.unwrap().pop().unwrap().undelivered
    };
    env.smtp.fail_next([SmtpFailure::Busy, SmtpFailure::Unknown]);
    let busy = undelivered().await.unwrap();
    assert!(busy.next_try.is_some() && !busy.reason.is_empty(), "{busy:?}");
    env.clock.advance(3600);
    let refused = undelivered().await.unwrap();
    assert!(refused.next_try.is_none() && refused.reason.contains("no such user here"), "{refused:?}");
    let connections = env.smtp.connections();
    env.clock.advance(3 * 86_400);
    assert_eq!(undelivered().await, Some(refused), "no further try");
    assert_eq!((env.smtp.connections(), env.smtp.received().len()), (connections, 0));
    let troubled = env.services.subscriptions().activity(&Biller::person(&owner).unwrap()).await.unwrap().troubled;
    assert_eq!(troubled.first().unwrap().next_try, None, "{troubled:?}");

    invitations.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    assert_eq!((undelivered().await, env.smtp.received().len()), (None, 1), "asked for again");
}

#[rstest]
#[tokio::test]
async fn a_mail_is_retried_after_an_outage_of_the_smtp_server(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let invitations = env.services.invitations();
    let owner = env.owner("pro", "owner@acme.test").await;
    env.smtp.fail_next([SmtpFailure::Busy, SmtpFailure::Busy]);
    invitations.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    for tries in 1..=2 {
        env.run_due_jobs().await;
        assert_eq!((env.smtp.connections(), env.jobs().await), (tries, 1));
        env.run_due_jobs().await;
        assert_eq!(env.smtp.connections(), tries, "not again at once");
        env.clock.advance(10);
    }
    env.run_due_jobs().await;
    assert_eq!((env.smtp.received().len(), env.jobs().await), (1, 0));
}

#[rstest]
#[tokio::test]
async fn a_closed_invitation_is_not_mailed(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let invitations = env.services.invitations();
    let owner = env.owner("team", "owner@acme.test").await;
    let withdrawn =
        invitations.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    invitations.withdraw_invitation(&owner, &withdrawn.id).await.unwrap();
    invitations.invite(&owner, "bob@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let newer =
        invitations.invite(&owner, "bob@example.com", Role::Admin, Some(&Confirmed::not_asked())).await.unwrap();
    env.run_due_jobs().await;
    let received = env.smtp.received();
    assert_eq!(received.len(), 1, "{received:#?}");
    assert_eq!(invitations.find_invitation(newer.token()).await.unwrap().role, Role::Admin);
    assert!(received[0].text().contains("as an admin"), "{received:#?}");
}

#[rstest]
#[tokio::test]
async fn a_second_invitation_replaces_the_first(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::without_mail(engine).await;
    let invitations = env.services.invitations();
    let owner = env.owner("pro", "owner@acme.test").await;
    let first =
        invitations.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let second =
        invitations.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let open = invitations.open_invitations(&owner.current_membership.tenant_id).await.unwrap();
    assert_eq!(open.iter().map(|open| &open.id).collect::<Vec<_>>(), [&second.id]);
    let ada = env.stranger("ada@example.com").await;
    let outcome = invitations.accept_invitation(&ada, first.token()).await;
    assert!(is_over(&outcome, LinkError::Replaced), "{outcome:?}");
    assert_eq!(env.jobs().await, 0);
    invitations.accept_invitation(&ada, second.token()).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_link_ends_when_expired_used_or_withdrawn(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::without_mail(engine).await;
    let tenants = env.services.tenants();
    let invitations = env.services.invitations();
    let owner = env.owner("team", "owner@acme.test").await;
    let (ada, bob) = (env.stranger("ada@example.com").await, env.stranger("bob@example.com").await);
    for (token, end) in [("", LinkError::Unknown), (&*"0".repeat(64), LinkError::Unknown)] {
        let outcome = invitations.accept_invitation(&ada, token).await;
        assert!(is_over(&outcome, end), "{outcome:?}");
    }
    let invited =
        invitations.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let joined = invitations.accept_invitation(&ada, invited.token()).await.unwrap();
    assert_eq!((&joined.tenant, joined.role), (&owner.current_membership.tenant_id, Role::Member));
    // A repeated acceptance is idempotent.
    assert_eq!(invitations.accept_invitation(&ada, invited.token()).await.unwrap(), joined);
    let used = invitations.find_invitation(invited.token()).await;
    assert!(is_over(&used, LinkError::Used), "{used:?}");
    tenants.remove_member(&owner, &ada.user_id, KeysOfMember::End, Some(&Confirmed::not_asked())).await.unwrap();
    let used = invitations.accept_invitation(&ada, invited.token()).await;
    assert!(is_over(&used, LinkError::Used), "{used:?}");

    let invited =
        invitations.invite(&owner, "bob@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    invitations.withdraw_invitation(&owner, &invited.id).await.unwrap();
    let outcome = invitations.accept_invitation(&bob, invited.token()).await;
    assert!(is_over(&outcome, LinkError::Withdrawn), "{outcome:?}");
    let again = invitations.withdraw_invitation(&owner, &invited.id).await;
    assert!(matches!(again, Err(ServiceError::NotFound(_))), "{again:?}");

    let invited =
        invitations.invite(&owner, "bob@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    env.clock.advance(VALID_SECS - 1);
    invitations.find_invitation(invited.token()).await.unwrap();
    env.clock.advance(1);
    for outcome in [
        invitations.find_invitation(invited.token()).await.map(drop),
        invitations.accept_invitation(&bob, invited.token()).await.map(drop),
        invitations.accept_by_password(invited.token(), PASSWORD, HERE).await.map(drop),
    ] {
        assert!(is_over(&outcome, LinkError::Expired), "{outcome:?}");
    }
    assert!(invitations.open_invitations(&owner.current_membership.tenant_id).await.unwrap().is_empty());
    invitations.invite(&owner, "bob@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn only_the_account_with_the_address_can_accept(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::without_mail(engine).await;
    let invitations = env.services.invitations();
    let owner = env.owner("pro", "owner@acme.test").await;
    let invited =
        invitations.invite(&owner, "ada@example.com", Role::Admin, Some(&Confirmed::not_asked())).await.unwrap();
    let eve = env.stranger("eve@evil.test").await;
    let outcome = invitations.accept_invitation(&eve, invited.token()).await;
    assert!(matches!(outcome, Err(ServiceError::OtherAddress)), "{outcome:?}");
    assert_eq!(env.services.tenants().members(&owner.current_membership.tenant_id).await.unwrap().len(), 1);
    invitations.find_invitation(invited.token()).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_new_address_gets_an_account_with_only_the_invited_workspace(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::without_mail(engine).await;
    let invitations = env.services.invitations();
    let owner = env.owner("pro", "owner@acme.test").await;
    let invited =
        invitations.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let weak = invitations.accept_by_password(invited.token(), "short", HERE).await;
    assert!(matches!(weak, Err(ServiceError::Validation { .. })), "{weak:?}");

    let (user, joined) = invitations.accept_by_password(invited.token(), PASSWORD, HERE).await.unwrap().joined();
    assert_eq!((joined.tenant_name.as_str(), joined.role), ("Acme Robotics", Role::Member));
    assert_eq!(env.services.accounts().log_in("ada@example.com", PASSWORD, HERE).await.unwrap(), user);
    let mut reader = env.database.store.read().await.unwrap();
    assert_eq!(reader.connection().list_tenants_of_user(&user).await.unwrap().len(), 1);
    drop(reader);
    let again = invitations.accept_by_password(invited.token(), PASSWORD, HERE).await;
    assert!(is_over(&again, LinkError::Used), "{again:?}");
}

#[rstest]
#[tokio::test]
async fn an_invitation_does_not_reveal_an_account_and_accepts_its_password(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::without_mail(engine).await;
    let invitations = env.services.invitations();
    let owner = env.owner("team", "owner@acme.test").await;
    let with =
        invitations.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let without =
        invitations.invite(&owner, "bob@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let ada = env.stranger("ada@example.com").await;
    let mut views = Vec::new();
    for invited in [&with, &without] {
        let mut view = invitations.find_invitation(invited.token()).await.unwrap();
        view.email = "same@example.com".parse().unwrap();
        views.push(view);
    }
    assert_eq!(views[0], views[1], "one has an account, the other has none");

    let wrong = invitations.accept_by_password(with.token(), "another battery staple", HERE).await;
    assert!(matches!(wrong, Err(ServiceError::InvalidCredentials)), "{wrong:?}");
    let (user, joined) = invitations.accept_by_password(with.token(), PASSWORD, HERE).await.unwrap().joined();
    assert_eq!((user, joined.tenant), (ada.user_id, owner.current_membership.tenant_id.clone()));
}

#[rstest]
#[tokio::test]
async fn only_a_mailed_link_verifies_the_invited_address(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let owner = env.owner("business", "owner@acme.test").await;
    for (email, is_mailed) in [("ada@example.com", true), ("bob@example.com", false)] {
        let shown = env
            .services
            .invitations()
            .invite(&owner, email, Role::Member, Some(&Confirmed::not_asked()))
            .await
            .unwrap();
        env.run_due_jobs().await;
        let mailed = env.smtp.received().pop().unwrap().link().unwrap();
        let link = if is_mailed { token(&mailed) } else { shown.token() };
        let (user, _) = env.services.invitations().accept_by_password(link, PASSWORD, HERE).await.unwrap().joined();
        assert_eq!(env.services.accounts().has_verified_address(&user).await.unwrap(), is_mailed, "{email}");
    }
    // The same for an existing account.
    for (email, is_mailed) in [("cid@example.com", true), ("dan@example.com", false)] {
        let request = SignUp { email: email.to_owned(), password: PASSWORD.to_owned(), workspace: None };
        let user_id = env.services.accounts().sign_up(request, HERE).await.unwrap().user;
        let shown = env
            .services
            .invitations()
            .invite(&owner, email, Role::Member, Some(&Confirmed::not_asked()))
            .await
            .unwrap();
        env.run_due_jobs().await;
        let is_invitation = |link: &String| link.contains("/invitations/");
        let mailed = env
            .smtp
            .received()
            .iter()
            .rev()
            .filter_map(crate::mail::testing::Received::link)
            .find(is_invitation)
            .unwrap();
        let link = if is_mailed { token(&mailed) } else { shown.token() };
        let account = Account { user_id, email: email.parse().unwrap() };
        env.services.invitations().accept_invitation(&account, link).await.unwrap();
        assert_eq!(env.services.accounts().has_verified_address(&account.user_id).await.unwrap(), is_mailed, "{email}");
    }
}

#[rstest]
#[tokio::test]
async fn an_address_that_signs_up_concurrently_joins_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::without_mail(engine).await;
    let invitations = env.services.invitations();
    let owner = env.owner("pro", "owner@acme.test").await;
    let invited =
        invitations.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let outcomes = join_all((0..6).map(|_| invitations.accept_by_password(invited.token(), PASSWORD, HERE))).await;
    let joined: BTreeSet<_> =
        outcomes.iter().flatten().map(|accepted| accepted.clone().joined().0.to_string()).collect();
    assert_eq!(joined.len(), 1, "one account: {outcomes:?}");
    let mut refused = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
    assert!(refused.all(|error| matches!(error, ServiceError::InvalidLink(LinkError::Used))), "{outcomes:?}");
    assert_eq!(env.services.tenants().members(&owner.current_membership.tenant_id).await.unwrap().len(), 2);
}

#[rstest]
#[tokio::test]
async fn an_account_with_a_second_factor_joins_only_after_its_code(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let invitations = env.services.invitations();
    let owner = env.owner("team", "owner@acme.test").await;
    let ada = env.stranger("ada@example.com").await;
    env.run(
        "INSERT INTO second_factors (user_id, secret, created_at, enabled_at) \
             SELECT user_id, 'sealed under no key', 0, 1 FROM users WHERE email = 'ada@example.com'",
    )
    .await;
    let invited = invitations.invite(&owner, "ada@example.com", Role::Member, None).await.unwrap();
    let outcome = invitations.accept_by_password(invited.token(), PASSWORD, HERE).await.unwrap();
    assert_eq!(outcome, crate::service::tenant::team::invitation::Accepted::NeedsCode(ada.user_id.clone()));
    assert_eq!(env.role(&owner.current_membership.tenant_id, "ada@example.com").await, None, "nothing is accepted yet");
    invitations.accept_invitation(&ada, invited.token()).await.unwrap();
    assert_eq!(env.role(&owner.current_membership.tenant_id, "ada@example.com").await, Some(Role::Member));
}

#[rstest]
#[tokio::test]
async fn a_mail_names_the_inviter_without_linking_the_address(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let eve = env.owner("free", "www.evil-bank.example!act-now@evil.test").await;
    env.services.invitations().invite(&eve, "wanted@corp.test", Role::Member, None).await.unwrap();
    env.run_due_jobs().await;
    let text = env.smtp.received().pop().unwrap().text();
    assert!(text.contains("www evil-bank example act-now evil test invited you") && !text.contains("www."), "{text}");
}
