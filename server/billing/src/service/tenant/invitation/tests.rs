//! Who can accept an invitation, and when its link ends.

mod limits;
mod mail;

use std::collections::BTreeSet;

use domain::account::{Account, Role};
use futures::future::join_all;
use rstest::rstest;

use super::VALID_SECS;
use crate::{
    identity::factors::Confirmed,
    service::{
        LinkError, ServiceError,
        account::SignUp,
        base::test_env::{HERE, PASSWORD, TestEnv, token},
        tenant::team::KeysOfMember,
    },
    store::testing::Engine,
};

fn is_over(outcome: &Result<impl std::fmt::Debug, ServiceError>, end: LinkError) -> bool {
    matches!(outcome, Err(ServiceError::InvalidLink(found)) if *found == end)
}

#[rstest]
#[tokio::test]
async fn a_second_invitation_replaces_the_first(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::without_mail(engine).await;
    let owner = env.owner("pro", "owner@acme.test").await;
    let first =
        env.services.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let second =
        env.services.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let open = env.services.open_invitations(&owner.current_membership.tenant_id).await.unwrap();
    assert_eq!(open.iter().map(|open| &open.id).collect::<Vec<_>>(), [&second.id]);
    let ada = env.stranger("ada@example.com").await;
    let outcome = env.services.accept_invitation(&ada, first.token()).await;
    assert!(is_over(&outcome, LinkError::Replaced), "{outcome:?}");
    assert_eq!(env.jobs().await, 0);
    env.services.accept_invitation(&ada, second.token()).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_link_ends_when_expired_used_or_withdrawn(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::without_mail(engine).await;
    let owner = env.owner("team", "owner@acme.test").await;
    let (ada, bob) = (env.stranger("ada@example.com").await, env.stranger("bob@example.com").await);
    for (token, end) in [("", LinkError::Unknown), (&*"0".repeat(64), LinkError::Unknown)] {
        let outcome = env.services.accept_invitation(&ada, token).await;
        assert!(is_over(&outcome, end), "{outcome:?}");
    }
    let invited =
        env.services.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let joined = env.services.accept_invitation(&ada, invited.token()).await.unwrap();
    assert_eq!((&joined.tenant, joined.role), (&owner.current_membership.tenant_id, Role::Member));
    // A repeated acceptance is idempotent.
    assert_eq!(env.services.accept_invitation(&ada, invited.token()).await.unwrap(), joined);
    let used = env.services.find_invitation(invited.token()).await;
    assert!(is_over(&used, LinkError::Used), "{used:?}");
    env.services.remove_member(&owner, &ada.user_id, KeysOfMember::End, Some(&Confirmed::not_asked())).await.unwrap();
    let used = env.services.accept_invitation(&ada, invited.token()).await;
    assert!(is_over(&used, LinkError::Used), "{used:?}");

    let invited =
        env.services.invite(&owner, "bob@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    env.services.withdraw_invitation(&owner, &invited.id).await.unwrap();
    let outcome = env.services.accept_invitation(&bob, invited.token()).await;
    assert!(is_over(&outcome, LinkError::Withdrawn), "{outcome:?}");
    let again = env.services.withdraw_invitation(&owner, &invited.id).await;
    assert!(matches!(again, Err(ServiceError::NotFound(_))), "{again:?}");

    let invited =
        env.services.invite(&owner, "bob@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    env.clock.advance(VALID_SECS - 1);
    env.services.find_invitation(invited.token()).await.unwrap();
    env.clock.advance(1);
    for outcome in [
        env.services.find_invitation(invited.token()).await.map(drop),
        env.services.accept_invitation(&bob, invited.token()).await.map(drop),
        env.services.accept_by_password(invited.token(), PASSWORD, HERE).await.map(drop),
    ] {
        assert!(is_over(&outcome, LinkError::Expired), "{outcome:?}");
    }
    assert!(env.services.open_invitations(&owner.current_membership.tenant_id).await.unwrap().is_empty());
    env.services.invite(&owner, "bob@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn only_the_account_with_the_address_can_accept(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::without_mail(engine).await;
    let owner = env.owner("pro", "owner@acme.test").await;
    let invited =
        env.services.invite(&owner, "ada@example.com", Role::Admin, Some(&Confirmed::not_asked())).await.unwrap();
    let eve = env.stranger("eve@evil.test").await;
    let outcome = env.services.accept_invitation(&eve, invited.token()).await;
    assert!(matches!(outcome, Err(ServiceError::OtherAddress)), "{outcome:?}");
    assert_eq!(env.services.members(&owner.current_membership.tenant_id).await.unwrap().len(), 1);
    env.services.find_invitation(invited.token()).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_new_address_gets_an_account_with_only_the_invited_workspace(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::without_mail(engine).await;
    let owner = env.owner("pro", "owner@acme.test").await;
    let invited =
        env.services.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let weak = env.services.accept_by_password(invited.token(), "short", HERE).await;
    assert!(matches!(weak, Err(ServiceError::Validation { .. })), "{weak:?}");

    let (user, joined) = env.services.accept_by_password(invited.token(), PASSWORD, HERE).await.unwrap().joined();
    assert_eq!((joined.tenant_name.as_str(), joined.role), ("Acme Robotics", Role::Member));
    assert_eq!(env.services.log_in("ada@example.com", PASSWORD, HERE).await.unwrap(), user);
    let mut reader = env.database.store.read().await.unwrap();
    assert_eq!(reader.connection().list_tenants_of_user(&user).await.unwrap().len(), 1);
    drop(reader);
    let again = env.services.accept_by_password(invited.token(), PASSWORD, HERE).await;
    assert!(is_over(&again, LinkError::Used), "{again:?}");
}

#[rstest]
#[tokio::test]
async fn an_invitation_does_not_reveal_an_account_and_accepts_its_password(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::without_mail(engine).await;
    let owner = env.owner("team", "owner@acme.test").await;
    let with =
        env.services.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let without =
        env.services.invite(&owner, "bob@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let ada = env.stranger("ada@example.com").await;
    let mut views = Vec::new();
    for invited in [&with, &without] {
        let mut view = env.services.find_invitation(invited.token()).await.unwrap();
        view.email = "same@example.com".parse().unwrap();
        views.push(view);
    }
    assert_eq!(views[0], views[1], "one has an account, the other has none");

    let wrong = env.services.accept_by_password(with.token(), "another battery staple", HERE).await;
    assert!(matches!(wrong, Err(ServiceError::InvalidCredentials)), "{wrong:?}");
    let (user, joined) = env.services.accept_by_password(with.token(), PASSWORD, HERE).await.unwrap().joined();
    assert_eq!((user, joined.tenant), (ada.user_id, owner.current_membership.tenant_id.clone()));
}

#[rstest]
#[tokio::test]
async fn only_a_mailed_link_proves_the_invited_address(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let owner = env.owner("business", "owner@acme.test").await;
    for (email, is_mailed) in [("ada@example.com", true), ("bob@example.com", false)] {
        let shown = env.services.invite(&owner, email, Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
        env.run_due_jobs().await;
        let mailed = env.smtp.received().pop().unwrap().link().unwrap();
        let link = if is_mailed { token(&mailed) } else { shown.token() };
        let (user, _) = env.services.accept_by_password(link, PASSWORD, HERE).await.unwrap().joined();
        assert_eq!(env.services.has_proven_address(&user).await.unwrap(), is_mailed, "{email}");
    }
    // The same for an existing account.
    for (email, is_mailed) in [("cid@example.com", true), ("dan@example.com", false)] {
        let request = SignUp { email: email.to_owned(), password: PASSWORD.to_owned(), workspace: None };
        let user_id = env.services.sign_up(request, HERE).await.unwrap().user;
        let shown = env.services.invite(&owner, email, Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
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
        env.services.accept_invitation(&account, link).await.unwrap();
        assert_eq!(env.services.has_proven_address(&account.user_id).await.unwrap(), is_mailed, "{email}");
    }
}

#[rstest]
#[tokio::test]
async fn an_address_that_signs_up_concurrently_joins_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::without_mail(engine).await;
    let owner = env.owner("pro", "owner@acme.test").await;
    let invited =
        env.services.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let outcomes = join_all((0..6).map(|_| env.services.accept_by_password(invited.token(), PASSWORD, HERE))).await;
    let joined: BTreeSet<_> =
        outcomes.iter().flatten().map(|accepted| accepted.clone().joined().0.to_string()).collect();
    assert_eq!(joined.len(), 1, "one account: {outcomes:?}");
    let mut refused = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
    assert!(refused.all(|error| matches!(error, ServiceError::InvalidLink(LinkError::Used))), "{outcomes:?}");
    assert_eq!(env.services.members(&owner.current_membership.tenant_id).await.unwrap().len(), 2);
}

#[rstest]
#[tokio::test]
async fn an_invalid_invitation_is_rejected(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::without_mail(engine).await;
    let owner = env.owner("team", "owner@acme.test").await;
    let admin = env.colleague(&owner, "admin@acme.test", Role::Admin).await;
    let member = env.colleague(&owner, "member@acme.test", Role::Member).await;
    for email in ["", "ada", "a@b@c", "ada@example.com\r\nBcc: eve@evil.test", "a<b>@example.com"] {
        let outcome = env.services.invite(&owner, email, Role::Member, Some(&Confirmed::not_asked())).await;
        assert!(matches!(outcome, Err(ServiceError::Validation { .. })), "{email:?}: {outcome:?}");
    }
    let outcome = env.services.invite(&admin, "Member@acme.test", Role::Admin, Some(&Confirmed::not_asked())).await;
    assert!(matches!(outcome, Err(ServiceError::AlreadyMember(_))), "{outcome:?}");
    let outcome = env.services.invite(&admin, "ada@example.com", Role::Owner, Some(&Confirmed::not_asked())).await;
    assert!(matches!(outcome, Err(ServiceError::OwnerRequired)), "{outcome:?}");
    let outcome = env.services.invite(&member, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await;
    assert!(matches!(outcome, Err(ServiceError::AdminRequired)), "{outcome:?}");

    let of_owner =
        env.services.invite(&owner, "ada@example.com", Role::Owner, Some(&Confirmed::not_asked())).await.unwrap();
    for outcome in [
        env.services.withdraw_invitation(&admin, &of_owner.id).await,
        env.services.invite(&admin, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.map(drop),
    ] {
        assert!(matches!(outcome, Err(ServiceError::OwnerRequired)), "{outcome:?}");
    }
    let outcome = env.services.withdraw_invitation(&member, &of_owner.id).await;
    assert!(matches!(outcome, Err(ServiceError::AdminRequired)), "{outcome:?}");
    let elsewhere = env.owner("team", "owner@other.test").await;
    let outcome = env.services.withdraw_invitation(&elsewhere, &of_owner.id).await;
    assert!(matches!(outcome, Err(ServiceError::NotFound(_))), "{outcome:?}");
    // An expired invitation of an owner may be replaced by an admin.
    env.clock.advance(VALID_SECS);
    env.services.invite(&admin, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn an_account_with_a_second_factor_joins_only_after_its_code(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let owner = env.owner("team", "owner@acme.test").await;
    let ada = env.stranger("ada@example.com").await;
    env.run(
        "INSERT INTO second_factors (user_id, secret, created_at, enabled_at) \
             SELECT user_id, 'sealed under no key', 0, 1 FROM users WHERE email = 'ada@example.com'",
    )
    .await;
    let invited = env.services.invite(&owner, "ada@example.com", Role::Member, None).await.unwrap();
    let outcome = env.services.accept_by_password(invited.token(), PASSWORD, HERE).await.unwrap();
    assert_eq!(outcome, crate::service::tenant::invitation::Accepted::NeedsCode(ada.user_id.clone()));
    assert_eq!(env.role(&owner.current_membership.tenant_id, "ada@example.com").await, None, "nothing is accepted yet");
    env.services.accept_invitation(&ada, invited.token()).await.unwrap();
    assert_eq!(env.role(&owner.current_membership.tenant_id, "ada@example.com").await, Some(Role::Member));
}
