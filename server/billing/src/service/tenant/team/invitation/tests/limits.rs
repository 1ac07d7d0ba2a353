//! Limits of invitations: seats, form, and how many are mailed.

use super::*;

#[rstest]
#[tokio::test]
async fn without_a_free_seat_inviting_and_joining_are_refused(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::without_mail(engine).await;
    let tenants = env.services.tenants();
    let invitations = env.services.invitations();
    let owner = env.owner("free", "owner@acme.test").await;
    let early =
        invitations.invite(&owner, "early@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let late =
        invitations.invite(&owner, "late@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    let (early_bird, late_bird) = (env.stranger("early@example.com").await, env.stranger("late@example.com").await);
    invitations.accept_invitation(&early_bird, early.token()).await.unwrap();
    for outcome in [
        invitations.accept_invitation(&late_bird, late.token()).await.map(drop),
        invitations.invite(&owner, "third@example.com", Role::Member, Some(&Confirmed::not_asked())).await.map(drop),
    ] {
        let Err(ServiceError::LimitReached(refusal)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(refusal.message, "Team member limit reached (2)");
        assert_eq!(refusal.upgrade.unwrap().plan.as_str(), "starter");
    }
    tenants.remove_member(&owner, &early_bird.user_id, KeysOfMember::End, Some(&Confirmed::not_asked())).await.unwrap();
    invitations.accept_invitation(&late_bird, late.token()).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn the_member_limit_is_exact_for_concurrent_acceptances(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::without_mail(engine).await;
    let invitations = env.services.invitations();
    let owner = env.owner("starter", "owner@acme.test").await;
    let mut guests: Vec<(Account, String)> = Vec::new();
    for number in 0..10 {
        let email = format!("guest{number}@example.com");
        let invited = invitations.invite(&owner, &email, Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
        guests.push((env.stranger(&email).await, invited.token().to_owned()));
    }
    let outcomes = join_all(guests.iter().map(|(account, token)| invitations.accept_invitation(account, token))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 2, "{outcomes:?}");
    let full = outcomes.iter().filter(|outcome| matches!(outcome, Err(ServiceError::LimitReached(_)))).count();
    assert_eq!(full, 8, "{outcomes:?}");
    assert_eq!(env.services.tenants().members(&owner.current_membership.tenant_id).await.unwrap().len(), 3);
    assert_eq!(
        invitations.open_invitations(&owner.current_membership.tenant_id).await.unwrap().len(),
        8,
        "the others wait"
    );
}

#[rstest]
#[tokio::test]
async fn an_invalid_invitation_is_rejected(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::without_mail(engine).await;
    let invitations = env.services.invitations();
    let owner = env.owner("team", "owner@acme.test").await;
    let admin = env.colleague(&owner, "admin@acme.test", Role::Admin).await;
    let member = env.colleague(&owner, "member@acme.test", Role::Member).await;
    for email in ["", "ada", "a@b@c", "ada@example.com\r\nBcc: eve@evil.test", "a<b>@example.com"] {
        let outcome = invitations.invite(&owner, email, Role::Member, Some(&Confirmed::not_asked())).await;
        assert!(matches!(outcome, Err(ServiceError::Validation { .. })), "{email:?}: {outcome:?}");
    }
    let outcome = invitations.invite(&admin, "Member@acme.test", Role::Admin, Some(&Confirmed::not_asked())).await;
    assert!(matches!(outcome, Err(ServiceError::AlreadyMember(_))), "{outcome:?}");
    let outcome = invitations.invite(&admin, "ada@example.com", Role::Owner, Some(&Confirmed::not_asked())).await;
    assert!(matches!(outcome, Err(ServiceError::OwnerRequired)), "{outcome:?}");
    let outcome = invitations.invite(&member, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await;
    assert!(matches!(outcome, Err(ServiceError::AdminRequired)), "{outcome:?}");

    let of_owner =
        invitations.invite(&owner, "ada@example.com", Role::Owner, Some(&Confirmed::not_asked())).await.unwrap();
    for outcome in [
        invitations.withdraw_invitation(&admin, &of_owner.id).await,
        invitations.invite(&admin, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.map(drop),
    ] {
        assert!(matches!(outcome, Err(ServiceError::OwnerRequired)), "{outcome:?}");
    }
    let outcome = invitations.withdraw_invitation(&member, &of_owner.id).await;
    assert!(matches!(outcome, Err(ServiceError::AdminRequired)), "{outcome:?}");
    let elsewhere = env.owner("team", "owner@other.test").await;
    let outcome = invitations.withdraw_invitation(&elsewhere, &of_owner.id).await;
    assert!(matches!(outcome, Err(ServiceError::NotFound(_))), "{outcome:?}");
    // An expired invitation of an owner may be replaced by an admin.
    env.clock.advance(VALID_SECS);
    invitations.invite(&admin, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn invitations_of_a_workspace_are_throttled(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::without_mail(engine).await;
    let invitations = env.services.invitations();
    let owner = env.owner("team", "owner@acme.test").await;
    for _ in 0..10 {
        invitations.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    }
    let outcome = invitations.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await;
    assert!(matches!(outcome, Err(ServiceError::Throttled { retry_after_secs: 900 })), "{outcome:?}");
    invitations.invite(&owner, "bob@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    env.clock.advance(900);
    invitations.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn names_can_not_carry_links_into_mails(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let invitations = env.services.invitations();
    let bait = "Your bank. Act now: https://evil.example/login";
    for name in [bait, "evil.example", "mail ada@evil.test", "Acme\u{202e}", "Ac\u{200b}me", "Acme\nBcc: x"] {
        let request = SignUp {
            email: "eve@evil.test".to_owned(),
            password: PASSWORD.to_owned(),
            workspace: Some(name.to_owned()),
        };
        let Err(ServiceError::Validation { fields, .. }) = env.services.accounts().sign_up(request, HERE).await else {
            panic!("{name}")
        };
        assert!(fields.contains_key("workspace"), "{name}: {fields:?}");
        let refused = env.services.tenants().create_tenant(name, "eve@evil.test", PASSWORD, None).await;
        assert!(matches!(refused, Err(ServiceError::Validation { .. })), "{name}: {refused:?}");
    }
    // A workspace name derived from an address contains no link either.
    let request = SignUp { email: "evil.example@evil.test".to_owned(), password: PASSWORD.to_owned(), workspace: None };
    let user = env.services.accounts().sign_up(request, HERE).await.unwrap().user;
    let tenants = env.database.store.read().await.unwrap().connection().list_tenants_of_user(&user).await.unwrap();
    assert_eq!(tenants[0].0.name, "evil example's workspace");

    // A link in a name that a former version stored is no link in a mail.
    let owner = env.owner("pro", "owner@acme.test").await;
    env.run("UPDATE tenants SET name = 'Your bank. Act now: https://evil.example/login' WHERE name = 'Acme Robotics'")
        .await;
    invitations.invite(&owner, "ada@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    env.run_due_jobs().await;
    let mail = env.smtp.received().pop().unwrap();
    let all = format!("{:?} {} {}", mail.header("Subject"), mail.text(), mail.html());
    assert!(!all.contains("evil.example") && all.contains("Act now: https evil example login"), "{all}");
}

#[rstest]
#[tokio::test]
async fn invitations_of_an_account_are_limited_per_day(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::without_mail(engine).await;
    let invitations = env.services.invitations();
    let owner = env.owner("enterprise", "owner@acme.test").await;
    let (mut sent, mut refused) = (0, 0);
    for number in 0..130 {
        if number % 40 == 39 {
            env.clock.advance(15 * 60);
        }
        match invitations
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
    // The limit also holds in other workspaces of the account.
    env.clock.advance(15 * 60);
    let other = env.owner("enterprise", "owner@acme.test").await;
    let outcome = invitations.invite(&other, "more@example.com", Role::Member, Some(&Confirmed::not_asked())).await;
    assert!(matches!(outcome, Err(ServiceError::Throttled { .. })), "{outcome:?}");
    env.clock.advance(86_400);
    invitations.invite(&owner, "later@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn other_workspaces_can_not_block_invitations_to_an_address(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let eve = env.owner("free", "eve@evil.test").await;
    let owner = env.owner("free", "owner@acme.test").await;
    for _ in 0..10 {
        let made = env.services.invitations().invite(&eve, "wanted@corp.test", Role::Member, None).await.unwrap();
        assert!(made.is_mailed);
    }
    let outcome = env.services.invitations().invite(&eve, "wanted@corp.test", Role::Member, None).await;
    assert!(matches!(outcome, Err(ServiceError::Throttled { .. })), "{outcome:?}");
    env.run_due_jobs().await;
    let before = env.smtp.received().len();
    let invited = env.services.invitations().invite(&owner, "wanted@corp.test", Role::Member, None).await.unwrap();
    assert!(!invited.is_mailed, "the address gets enough mail, and the link works");
    env.run_due_jobs().await;
    assert_eq!(env.smtp.received().len(), before);
    env.services.invitations().find_invitation(invited.token()).await.unwrap();
    let elsewhere = env.services.invitations().invite(&owner, "another@corp.test", Role::Member, None).await.unwrap();
    assert!(elsewhere.is_mailed);
}
