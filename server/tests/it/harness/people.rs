//! Users of a workspace.

use std::{
    net::{IpAddr, Ipv4Addr},
    ops::Deref,
    sync::atomic::Ordering,
};

use billing::{identity::ClientAddress, store::Store};
use domain::{
    account::Role,
    ids::{TenantId, UserId},
};
use serde_json::json;

use super::{Browser, PASSWORD, TestApp};

const HERE: ClientAddress = ClientAddress(IpAddr::V4(Ipv4Addr::LOCALHOST));

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
    /// Adds a member to the owner's workspace and signs them in.
    pub(crate) async fn member_of(&self, owner: &Owner) -> Browser {
        self.colleague_of(owner, Role::Member).await.browser
    }

    /// Adds a user with this role to the owner's workspace and signs them in.
    pub(crate) async fn colleague_of(&self, owner: &Owner, role: Role) -> Colleague {
        let email = format!("{}{}@acme.test", role.as_str(), self.people.fetch_add(1, Ordering::Relaxed));
        self.services.tenants().add_member(&owner.tenant, &email, PASSWORD, role).await.unwrap();
        Colleague { browser: self.signed_in(&email).await, email }
    }

    /// Adds a member who never signs in, and returns their id.
    pub(crate) async fn absent_member_id(&self, owner: &Owner) -> UserId {
        let email = format!("away{}@acme.test", self.people.fetch_add(1, Ordering::Relaxed));
        self.services.tenants().add_member(&owner.tenant, &email, PASSWORD, Role::Member).await.unwrap()
    }

    /// Sets a password with the link that is mailed to the address.
    pub(crate) async fn set_password_by_link(&self, email: &str, password: &str) {
        let link = self.services.accounts().password_reset_link(email).await.unwrap().unwrap();
        self.services.accounts().set_password(link.url.rsplit('/').next().unwrap(), password, HERE).await.unwrap();
    }

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
