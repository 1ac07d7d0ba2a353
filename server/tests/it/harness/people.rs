//! Users of a workspace.

use std::ops::Deref;

use billing::store::Store;
use domain::ids::TenantId;
use serde_json::json;

use super::{Browser, TestApp};

/// A user of a workspace, with their browser.
pub(crate) struct Colleague {
    pub(crate) browser: Browser,
    pub(crate) email: String,
}

/// The owner of a workspace, with their browser.
pub(crate) struct Owner {
    pub(super) browser: Browser,
    pub(crate) email: String,
    pub(crate) tenant: TenantId,
}

impl Owner {
    /// Starts a checkout and returns the URL of the hosted page.
    pub(crate) async fn checkout(&self, plan: &str) -> String {
        let answer = self.post("/api/v1/billing/checkout", &json!({ "plan": plan })).await.expect(200);
        answer["url"].as_str().unwrap().to_owned()
    }
}

impl TestApp {
    /// Makes the last confirmation of every session fifteen minutes older.
    pub(crate) async fn age_confirmations(&self) {
        match &self.database.store {
            Store::Sqlite(_) => {
                self.alter(
                    "UPDATE sessions SET data = json_set(data, '$.signed_in.confirmed_at', \
                     json_extract(data, '$.signed_in.confirmed_at') - 900000000) \
                     WHERE json_extract(data, '$.signed_in.confirmed_at') IS NOT NULL",
                )
                .await;
            }
            Store::Postgres(_) => {
                self.alter(
                    "UPDATE sessions SET data = jsonb_set(data::jsonb, '{signed_in,confirmed_at}', \
                     to_jsonb((data::jsonb #>> '{signed_in,confirmed_at}')::bigint - 900000000))::text \
                     WHERE data::jsonb #>> '{signed_in,confirmed_at}' IS NOT NULL",
                )
                .await;
            }
        }
    }

    /// Enables a second factor whose secret is not known.
    pub(crate) async fn add_second_factor(&self, email: &str) {
        let now = domain::time::Clock::now(&domain::time::SystemClock);
        let mut tx = self.database.store.begin().await.unwrap();
        let user = tx.connection().find_user_by_email(&email.parse().unwrap()).await.unwrap().unwrap().id;
        tx.connection().upsert_pending_factor(&user, "sealed under no key", now).await.unwrap();
        assert!(tx.connection().enable_second_factor(&user, now, 1).await.unwrap());
        tx.commit().await.unwrap();
    }
}

impl Deref for Colleague {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        &self.browser
    }
}

impl Deref for Owner {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        &self.browser
    }
}
