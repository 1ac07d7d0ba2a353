use domain::account::Role;
use futures::future::join_all;
use rstest::rstest;

use crate::{
    identity::factors::Confirmed,
    service::{ServiceError, base::test_env::TestEnv, tenant::team::KeysOfMember},
    store::testing::Engine,
};

#[rstest]
#[tokio::test]
async fn promoting_an_admin_and_removing_an_owner_require_a_confirmation(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let owner = env.owner("team", "owner@acme.test").await;
    let member = env.colleague(&owner, "member@acme.test", Role::Member).await;
    let services = &env.services;
    let tenants = services.tenants();
    let other = env.colleague(&owner, "other@acme.test", Role::Owner).await;
    let refused = [
        services.invitations().invite(&owner, "new@acme.test", Role::Admin, None).await.map(drop),
        services.invitations().invite(&owner, "new@acme.test", Role::Owner, None).await.map(drop),
        tenants.change_role(&owner, &member.user_id, (Role::Admin, KeysOfMember::End), None).await.map(drop),
        tenants.change_role(&owner, &other.user_id, (Role::Member, KeysOfMember::End), None).await.map(drop),
        tenants.remove_member(&owner, &other.user_id, KeysOfMember::End, None).await,
    ];
    for outcome in refused {
        assert!(matches!(outcome, Err(ServiceError::ConfirmationRequired)), "{outcome:?}");
    }
    services.invitations().invite(&owner, "new@acme.test", Role::Member, None).await.unwrap();
    tenants.remove_member(&owner, &member.user_id, KeysOfMember::End, None).await.unwrap();
    tenants
        .remove_member(&other, &other.user_id, KeysOfMember::End, None)
        .await
        .expect("leaving requires no confirmation");
}

#[rstest]
#[tokio::test]
async fn an_admin_changes_roles_but_only_owners_change_owners(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let tenants = env.services.tenants();
    let owner = env.owner("team", "owner@acme.test").await;
    let tenant = owner.current_membership.tenant_id.clone();
    let admin = env.colleague(&owner, "admin@acme.test", Role::Admin).await;
    let member = env.colleague(&owner, "member@acme.test", Role::Member).await;

    let changed = tenants
        .change_role(&admin, &member.user_id, (Role::Admin, KeysOfMember::End), Some(&Confirmed::not_asked()))
        .await
        .unwrap();
    assert_eq!((changed.email.as_str(), changed.role), ("member@acme.test", Role::Admin));
    assert_eq!(env.role(&tenant, "member@acme.test").await, Some(Role::Admin));
    for (who, role) in [(&owner, Role::Admin), (&member, Role::Owner)] {
        let refused =
            tenants.change_role(&admin, &who.user_id, (role, KeysOfMember::End), Some(&Confirmed::not_asked())).await;
        assert!(matches!(refused, Err(ServiceError::OwnerRequired)), "{refused:?}");
    }
    let refused = tenants.remove_member(&admin, &owner.user_id, KeysOfMember::End, Some(&Confirmed::not_asked())).await;
    assert!(matches!(refused, Err(ServiceError::OwnerRequired)), "{refused:?}");

    tenants
        .change_role(&owner, &member.user_id, (Role::Owner, KeysOfMember::End), Some(&Confirmed::not_asked()))
        .await
        .unwrap();
    tenants
        .change_role(&owner, &owner.user_id, (Role::Member, KeysOfMember::End), Some(&Confirmed::not_asked()))
        .await
        .unwrap();
    assert_eq!(env.role(&tenant, "owner@acme.test").await, Some(Role::Member));
    // The viewer was an owner at authentication and is a member now.
    let refused = tenants
        .change_role(&owner, &admin.user_id, (Role::Member, KeysOfMember::End), Some(&Confirmed::not_asked()))
        .await;
    assert!(matches!(refused, Err(ServiceError::AdminRequired)), "{refused:?}");
}

#[rstest]
#[tokio::test]
async fn a_plain_member_may_only_leave(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let tenants = env.services.tenants();
    let owner = env.owner("team", "owner@acme.test").await;
    let member = env.colleague(&owner, "member@acme.test", Role::Member).await;
    let other = env.colleague(&owner, "other@acme.test", Role::Member).await;
    let refused =
        tenants.remove_member(&member, &other.user_id, KeysOfMember::End, Some(&Confirmed::not_asked())).await;
    assert!(matches!(refused, Err(ServiceError::AdminRequired)), "{refused:?}");
    let refused = tenants
        .change_role(&member, &member.user_id, (Role::Admin, KeysOfMember::End), Some(&Confirmed::not_asked()))
        .await;
    assert!(matches!(refused, Err(ServiceError::AdminRequired)), "{refused:?}");
    assert!(tenants.team(&member).await.unwrap().invitations.is_empty());

    tenants.remove_member(&member, &member.user_id, KeysOfMember::End, Some(&Confirmed::not_asked())).await.unwrap();
    assert_eq!(env.role(&owner.current_membership.tenant_id, "member@acme.test").await, None);
    let again = tenants.remove_member(&member, &member.user_id, KeysOfMember::End, Some(&Confirmed::not_asked())).await;
    assert!(matches!(again, Err(ServiceError::TenantNotFound)), "{again:?}");
    let gone = tenants.remove_member(&owner, &member.user_id, KeysOfMember::End, Some(&Confirmed::not_asked())).await;
    assert!(matches!(gone, Err(ServiceError::NotFound(_))), "{gone:?}");
}

#[rstest]
#[tokio::test]
async fn members_of_another_tenant_are_not_found(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let tenants = env.services.tenants();
    let owner = env.owner("team", "owner@acme.test").await;
    let other = env.owner("team", "owner@other.test").await;
    for outcome in [
        tenants
            .change_role(&owner, &other.user_id, (Role::Member, KeysOfMember::End), Some(&Confirmed::not_asked()))
            .await
            .map(drop),
        tenants.remove_member(&owner, &other.user_id, KeysOfMember::End, Some(&Confirmed::not_asked())).await,
    ] {
        assert!(matches!(outcome, Err(ServiceError::NotFound(_))), "{outcome:?}");
    }
}

#[rstest]
#[tokio::test]
async fn the_last_owner_can_neither_leave_nor_be_demoted(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let tenants = env.services.tenants();
    let owner = env.owner("team", "owner@acme.test").await;
    for outcome in [
        tenants.remove_member(&owner, &owner.user_id, KeysOfMember::End, Some(&Confirmed::not_asked())).await,
        tenants
            .change_role(&owner, &owner.user_id, (Role::Admin, KeysOfMember::End), Some(&Confirmed::not_asked()))
            .await
            .map(drop),
    ] {
        assert!(matches!(outcome, Err(ServiceError::LastOwner)), "{outcome:?}");
    }
    tenants
        .change_role(&owner, &owner.user_id, (Role::Owner, KeysOfMember::End), Some(&Confirmed::not_asked()))
        .await
        .unwrap();
}

#[rstest]
#[tokio::test]
async fn of_owners_who_leave_concurrently_one_stays(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let first = env.owner("team", "owner0@acme.test").await;
    let mut owners = vec![first.clone()];
    for number in 1..6 {
        owners.push(env.colleague(&first, &format!("owner{number}@acme.test"), Role::Owner).await);
    }
    // Half of them leave, the others step down.
    let goings = owners.iter().enumerate().map(|(number, owner)| {
        let services = env.services.clone();
        async move {
            if number % 2 == 0 {
                services
                    .tenants()
                    .remove_member(owner, &owner.user_id, KeysOfMember::End, Some(&Confirmed::not_asked()))
                    .await
            } else {
                services
                    .tenants()
                    .change_role(
                        owner,
                        &owner.user_id,
                        (Role::Member, KeysOfMember::End),
                        Some(&Confirmed::not_asked()),
                    )
                    .await
                    .map(drop)
            }
        }
    });
    let outcomes = join_all(goings).await;
    let kept = outcomes.iter().filter(|outcome| matches!(outcome, Err(ServiceError::LastOwner))).count();
    assert_eq!((kept, outcomes.iter().filter(|outcome| outcome.is_ok()).count()), (1, 5), "{outcomes:?}");
    let members = env.services.tenants().members(&first.current_membership.tenant_id).await.unwrap();
    assert_eq!(members.iter().filter(|member| member.role == Role::Owner).count(), 1);
}

#[rstest]
#[tokio::test]
async fn owners_who_remove_each_other_do_not_both_succeed(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let ada = env.owner("team", "ada@acme.test").await;
    let bob = env.colleague(&ada, "bob@acme.test", Role::Owner).await;
    let confirmed = Confirmed::not_asked();
    let (by_ada, by_bob) = tokio::join!(
        env.services.tenants().remove_member(&ada, &bob.user_id, KeysOfMember::End, Some(&confirmed)),
        env.services.tenants().remove_member(&bob, &ada.user_id, KeysOfMember::End, Some(&confirmed))
    );
    assert_eq!(usize::from(by_ada.is_ok()) + usize::from(by_bob.is_ok()), 1, "{by_ada:?} {by_bob:?}");
    assert_eq!(env.services.tenants().members(&ada.current_membership.tenant_id).await.unwrap().len(), 1);
}

#[rstest]
#[tokio::test]
async fn a_removed_or_demoted_admin_leaves_no_invitations_beyond_their_role(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let tenants = env.services.tenants();
    let invitations = env.services.invitations();
    let owner = env.owner("team", "owner@acme.test").await;
    let second = env.colleague(&owner, "second@acme.test", Role::Owner).await;
    for (email, role) in [("o@x.test", Role::Owner), ("a@x.test", Role::Admin), ("m@x.test", Role::Member)] {
        invitations.invite(&second, email, role, Some(&Confirmed::not_asked())).await.unwrap();
    }
    let open = async || -> Vec<String> {
        let open = invitations.open_invitations(&owner.current_membership.tenant_id).await.unwrap();
        open.into_iter().map(|invitation| invitation.email.into()).collect()
    };
    tenants
        .change_role(&owner, &second.user_id, (Role::Admin, KeysOfMember::End), Some(&Confirmed::not_asked()))
        .await
        .unwrap();
    assert_eq!(open().await, ["a@x.test", "m@x.test"]);
    tenants.remove_member(&owner, &second.user_id, KeysOfMember::End, Some(&Confirmed::not_asked())).await.unwrap();
    assert!(open().await.is_empty());

    let third = env.colleague(&owner, "third@acme.test", Role::Admin).await;
    invitations.invite(&third, "successor@x.test", Role::Admin, Some(&Confirmed::not_asked())).await.unwrap();
    tenants.remove_member(&third, &third.user_id, KeysOfMember::End, Some(&Confirmed::not_asked())).await.unwrap();
    assert_eq!(open().await, ["successor@x.test"], "a member who leaves keeps the invitation of a successor");
}

#[rstest]
#[tokio::test]
async fn the_team_page_shows_the_free_seats(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::without_mail(engine).await;
    let owner = env.owner("pro", "owner@acme.test").await;
    env.colleague(&owner, "member@acme.test", Role::Member).await;
    let team = env.services.tenants().team(&owner).await.unwrap();
    let seats = team.seats.unwrap();
    assert_eq!((seats.used, seats.left()), (2, Some(3)));
    assert!(!team.sends_mail);
    let emails: Vec<_> = team.members.iter().map(|member| member.email.as_str()).collect();
    assert_eq!(emails.len(), 2);
    assert!(emails.contains(&"owner@acme.test") && emails.contains(&"member@acme.test"), "{emails:?}");
}
