//! The mail of an invitation.

use domain::account::Role;
use rstest::rstest;

use super::is_over;
use crate::{
    identity::factors::Confirmed,
    mail::testing::SmtpFailure,
    service::{
        LinkError, ServiceError,
        account::SignUp,
        base::test_env::{HERE, PASSWORD, TestEnv, token},
    },
    store::testing::Engine,
};

const EVERY_TOKEN_AND_JOB: &str = "SELECT token_hash FROM invitation_tokens UNION ALL SELECT task FROM jobs UNION ALL SELECT invitation_id FROM invitations";

#[rstest]
#[tokio::test]
async fn an_invitation_is_mailed_with_a_separate_link_that_is_not_stored(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let owner = env.owner("pro", "owner@acme.test").await;
    let invited =
        env.services.invite(&owner, " Ada@Example.com ", Role::Admin, Some(&Confirmed::not_asked())).await.unwrap();
    assert_eq!((invited.email.as_str(), invited.role), ("ada@example.com", Role::Admin));
    assert!(env.smtp.received().is_empty(), "the request does not wait for the SMTP server");
    let before = env.dump(EVERY_TOKEN_AND_JOB).await;
    assert!(!before.contains(invited.token()), "{before}");

    env.run_due_jobs().await;
    let mail = env.smtp.received().pop().unwrap();
    assert_eq!(mail.to, ["ada@example.com"]);
    assert_eq!(mail.header("Subject"), Some("Invitation to Acme Robotics"));
    let text = mail.text();
    assert!(text.starts_with("owner@acme.test invites you to Acme Robotics as an admin."), "{text}");
    let link = mail.link().unwrap();
    assert!(link.starts_with("https://dues.test/invitations/") && link != invited.url, "{link}");
    let after = env.dump(EVERY_TOKEN_AND_JOB).await;
    assert!(!after.contains(invited.token()) && !after.contains(token(&link)), "{after}");
    assert_eq!(env.jobs().await, 0);

    let ada = env.stranger("ada@example.com").await;
    for link in [&link, &invited.url] {
        let view = env.services.find_invitation(token(link)).await.unwrap();
        assert_eq!((view.tenant_name.as_str(), view.role), ("Acme Robotics", Role::Admin));
        assert_eq!(view.invited_by.unwrap().as_str(), "owner@acme.test");
    }
    env.services.accept_invitation(&ada, token(&link)).await.unwrap();
    let other_link = env.services.find_invitation(invited.token()).await;
    assert!(is_over(&other_link, LinkError::Used), "it is one invitation: {other_link:?}");
}

#[rstest]
#[tokio::test]
async fn a_failed_invitation_mail_shows_the_reason_and_the_next_retry(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let owner = env.owner("pro", "owner@acme.test").await;
    let tenant = &owner.current_membership.tenant_id;
    env.services.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let undelivered = async || {
        env.run_due_jobs().await;
        env.services.open_invitations(tenant).await.unwrap().pop().unwrap().undelivered
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
    let troubled = env.services.activity(&owner).await.unwrap().troubled;
    assert!(troubled.first().unwrap().is_given_up(), "{troubled:?}");

    env.services.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    assert_eq!((undelivered().await, env.smtp.received().len()), (None, 1), "asked for again");
}

#[rstest]
#[tokio::test]
async fn a_mail_is_retried_after_an_outage_of_the_smtp_server(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let owner = env.owner("pro", "owner@acme.test").await;
    env.smtp.fail_next([SmtpFailure::Busy, SmtpFailure::Busy]);
    env.services.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
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
    let owner = env.owner("team", "owner@acme.test").await;
    let withdrawn =
        env.services.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    env.services.withdraw_invitation(&owner, &withdrawn.id).await.unwrap();
    env.services.invite(&owner, "bob@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let newer =
        env.services.invite(&owner, "bob@example.com", Role::Admin, Some(&Confirmed::not_asked())).await.unwrap();
    env.run_due_jobs().await;
    let received = env.smtp.received();
    assert_eq!(received.len(), 1, "{received:#?}");
    assert_eq!(env.services.find_invitation(newer.token()).await.unwrap().role, Role::Admin);
    assert!(received[0].text().contains("as an admin"), "{received:#?}");
}

#[rstest]
#[tokio::test]
async fn names_can_not_carry_links_into_mails(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let bait = "Your bank. Act now: https://evil.example/login";
    for name in [bait, "evil.example", "mail ada@evil.test", "Acme\u{202e}", "Ac\u{200b}me", "Acme\nBcc: x"] {
        let request = SignUp {
            email: "eve@evil.test".to_owned(),
            password: PASSWORD.to_owned(),
            workspace: Some(name.to_owned()),
        };
        let Err(ServiceError::Validation { fields, .. }) = env.services.sign_up(request, HERE).await else {
            panic!("{name}")
        };
        assert!(fields.contains_key("workspace"), "{name}: {fields:?}");
        let refused = env.services.create_tenant(name, "eve@evil.test", PASSWORD, None).await;
        assert!(matches!(refused, Err(ServiceError::Validation { .. })), "{name}: {refused:?}");
    }
    // A name derived from an address can't either.
    let request = SignUp { email: "evil.example@evil.test".to_owned(), password: PASSWORD.to_owned(), workspace: None };
    let user = env.services.sign_up(request, HERE).await.unwrap().user;
    let tenants = env.database.store.read().await.unwrap().connection().list_tenants_of_user(&user).await.unwrap();
    assert_eq!(tenants[0].0.name, "evil example's workspace");

    // A name that a former version stored is no link in a mail.
    let owner = env.owner("pro", "owner@acme.test").await;
    env.run("UPDATE tenants SET name = 'Your bank. Act now: https://evil.example/login' WHERE name = 'Acme Robotics'")
        .await;
    env.services.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    env.run_due_jobs().await;
    let mail = env.smtp.received().pop().unwrap();
    let all = format!("{:?} {}", mail.header("Subject"), mail.text());
    assert!(!all.contains("evil.example") && all.contains("Act now: https evil example login"), "{all}");
}

#[rstest]
#[tokio::test]
async fn a_mail_names_the_inviter_without_linking_the_address(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let eve = env.owner("free", "www.evil-bank.example!act-now@evil.test").await;
    env.services.invite(&eve, "wanted@corp.test", Role::Member, None).await.unwrap();
    env.run_due_jobs().await;
    let text = env.smtp.received().pop().unwrap().text();
    assert!(text.contains("www evil-bank example act-now evil test invites you") && !text.contains("www."), "{text}");
}
