//! Acceptance by an account that is deleted before or at the same time.

use super::*;

const MEMBERSHIPS_WITHOUT_ACCOUNT: &str =
    "SELECT user_id FROM memberships WHERE user_id NOT IN (SELECT user_id FROM users)";

#[rstest]
#[tokio::test]
async fn an_account_that_was_deleted_since_it_signed_in_does_not_join(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let owner = env.owner("business", "owner@acme.test").await;
    let elsewhere = env.owner("business", "owner@globex.test").await;
    let ada = env.colleague(&elsewhere, "ada@example.com", Role::Member).await;
    let ada = Account { user_id: ada.user_id, email: "ada@example.com".parse().unwrap() };
    let invitations = env.services.invitations();
    let invited = invitations.invite(&owner, "ada@example.com", Role::Member, None).await.unwrap();
    env.services.accounts().delete_account(&ada, "ada@example.com", &Confirmed::not_asked()).await.unwrap();
    let accepted = invitations.accept_invitation(&ada, invited.token()).await;
    assert!(matches!(accepted, Err(ServiceError::InvalidCredentials)), "{accepted:?}");
    // The invitation is still open for a new account with the address.
    let again = env.stranger("ada@example.com").await;
    invitations.accept_invitation(&again, invited.token()).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn an_account_that_is_deleted_meanwhile_leaves_no_membership(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let owner = env.owner("business", "owner@acme.test").await;
    let elsewhere = env.owner("business", "owner@globex.test").await;
    let (accounts, invitations) = (env.services.accounts(), env.services.invitations());
    let confirmed = Confirmed::not_asked();
    for number in 0..8 {
        let email = format!("ada{number}@example.com");
        let ada = env.colleague(&elsewhere, &email, Role::Member).await;
        let ada = Account { user_id: ada.user_id, email: email.parse().unwrap() };
        let invited = invitations.invite(&owner, &email, Role::Member, None).await.unwrap();
        let (deleted, accepted) = tokio::join!(
            accounts.delete_account(&ada, &email, &confirmed),
            invitations.accept_invitation(&ada, invited.token())
        );
        // Either comes first; if the account joins between two steps of its deletion, the deletion ends there.
        assert!(matches!(deleted, Ok(()) | Err(ServiceError::Conflict(_))), "{deleted:?}");
        assert!(matches!(accepted, Ok(_) | Err(ServiceError::InvalidCredentials)), "{accepted:?}");
        let is_member = env.role(&owner.current_membership.tenant_id, &email).await.is_some();
        assert_eq!(is_member, deleted.is_err(), "{deleted:?} {accepted:?}");
        if deleted.is_err() {
            accounts.delete_account(&ada, &email, &confirmed).await.unwrap();
        }
    }
    assert_eq!(env.dump(MEMBERSHIPS_WITHOUT_ACCOUNT).await, "");
}
