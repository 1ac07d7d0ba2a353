//! Users of a workspace, and the product's back end, which has an installation key.

use std::{
    net::{IpAddr, Ipv4Addr},
    ops::Deref,
    sync::atomic::Ordering,
};

use billing::{
    identity::ClientAddress,
    service::tenant::installation::key::{CreatedInstallationKey, InstallationAuthority, NewInstallationKey},
    store::{Store, tenant::tenants::Tenant},
};
use domain::{
    account::Role,
    entitlement::overrides::{Overrides, PlanGrant},
    ids::{TenantId, UserId},
    tenant::installation_scope::InstallationScope,
};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::{Answer, Browser, PASSWORD, TestApp};

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

/// The product's back end: a client that sends an installation key.
pub(crate) struct Product {
    browser: Browser,
    /// The id of its key.
    pub(crate) key_id: String,
}

impl Product {
    /// Builds a request about the tenant with this external id, which must not need percent-encoding.
    pub(crate) fn request_for(&self, external: &str, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path).header("x-tenant-external-id", external)
    }

    pub(crate) async fn get_for(&self, external: &str, path: &str) -> Answer {
        self.send(self.request_for(external, Method::GET, path)).await
    }

    pub(crate) async fn post_for(&self, external: &str, path: &str, body: &Value) -> Answer {
        self.send(self.request_for(external, Method::POST, path).json(body)).await
    }
}

impl Deref for Product {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        &self.browser
    }
}

impl TestApp {
    /// Creates a key of the installation and returns a client that sends it.
    pub(crate) async fn product(&self, scopes: &[InstallationScope]) -> Product {
        let made = self.installation_key(scopes).await;
        Product { browser: Browser::with_key(self.server.address, &made.key), key_id: made.id }
    }

    /// Creates a tenant with this external id and without users. `Some` grants it that plan; with `None` it is on Free.
    pub(crate) async fn product_tenant(&self, external: &str, plan: Option<&str>) -> TenantId {
        let id: TenantId = format!("id-of-{external}").parse().unwrap();
        let plan = plan.map(|plan| PlanGrant::permanent(plan.parse().unwrap()));
        let overrides = Overrides { plan, ..Overrides::default() };
        let now = domain::time::Clock::now(&domain::time::SystemClock);
        let tenant = Tenant {
            external_id: Some(external.parse().unwrap()),
            email: Some(format!("{external}@product.test").parse().unwrap()),
            ..Tenant::new(id.clone(), format!("Customer {external}"), overrides, now)
        };
        let mut tx = self.database.store.begin().await.unwrap();
        tx.connection().insert_tenant(&tenant).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Removes the email address of the tenant with the external id `org_1`.
    pub(crate) async fn forget_the_address(&self) {
        self.alter("UPDATE tenants SET email = NULL, revision = revision + 1 WHERE external_id = 'org_1'").await;
    }

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

    /// Sets a password with a new reset link of the account, without a mail.
    pub(crate) async fn set_password_by_link(&self, email: &str, password: &str) {
        let link = self.services.accounts().password_reset_link(email).await.unwrap().unwrap();
        self.services.accounts().set_password(link.url.rsplit('/').next().unwrap(), password, HERE).await.unwrap();
    }

    /// Creates a key of the installation.
    pub(crate) async fn installation_key(&self, scopes: &[InstallationScope]) -> CreatedInstallationKey {
        let (name, scopes) = ("test".to_owned(), scopes.to_vec());
        let new_key = NewInstallationKey { name, scopes, expires_at: None, sources: Vec::new() };
        self.services.installation_keys().create(InstallationAuthority::CommandLine, new_key).await.unwrap()
    }

    /// Sets the external id of the owner's workspace in the database, as another node would.
    pub(crate) async fn set_external_id(&self, owner: &Owner, external: &str) {
        const SET: &str = "UPDATE tenants SET external_id = $2, revision = revision + 1 WHERE tenant_id = $1";
        let tenant = owner.tenant.as_str();
        match &self.database.store {
            Store::Sqlite(sqlite) => {
                sqlx::query(SET).bind(tenant).bind(external).execute(&sqlite.writer).await.map(drop).unwrap();
            }
            Store::Postgres(pool) => {
                sqlx::query(SET).bind(tenant).bind(external).execute(pool).await.map(drop).unwrap();
            }
        }
    }

    /// Marks the owner's workspace as deleted in the database, as another node would.
    pub(crate) async fn mark_deleted(&self, owner: &Owner) {
        const DELETE: &str = "UPDATE tenants SET deleted_at = 1, revision = revision + 1 WHERE tenant_id = $1";
        let tenant = owner.tenant.as_str();
        match &self.database.store {
            Store::Sqlite(sqlite) => drop(sqlx::query(DELETE).bind(tenant).execute(&sqlite.writer).await.unwrap()),
            Store::Postgres(pool) => drop(sqlx::query(DELETE).bind(tenant).execute(pool).await.unwrap()),
        }
    }

    /// Makes the monthly reports that are turned on due now.
    pub(crate) async fn make_reports_due(&self) {
        self.alter("UPDATE mail_preferences SET due_at = 1 WHERE due_at IS NOT NULL").await;
    }

    /// Whether a monthly report waits for a worker to enqueue it.
    pub(crate) async fn has_due_reports(&self) -> bool {
        let now = domain::time::Clock::now(&domain::time::SystemClock);
        self.database.store.read().await.unwrap().connection().has_due_report(now).await.unwrap()
    }

    /// Makes every portal link and portal session expire.
    pub(crate) async fn expire_portal_sessions(&self) {
        self.alter("UPDATE portal_sessions SET ends_at = 1").await;
    }

    /// Moves the time at which each session was last confirmed back by fifteen minutes.
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

    /// Returns the language of the mails to an account, as stored.
    pub(crate) async fn mail_language(&self, email: &str) -> Option<String> {
        let mut reader = self.database.store.read().await.unwrap();
        let user = reader.connection().find_user_by_email(&email.parse().unwrap()).await.unwrap().unwrap().id;
        reader.connection().find_user_language(&user).await.unwrap()
    }

    /// Enables a second factor of the user. Its stored secret cannot be decrypted, so no code matches.
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
