use std::collections::BTreeSet;

use domain::account::{Account, Role};
use futures::future::join_all;
use rstest::rstest;

use super::VALID_SECS;
use crate::{
    identity::factors::Confirmed,
    mail::testing::Mood,
    service::{
        LinkEnd, ServiceError,
        account::SignUp,
        stage::{HERE, PASSWORD, Stage, token},
        team::KeysOfMember,
    },
    store::testing::Engine,
};

const EVERY_TOKEN_AND_JOB: &str = "SELECT token_hash FROM invitation_tokens UNION ALL SELECT task FROM jobs UNION ALL SELECT invitation_id FROM invitations";

fn is_over(outcome: &Result<impl std::fmt::Debug, ServiceError>, end: LinkEnd) -> bool {
    matches!(outcome, Err(ServiceError::LinkOver(found)) if *found == end)
}

#[rstest]
#[tokio::test]
async fn an_invitation_is_mailed_with_a_separate_link_that_is_not_stored(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let owner = stage.owner("pro", "owner@acme.test").await;
    let invited =
        stage.services.invite(&owner, " Ada@Example.com ", Role::Admin, Some(&Confirmed::not_asked())).await.unwrap();
    assert_eq!((invited.email.as_str(), invited.role), ("ada@example.com", Role::Admin));
    assert!(stage.smtp.received().is_empty(), "the request does not wait for the SMTP server");
    let before = stage.dump(EVERY_TOKEN_AND_JOB).await;
    assert!(!before.contains(invited.token()), "{before}");

    stage.work().await;
    let mail = stage.smtp.received().pop().unwrap();
    assert_eq!(mail.to, ["ada@example.com"]);
    assert_eq!(mail.header("Subject"), Some("Invitation to Acme Robotics"));
    let text = mail.text();
    assert!(text.starts_with("owner@acme.test invites you to Acme Robotics as an admin."), "{text}");
    let link = mail.link().unwrap();
    assert!(link.starts_with("https://dues.test/invitations/") && link != invited.url, "{link}");
    let after = stage.dump(EVERY_TOKEN_AND_JOB).await;
    assert!(!after.contains(invited.token()) && !after.contains(token(&link)), "{after}");
    assert_eq!(stage.jobs().await, 0);

    let ada = stage.stranger("ada@example.com").await;
    for link in [&link, &invited.url] {
        let view = stage.services.find_invitation(token(link)).await.unwrap();
        assert_eq!((view.tenant_name.as_str(), view.role), ("Acme Robotics", Role::Admin));
        assert_eq!(view.invited_by.unwrap().as_str(), "owner@acme.test");
    }
    stage.services.accept_invitation(&ada, token(&link)).await.unwrap();
    let other_link = stage.services.find_invitation(invited.token()).await;
    assert!(is_over(&other_link, LinkEnd::Used), "it is one invitation: {other_link:?}");
}

#[rstest]
#[tokio::test]
async fn a_failed_invitation_mail_shows_the_reason_and_the_next_retry(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let owner = stage.owner("pro", "owner@acme.test").await;
    let tenant = &owner.current_membership.tenant_id;
    stage.services.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let undelivered = async || {
        stage.work().await;
        stage.services.open_invitations(tenant).await.unwrap().pop().unwrap().undelivered
    };
    stage.smtp.will_be([Mood::Busy, Mood::Unknown]);
    let busy = undelivered().await.unwrap();
    assert!(busy.next_try.is_some() && !busy.reason.is_empty(), "{busy:?}");
    stage.clock.advance(3600);
    let refused = undelivered().await.unwrap();
    assert!(refused.next_try.is_none() && refused.reason.contains("nobody of that name"), "{refused:?}");
    let connections = stage.smtp.connections();
    stage.clock.advance(3 * 86_400);
    assert_eq!(undelivered().await, Some(refused), "no further try");
    assert_eq!((stage.smtp.connections(), stage.smtp.received().len()), (connections, 0));
    let troubled = stage.services.activity(&owner).await.unwrap().troubled;
    assert!(troubled.first().unwrap().is_given_up(), "{troubled:?}");

    stage.services.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    assert_eq!((undelivered().await, stage.smtp.received().len()), (None, 1), "asked for again");
}

#[rstest]
#[tokio::test]
async fn a_mail_is_retried_after_an_outage_of_the_smtp_server(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let owner = stage.owner("pro", "owner@acme.test").await;
    stage.smtp.will_be([Mood::Busy, Mood::Busy]);
    stage.services.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    for tries in 1..=2 {
        stage.work().await;
        assert_eq!((stage.smtp.connections(), stage.jobs().await), (tries, 1));
        stage.work().await;
        assert_eq!(stage.smtp.connections(), tries, "not again at once");
        stage.clock.advance(10);
    }
    stage.work().await;
    assert_eq!((stage.smtp.received().len(), stage.jobs().await), (1, 0));
}

#[rstest]
#[tokio::test]
async fn a_closed_invitation_is_not_mailed(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stage = Stage::new(engine).await;
    let owner = stage.owner("team", "owner@acme.test").await;
    let withdrawn =
        stage.services.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    stage.services.withdraw_invitation(&owner, &withdrawn.id).await.unwrap();
    stage.services.invite(&owner, "bob@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let newer =
        stage.services.invite(&owner, "bob@example.com", Role::Admin, Some(&Confirmed::not_asked())).await.unwrap();
    stage.work().await;
    let received = stage.smtp.received();
    assert_eq!(received.len(), 1, "{received:#?}");
    assert_eq!(stage.services.find_invitation(newer.token()).await.unwrap().role, Role::Admin);
    assert!(received[0].text().contains("as an admin"), "{received:#?}");
}

#[rstest]
#[tokio::test]
async fn a_second_invitation_replaces_the_first(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stage = Stage::without_mail(engine).await;
    let owner = stage.owner("pro", "owner@acme.test").await;
    let first =
        stage.services.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let second =
        stage.services.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let open = stage.services.open_invitations(&owner.current_membership.tenant_id).await.unwrap();
    assert_eq!(open.iter().map(|open| &open.id).collect::<Vec<_>>(), [&second.id]);
    let ada = stage.stranger("ada@example.com").await;
    let outcome = stage.services.accept_invitation(&ada, first.token()).await;
    assert!(is_over(&outcome, LinkEnd::Replaced), "{outcome:?}");
    assert_eq!(stage.jobs().await, 0);
    stage.services.accept_invitation(&ada, second.token()).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_link_ends_when_expired_used_or_withdrawn(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stage = Stage::without_mail(engine).await;
    let owner = stage.owner("team", "owner@acme.test").await;
    let (ada, bob) = (stage.stranger("ada@example.com").await, stage.stranger("bob@example.com").await);
    for (token, end) in [("", LinkEnd::Unknown), (&*"0".repeat(64), LinkEnd::Unknown)] {
        let outcome = stage.services.accept_invitation(&ada, token).await;
        assert!(is_over(&outcome, end), "{outcome:?}");
    }
    let invited =
        stage.services.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let joined = stage.services.accept_invitation(&ada, invited.token()).await.unwrap();
    assert_eq!((&joined.tenant, joined.role), (&owner.current_membership.tenant_id, Role::Member));
    // A repeated acceptance is idempotent.
    assert_eq!(stage.services.accept_invitation(&ada, invited.token()).await.unwrap(), joined);
    let used = stage.services.find_invitation(invited.token()).await;
    assert!(is_over(&used, LinkEnd::Used), "{used:?}");
    stage.services.remove_member(&owner, &ada.user_id, KeysOfMember::End, Some(&Confirmed::not_asked())).await.unwrap();
    let used = stage.services.accept_invitation(&ada, invited.token()).await;
    assert!(is_over(&used, LinkEnd::Used), "{used:?}");

    let invited =
        stage.services.invite(&owner, "bob@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    stage.services.withdraw_invitation(&owner, &invited.id).await.unwrap();
    let outcome = stage.services.accept_invitation(&bob, invited.token()).await;
    assert!(is_over(&outcome, LinkEnd::Withdrawn), "{outcome:?}");
    let again = stage.services.withdraw_invitation(&owner, &invited.id).await;
    assert!(matches!(again, Err(ServiceError::NotFound(_))), "{again:?}");

    let invited =
        stage.services.invite(&owner, "bob@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    stage.clock.advance(VALID_SECS - 1);
    stage.services.find_invitation(invited.token()).await.unwrap();
    stage.clock.advance(1);
    for outcome in [
        stage.services.find_invitation(invited.token()).await.map(drop),
        stage.services.accept_invitation(&bob, invited.token()).await.map(drop),
        stage.services.accept_by_password(invited.token(), PASSWORD, HERE).await.map(drop),
    ] {
        assert!(is_over(&outcome, LinkEnd::Expired), "{outcome:?}");
    }
    assert!(stage.services.open_invitations(&owner.current_membership.tenant_id).await.unwrap().is_empty());
    stage.services.invite(&owner, "bob@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn only_the_account_with_the_address_can_accept(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stage = Stage::without_mail(engine).await;
    let owner = stage.owner("pro", "owner@acme.test").await;
    let invited =
        stage.services.invite(&owner, "ada@example.com", Role::Admin, Some(&Confirmed::not_asked())).await.unwrap();
    let eve = stage.stranger("eve@evil.test").await;
    let outcome = stage.services.accept_invitation(&eve, invited.token()).await;
    assert!(matches!(outcome, Err(ServiceError::OtherAddress)), "{outcome:?}");
    assert_eq!(stage.services.members(&owner.current_membership.tenant_id).await.unwrap().len(), 1);
    stage.services.find_invitation(invited.token()).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_new_address_gets_an_account_with_only_the_invited_workspace(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::without_mail(engine).await;
    let owner = stage.owner("pro", "owner@acme.test").await;
    let invited =
        stage.services.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let weak = stage.services.accept_by_password(invited.token(), "short", HERE).await;
    assert!(matches!(weak, Err(ServiceError::Validation { .. })), "{weak:?}");

    let (user, joined) = stage.services.accept_by_password(invited.token(), PASSWORD, HERE).await.unwrap().joined();
    assert_eq!((joined.tenant_name.as_str(), joined.role), ("Acme Robotics", Role::Member));
    assert_eq!(stage.services.log_in("ada@example.com", PASSWORD, HERE).await.unwrap(), user);
    let mut reader = stage.database.store.read().await.unwrap();
    assert_eq!(reader.link().list_tenants_of_user(&user).await.unwrap().len(), 1);
    drop(reader);
    let again = stage.services.accept_by_password(invited.token(), PASSWORD, HERE).await;
    assert!(is_over(&again, LinkEnd::Used), "{again:?}");
}

#[rstest]
#[tokio::test]
async fn an_invitation_does_not_reveal_an_account_and_accepts_its_password(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::without_mail(engine).await;
    let owner = stage.owner("team", "owner@acme.test").await;
    let with =
        stage.services.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let without =
        stage.services.invite(&owner, "bob@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let ada = stage.stranger("ada@example.com").await;
    let mut views = Vec::new();
    for invited in [&with, &without] {
        let mut view = stage.services.find_invitation(invited.token()).await.unwrap();
        view.email = "same@example.com".parse().unwrap();
        views.push(view);
    }
    assert_eq!(views[0], views[1], "one has an account, the other has none");

    let wrong = stage.services.accept_by_password(with.token(), "another battery staple", HERE).await;
    assert!(matches!(wrong, Err(ServiceError::InvalidCredentials)), "{wrong:?}");
    let (user, joined) = stage.services.accept_by_password(with.token(), PASSWORD, HERE).await.unwrap().joined();
    assert_eq!((user, joined.tenant), (ada.user_id, owner.current_membership.tenant_id.clone()));
}

#[rstest]
#[tokio::test]
async fn only_a_mailed_link_proves_the_invited_address(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stage = Stage::new(engine).await;
    let owner = stage.owner("business", "owner@acme.test").await;
    for (email, is_mailed) in [("ada@example.com", true), ("bob@example.com", false)] {
        let shown = stage.services.invite(&owner, email, Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
        stage.work().await;
        let mailed = stage.smtp.received().pop().unwrap().link().unwrap();
        let link = if is_mailed { token(&mailed) } else { shown.token() };
        let (user, _) = stage.services.accept_by_password(link, PASSWORD, HERE).await.unwrap().joined();
        assert_eq!(stage.services.has_proven_address(&user).await.unwrap(), is_mailed, "{email}");
    }
    // The same for an existing account.
    for (email, is_mailed) in [("cid@example.com", true), ("dan@example.com", false)] {
        let request = SignUp { email: email.to_owned(), password: PASSWORD.to_owned(), workspace: None };
        let user_id = stage.services.sign_up(request, HERE).await.unwrap().user;
        let shown = stage.services.invite(&owner, email, Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
        stage.work().await;
        let is_invitation = |link: &String| link.contains("/invitations/");
        let mailed = stage.smtp.received().iter().rev().filter_map(|mail| mail.link()).find(is_invitation).unwrap();
        let link = if is_mailed { token(&mailed) } else { shown.token() };
        let account = Account { user_id, email: email.parse().unwrap() };
        stage.services.accept_invitation(&account, link).await.unwrap();
        assert_eq!(stage.services.has_proven_address(&account.user_id).await.unwrap(), is_mailed, "{email}");
    }
}

#[rstest]
#[tokio::test]
async fn an_address_that_signs_up_concurrently_joins_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stage = Stage::without_mail(engine).await;
    let owner = stage.owner("pro", "owner@acme.test").await;
    let invited =
        stage.services.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let outcomes = join_all((0..6).map(|_| stage.services.accept_by_password(invited.token(), PASSWORD, HERE))).await;
    let joined: BTreeSet<_> =
        outcomes.iter().flatten().map(|accepted| accepted.clone().joined().0.to_string()).collect();
    assert_eq!(joined.len(), 1, "one account: {outcomes:?}");
    let mut refused = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
    assert!(refused.all(|error| matches!(error, ServiceError::LinkOver(LinkEnd::Used))), "{outcomes:?}");
    assert_eq!(stage.services.members(&owner.current_membership.tenant_id).await.unwrap().len(), 2);
}

#[rstest]
#[tokio::test]
async fn without_a_free_seat_inviting_and_joining_are_refused(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::without_mail(engine).await;
    let owner = stage.owner("free", "owner@acme.test").await;
    let early =
        stage.services.invite(&owner, "early@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let late =
        stage.services.invite(&owner, "late@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let (early_bird, late_bird) = (stage.stranger("early@example.com").await, stage.stranger("late@example.com").await);
    stage.services.accept_invitation(&early_bird, early.token()).await.unwrap();
    for outcome in [
        stage.services.accept_invitation(&late_bird, late.token()).await.map(drop),
        stage.services.invite(&owner, "third@example.com", Role::Member, Some(&Confirmed::not_asked())).await.map(drop),
    ] {
        let Err(ServiceError::LimitReached(refusal)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(refusal.message, "Team member limit reached (2)");
        assert_eq!(refusal.upgrade.unwrap().plan.as_str(), "starter");
    }
    stage
        .services
        .remove_member(&owner, &early_bird.user_id, KeysOfMember::End, Some(&Confirmed::not_asked()))
        .await
        .unwrap();
    stage.services.accept_invitation(&late_bird, late.token()).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn the_member_limit_is_exact_for_concurrent_acceptances(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::without_mail(engine).await;
    let owner = stage.owner("starter", "owner@acme.test").await;
    let mut guests: Vec<(Account, String)> = Vec::new();
    for number in 0..10 {
        let email = format!("guest{number}@example.com");
        let invited = stage.services.invite(&owner, &email, Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
        guests.push((stage.stranger(&email).await, invited.token().to_owned()));
    }
    let outcomes =
        join_all(guests.iter().map(|(account, token)| stage.services.accept_invitation(account, token))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 2, "{outcomes:?}");
    let full = outcomes.iter().filter(|outcome| matches!(outcome, Err(ServiceError::LimitReached(_)))).count();
    assert_eq!(full, 8, "{outcomes:?}");
    assert_eq!(stage.services.members(&owner.current_membership.tenant_id).await.unwrap().len(), 3);
    assert_eq!(
        stage.services.open_invitations(&owner.current_membership.tenant_id).await.unwrap().len(),
        8,
        "the others wait"
    );
}

#[rstest]
#[tokio::test]
async fn an_invalid_invitation_is_rejected(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stage = Stage::without_mail(engine).await;
    let owner = stage.owner("team", "owner@acme.test").await;
    let admin = stage.colleague(&owner, "admin@acme.test", Role::Admin).await;
    let member = stage.colleague(&owner, "member@acme.test", Role::Member).await;
    for email in ["", "ada", "a@b@c", "ada@example.com\r\nBcc: eve@evil.test", "a<b>@example.com"] {
        let outcome = stage.services.invite(&owner, email, Role::Member, Some(&Confirmed::not_asked())).await;
        assert!(matches!(outcome, Err(ServiceError::Validation { .. })), "{email:?}: {outcome:?}");
    }
    let outcome = stage.services.invite(&admin, "Member@acme.test", Role::Admin, Some(&Confirmed::not_asked())).await;
    assert!(matches!(outcome, Err(ServiceError::AlreadyMember(_))), "{outcome:?}");
    let outcome = stage.services.invite(&admin, "ada@example.com", Role::Owner, Some(&Confirmed::not_asked())).await;
    assert!(matches!(outcome, Err(ServiceError::OwnerRequired)), "{outcome:?}");
    let outcome = stage.services.invite(&member, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await;
    assert!(matches!(outcome, Err(ServiceError::AdminRequired)), "{outcome:?}");

    let of_owner =
        stage.services.invite(&owner, "ada@example.com", Role::Owner, Some(&Confirmed::not_asked())).await.unwrap();
    for outcome in [
        stage.services.withdraw_invitation(&admin, &of_owner.id).await,
        stage.services.invite(&admin, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.map(drop),
    ] {
        assert!(matches!(outcome, Err(ServiceError::OwnerRequired)), "{outcome:?}");
    }
    let outcome = stage.services.withdraw_invitation(&member, &of_owner.id).await;
    assert!(matches!(outcome, Err(ServiceError::AdminRequired)), "{outcome:?}");
    let elsewhere = stage.owner("team", "owner@other.test").await;
    let outcome = stage.services.withdraw_invitation(&elsewhere, &of_owner.id).await;
    assert!(matches!(outcome, Err(ServiceError::NotFound(_))), "{outcome:?}");
    // An expired invitation of an owner may be replaced by an admin.
    stage.clock.advance(VALID_SECS);
    stage.services.invite(&admin, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn invitations_of_a_workspace_are_throttled(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stage = Stage::without_mail(engine).await;
    let owner = stage.owner("team", "owner@acme.test").await;
    for _ in 0..10 {
        stage.services.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    }
    let outcome = stage.services.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await;
    assert!(matches!(outcome, Err(ServiceError::Throttled { retry_after_secs: 900 })), "{outcome:?}");
    stage.services.invite(&owner, "bob@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    stage.clock.advance(900);
    stage.services.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn names_can_not_carry_links_into_mails(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stage = Stage::new(engine).await;
    let bait = "Your bank. Act now: https://evil.example/login";
    for name in [bait, "evil.example", "mail ada@evil.test", "Acme\u{202e}", "Ac\u{200b}me", "Acme\nBcc: x"] {
        let request = SignUp {
            email: "eve@evil.test".to_owned(),
            password: PASSWORD.to_owned(),
            workspace: Some(name.to_owned()),
        };
        let Err(ServiceError::Validation { fields, .. }) = stage.services.sign_up(request, HERE).await else {
            panic!("{name}")
        };
        assert!(fields.contains_key("workspace"), "{name}: {fields:?}");
        let refused = stage.services.create_tenant(name, "eve@evil.test", PASSWORD, None).await;
        assert!(matches!(refused, Err(ServiceError::Validation { .. })), "{name}: {refused:?}");
    }
    // A name derived from an address can't either.
    let request = SignUp { email: "evil.example@evil.test".to_owned(), password: PASSWORD.to_owned(), workspace: None };
    let user = stage.services.sign_up(request, HERE).await.unwrap().user;
    let tenants = stage.database.store.read().await.unwrap().link().list_tenants_of_user(&user).await.unwrap();
    assert_eq!(tenants[0].0.name, "evil example's workspace");

    // A name that a former version stored is no link in a mail.
    let owner = stage.owner("pro", "owner@acme.test").await;
    stage
        .run("UPDATE tenants SET name = 'Your bank. Act now: https://evil.example/login' WHERE name = 'Acme Robotics'")
        .await;
    stage.services.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    stage.work().await;
    let mail = stage.smtp.received().pop().unwrap();
    let all = format!("{:?} {}", mail.header("Subject"), mail.text());
    assert!(!all.contains("evil.example") && all.contains("Act now: https evil example login"), "{all}");
}

#[rstest]
#[tokio::test]
async fn invitations_of_an_account_are_limited_per_day(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stage = Stage::without_mail(engine).await;
    let owner = stage.owner("enterprise", "owner@acme.test").await;
    let (mut sent, mut refused) = (0, 0);
    for number in 0..130 {
        if number % 40 == 39 {
            stage.clock.advance(15 * 60);
        }
        match stage
            .services
            .invite(&owner, &format!("{number}@example.com"), Role::Member, Some(&Confirmed::not_asked()))
            .await
        {
            Ok(_) => sent += 1,
            Err(ServiceError::Throttled { retry_after_secs }) => {
                assert!(retry_after_secs > 15 * 60, "{retry_after_secs}");
                refused += 1;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!((sent, refused), (100, 30));
    // In other workspaces, too.
    stage.clock.advance(15 * 60);
    let other = stage.owner("enterprise", "owner@acme.test").await;
    let outcome = stage.services.invite(&other, "more@example.com", Role::Member, Some(&Confirmed::not_asked())).await;
    assert!(matches!(outcome, Err(ServiceError::Throttled { .. })), "{outcome:?}");
    stage.clock.advance(86_400);
    stage.services.invite(&owner, "later@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn other_workspaces_can_not_block_invitations_to_an_address(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let eve = stage.owner("free", "eve@evil.test").await;
    let owner = stage.owner("free", "owner@acme.test").await;
    for _ in 0..10 {
        let made = stage.services.invite(&eve, "wanted@corp.test", Role::Member, None).await.unwrap();
        assert!(made.is_mailed);
    }
    let outcome = stage.services.invite(&eve, "wanted@corp.test", Role::Member, None).await;
    assert!(matches!(outcome, Err(ServiceError::Throttled { .. })), "{outcome:?}");
    stage.work().await;
    let before = stage.smtp.received().len();
    let invited = stage.services.invite(&owner, "wanted@corp.test", Role::Member, None).await.unwrap();
    assert!(!invited.is_mailed, "the address gets enough mail, and the link works");
    stage.work().await;
    assert_eq!(stage.smtp.received().len(), before);
    stage.services.find_invitation(invited.token()).await.unwrap();
    let elsewhere = stage.services.invite(&owner, "another@corp.test", Role::Member, None).await.unwrap();
    assert!(elsewhere.is_mailed);
}

#[rstest]
#[tokio::test]
async fn an_account_with_a_second_factor_joins_only_after_its_code(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let owner = stage.owner("team", "owner@acme.test").await;
    let ada = stage.stranger("ada@example.com").await;
    stage
        .run(
            "INSERT INTO second_factors (user_id, secret, created_at, enabled_at) \
             SELECT user_id, 'sealed under no key', 0, 1 FROM users WHERE email = 'ada@example.com'",
        )
        .await;
    let invited = stage.services.invite(&owner, "ada@example.com", Role::Member, None).await.unwrap();
    let outcome = stage.services.accept_by_password(invited.token(), PASSWORD, HERE).await.unwrap();
    assert_eq!(outcome, crate::service::invitation::Accepted::NeedsCode(ada.user_id.clone()));
    assert_eq!(
        stage.role(&owner.current_membership.tenant_id, "ada@example.com").await,
        None,
        "nothing is accepted yet"
    );
    stage.services.accept_invitation(&ada, invited.token()).await.unwrap();
    assert_eq!(stage.role(&owner.current_membership.tenant_id, "ada@example.com").await, Some(Role::Member));
}

#[rstest]
#[tokio::test]
async fn a_mail_names_the_inviter_without_linking_the_address(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let eve = stage.owner("free", "www.evil-bank.example!act-now@evil.test").await;
    stage.services.invite(&eve, "wanted@corp.test", Role::Member, None).await.unwrap();
    stage.work().await;
    let text = stage.smtp.received().pop().unwrap().text();
    assert!(text.contains("www evil-bank example act-now evil test invites you") && !text.contains("www."), "{text}");
}
