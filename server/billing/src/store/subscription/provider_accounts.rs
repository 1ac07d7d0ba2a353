//! The account at each provider that holds this installation's customers.

use domain::{subscription::Provider, time::Timestamp};

use crate::{
    payment::account::ProviderAccount,
    store::{Connection, StoreResult, on_backend, parse, statements},
};

statements! {
    FIND_ACCOUNT = "SELECT account_id, mode FROM provider_accounts WHERE provider = $1";
    INSERT_ACCOUNT = "INSERT INTO provider_accounts (provider, account_id, mode) VALUES ($1, $2, $3) \
         ON CONFLICT (provider) DO NOTHING";
    UPSERT_ACCOUNT = "INSERT INTO provider_accounts (provider, account_id, mode) VALUES ($1, $2, $3) \
         ON CONFLICT (provider) DO UPDATE SET account_id = excluded.account_id, mode = excluded.mode";
    INSERT_HISTORY = "INSERT INTO provider_account_history (provider, since, account_id, mode, how) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (provider, since, account_id, mode) DO NOTHING";
    // Customers with a live subscription: another account would not know them, and their subscriptions would seem to
    // have ended.
    LIST_PAYING_CUSTOMERS = "SELECT external_id FROM customers WHERE provider = $1 \
         AND EXISTS (SELECT 1 FROM subscriptions WHERE subscriptions.tenant_id = customers.tenant_id \
         AND subscriptions.provider = customers.provider AND subscriptions.status NOT IN ('canceled', 'incomplete_expired')) \
         ORDER BY walked_at DESC, tenant_id LIMIT 5";
}

/// How an account came to be the accepted one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountOrigin {
    FirstContact,
    Adopted,
}

impl AccountOrigin {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FirstContact => "first_contact",
            Self::Adopted => "adopted",
        }
    }
}

impl Connection<'_> {
    /// Finds the accepted account; `None` before the first contact.
    pub async fn find_provider_account(&mut self, provider: Provider) -> StoreResult<Option<ProviderAccount>> {
        let row: Option<(String, String)> = on_backend!(self, connection => sqlx::query_as(FIND_ACCOUNT)
            .bind(provider.as_str())
            .fetch_optional(&mut **connection)
            .await?);
        row.map(|(id, mode)| Ok(ProviderAccount { id, mode: parse(&mode, "provider_accounts.mode")? })).transpose()
    }

    /// Stores the account of the first contact. No-op if there is one already.
    pub async fn insert_provider_account(
        &mut self,
        provider: Provider,
        account: &ProviderAccount,
        now: Timestamp,
    ) -> StoreResult<()> {
        let inserted = on_backend!(self, connection => sqlx::query(INSERT_ACCOUNT)
            .bind(provider.as_str())
            .bind(&account.id)
            .bind(account.mode.as_str())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        match inserted {
            0 => Ok(()),
            _ => self.insert_account_history(provider, account, AccountOrigin::FirstContact, now).await,
        }
    }

    /// Replaces the accepted account.
    pub async fn adopt_provider_account(
        &mut self,
        provider: Provider,
        account: &ProviderAccount,
        now: Timestamp,
    ) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(UPSERT_ACCOUNT)
            .bind(provider.as_str())
            .bind(&account.id)
            .bind(account.mode.as_str())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        self.insert_account_history(provider, account, AccountOrigin::Adopted, now).await
    }

    async fn insert_account_history(
        &mut self,
        provider: Provider,
        account: &ProviderAccount,
        how: AccountOrigin,
        now: Timestamp,
    ) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(INSERT_HISTORY)
            .bind(provider.as_str())
            .bind(now.as_micros())
            .bind(&account.id)
            .bind(account.mode.as_str())
            .bind(how.as_str())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Lists at most five customers with a live subscription, the most recently reconciled first.
    pub async fn list_paying_customers(&mut self, provider: Provider) -> StoreResult<Vec<String>> {
        Ok(on_backend!(self, connection => sqlx::query_scalar(LIST_PAYING_CUSTOMERS)
            .bind(provider.as_str())
            .fetch_all(&mut **connection)
            .await?))
    }
}
