//! Migration of e-mail addresses that former versions stored without normalization.

use domain::account::Email;

use crate::{
    service::Accounts,
    store::{StoreError, StoreResult, account::users::User},
};

const BATCH: i64 = 200;

impl Accounts {
    /// Normalizes the stored address of each account to the form of [`Email`]. Idempotent.
    ///
    /// If another account has the normalized address, the account keeps its stored form and a warning is logged.
    pub async fn normalize_stored_addresses(&self) -> StoreResult<()> {
        let mut after = String::new();
        loop {
            let users = self.store().read().await?.connection().list_unicode_addresses(&after, BATCH).await?;
            let Some(last) = users.last() else { return Ok(()) };
            last.id.as_str().clone_into(&mut after);
            for User { id, email, .. } in &users {
                let Some(form) = email.as_str().parse::<Email>().ok().filter(|form| form != email) else { continue };
                let mut tx = self.store().begin().await?;
                match tx.connection().update_address_form(id, &form).await {
                    Ok(()) => tx.commit().await?,
                    Err(StoreError::Conflict) => {
                        tracing::warn!(
                            user = %id,
                            "failed to normalize an e-mail address: another account has the normalized form"
                        );
                    }
                    Err(error) => return Err(error),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use crate::{
        identity::ClientAddress,
        service::{account::SignUp, base::test_env::TestEnv},
        store::testing::Engine,
    };

    const PASSWORD: &str = "correct horse battery staple";
    const FROM: ClientAddress = ClientAddress(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));

    fn sign_up(email: &str) -> SignUp {
        SignUp { email: email.to_owned(), password: PASSWORD.to_owned(), workspace: None }
    }

    #[rstest]
    #[tokio::test]
    async fn all_spellings_of_an_address_are_one_account(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
        let env = TestEnv::new(engine).await;
        let services = &env.services;
        let first = services.accounts().sign_up(sign_up("jos\u{e9}@ex\u{e4}mple.de"), FROM).await.unwrap();
        assert!(first.created);
        for same in ["jose\u{301}@exa\u{308}mple.de", "JOS\u{c9}@xn--exmple-cua.de", " jos\u{e9}@EX\u{c4}MPLE.de "] {
            let again = services.accounts().sign_up(sign_up(same), FROM).await.unwrap();
            assert_eq!((again.created, &again.user), (false, &first.user), "{same:?}");
            assert_eq!(services.accounts().log_in(same, PASSWORD, FROM).await.unwrap(), first.user, "{same:?}");
        }
    }

    #[rstest]
    #[tokio::test]
    async fn an_account_with_an_unnormalized_address_can_sign_in(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let env = TestEnv::new(engine).await;
        let services = &env.services;
        let user = services.accounts().sign_up(sign_up("jos\u{e9}@example.com"), FROM).await.unwrap().user;
        env.run("UPDATE users SET email = 'jose\u{301}@example.com'").await;
        for _ in 0..2 {
            services.accounts().normalize_stored_addresses().await.unwrap();
            for written in ["jos\u{e9}@example.com", "jose\u{301}@example.com"] {
                assert_eq!(services.accounts().log_in(written, PASSWORD, FROM).await.unwrap(), user, "{written:?}");
            }
        }
        env.run("UPDATE users SET email = 'jo<s>e@example.com'").await;
        services.accounts().normalize_stored_addresses().await.unwrap();
        assert_eq!(
            services.accounts().log_in("Jo<s>e@example.com", PASSWORD, FROM).await.unwrap(),
            user,
            "accepted by a former version"
        );
    }

    #[rstest]
    #[tokio::test]
    async fn invisible_characters_in_an_address_are_rejected(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let env = TestEnv::new(engine).await;
        for bad in ["ad\u{200b}a@acme.test", "ad\u{202e}a@acme.test", "ada@ac\u{2060}me.test", "ad\ra@acme.test"] {
            let refused = env.services.accounts().sign_up(sign_up(bad), FROM).await.unwrap_err();
            assert_eq!(refused.code(), "validation_error", "{bad:?}");
        }
    }
}
