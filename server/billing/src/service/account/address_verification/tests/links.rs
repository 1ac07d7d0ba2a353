//! Links that verify an address, and what an account with an unverified address may do.

use super::*;

#[rstest]
#[tokio::test]
async fn an_unverified_address_allows_reading_and_paying_but_no_invitations_or_keys(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let services = &env.services;
    let api_keys = services.api_keys();
    let invitations = services.invitations();
    let sign_up = SignUp { email: VICTIM.to_owned(), password: PASSWORD.to_owned(), workspace: None };
    let user = services.accounts().sign_up(sign_up, HERE).await.unwrap().user;
    let viewer = env.viewer(&user, &tenant_of(services, &user).await).await;
    let new_key =
        || NewApiKey { name: "Gateway".to_owned(), scopes: vec![Scope::Read], expires_at: None, sources: Vec::new() };
    let refused = [
        invitations.invite(&viewer, "friend@example.com", Role::Member, Some(&Confirmed::not_asked())).await.map(drop),
        invitations.invite(&viewer, "no address", Role::Member, Some(&Confirmed::not_asked())).await.map(drop),
        api_keys.create_key(KeyAuthority::Person(&viewer), &Confirmed::not_asked(), new_key()).await.map(drop),
        services.operators().add_operator(AccountName::Email(VICTIM)).await.map(drop),
        services.operators().add_operator(AccountName::Id(&user)).await.map(drop),
    ];
    for outcome in refused {
        let error = outcome.unwrap_err();
        assert_eq!(error.code(), "address_not_proven", "{error:?}");
    }
    assert_eq!(services.operators().list().await.unwrap(), []);
    services.subscriptions().membership(&viewer).await.unwrap();
    crate::service::base::permission::Biller::person(&viewer).unwrap();

    env.run_due_jobs().await;
    let mail = env.smtp.received().pop().unwrap();
    assert_eq!(
        (mail.to.as_slice(), mail.header("Subject")),
        (&[VICTIM.to_owned()][..], Some("Confirm your email address"))
    );
    let link = mail.link().unwrap();
    assert!(link.starts_with("https://dues.test/account/prove/"), "{link}");
    services.accounts().verify_address(&viewer.account().unwrap(), token(&link)).await.unwrap();
    let NewInvitation { .. } =
        invitations.invite(&viewer, "friend@example.com", Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    api_keys.create_key(KeyAuthority::Person(&viewer), &Confirmed::not_asked(), new_key()).await.unwrap();
    let added = services.operators().add_operator(AccountName::Email(VICTIM)).await.unwrap();
    assert_eq!((added.user, added.made_at), (user, env.clock.now()));
}

#[rstest]
#[tokio::test]
async fn a_link_verifies_its_address_only_for_the_signed_in_account(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let services = &env.services;
    let mut users = Vec::new();
    for email in [VICTIM, EVE] {
        let sign_up = SignUp { email: email.to_owned(), password: PASSWORD.to_owned(), workspace: None };
        users.push(services.accounts().sign_up(sign_up, HERE).await.unwrap().user);
    }
    let (victim, eve) = (account_of(services, &users[0]).await, account_of(services, &users[1]).await);
    let link =
        async || token(&services.accounts().address_verification_link(VICTIM).await.unwrap().unwrap().url).to_owned();
    let (first, second) = (link().await, link().await);
    assert_eq!(services.accounts().find_address_verification(&first).await.unwrap(), victim);
    let stored = env.dump("SELECT token_hash FROM address_proofs").await;
    assert!(!stored.contains(&first), "{stored}");
    let of_another = services.accounts().verify_address(&eve, &first).await;
    assert!(matches!(of_another, Err(ServiceError::OtherAddress)), "{of_another:?}");
    assert!(is_over(&services.accounts().verify_address(&victim, "0").await, LinkError::Unknown));
    services.accounts().verify_address(&victim, &first).await.unwrap();
    assert!(services.accounts().has_verified_address(&victim.user_id).await.unwrap());
    assert!(!services.accounts().has_verified_address(&eve.user_id).await.unwrap());
    for used in [&first, &second] {
        let outcome = services.accounts().verify_address(&victim, used).await;
        assert!(is_over(&outcome, LinkError::Unknown), "{outcome:?}");
    }

    let late = token(&services.accounts().address_verification_link(EVE).await.unwrap().unwrap().url).to_owned();
    env.clock.advance(VALID_SECS);
    assert!(is_over(&services.accounts().verify_address(&eve, &late).await, LinkError::Expired));
    assert!(services.accounts().address_verification_link("none@example.com").await.unwrap().is_none());
}

#[rstest]
#[tokio::test]
async fn links_to_a_former_address_verify_nothing_and_set_no_password(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let services = &env.services;
    let sign_up = SignUp { email: VICTIM.to_owned(), password: PASSWORD.to_owned(), workspace: None };
    let user = services.accounts().sign_up(sign_up, HERE).await.unwrap().user;
    let verification =
        token(&services.accounts().address_verification_link(VICTIM).await.unwrap().unwrap().url).to_owned();
    let reset = token(&services.accounts().password_reset_link(VICTIM).await.unwrap().unwrap().url).to_owned();
    env.run("UPDATE users SET email = 'new@corp.test' WHERE email = 'victim@corp.test'").await;
    let account = account_of(services, &user).await;
    assert!(is_over(&services.accounts().verify_address(&account, &verification).await, LinkError::Expired));
    assert!(is_over(&services.accounts().find_password_reset(&reset).await, LinkError::Expired));
    assert!(is_over(&services.accounts().set_password(&reset, OTHER, HERE).await, LinkError::Expired));
    assert!(!services.accounts().has_verified_address(&user).await.unwrap());
    // The verification mail that was enqueued for the former address is not sent.
    env.run_due_jobs().await;
    assert_eq!(env.smtp.received(), []);
}

#[rstest]
#[tokio::test]
async fn requests_for_verification_mails_are_throttled_and_no_op_for_a_verified_address(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let services = &env.services;
    let sign_up = SignUp { email: VICTIM.to_owned(), password: PASSWORD.to_owned(), workspace: None };
    let user = services.accounts().sign_up(sign_up, HERE).await.unwrap().user;
    let account = account_of(services, &user).await;
    for number in 0..5 {
        let from = ClientAddress([192, 0, 2, number].into());
        services.accounts().request_address_verification(&account, from).await.unwrap();
    }
    let outcome = services.accounts().request_address_verification(&account, HERE).await;
    assert!(matches!(outcome, Err(ServiceError::Throttled { .. })), "{outcome:?}");
    env.run_due_jobs().await;
    assert_eq!(env.smtp.received().len(), 6, "the one of signing up among them");
    let link = env.smtp.received().pop().unwrap().link().unwrap();
    services.accounts().verify_address(&account, token(&link)).await.unwrap();
    services.accounts().request_address_verification(&account, HERE).await.unwrap();
    assert_eq!(env.jobs().await, 0);

    let silent = TestEnv::without_mail(engine).await;
    let sign_up = SignUp { email: VICTIM.to_owned(), password: PASSWORD.to_owned(), workspace: None };
    let user_id = silent.services.accounts().sign_up(sign_up, HERE).await.unwrap().user;
    let outcome = silent
        .services
        .accounts()
        .request_address_verification(&account_of(&silent.services, &user_id).await, HERE)
        .await;
    assert!(matches!(outcome, Err(ServiceError::MailNotConfigured)), "{outcome:?}");
    assert_eq!(silent.jobs().await, 0);
}
