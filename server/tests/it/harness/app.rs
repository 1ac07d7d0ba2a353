//! A running server with its database and its stand-in for Stripe.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    process::Output,
    sync::atomic::{AtomicUsize, Ordering},
};

use billing::{
    Services,
    identity::factors::Confirmed,
    service::tenant::key::{CreatedKey, KeyAuthority, NewApiKey},
    store::{
        Store,
        database_lock::sqlite_file,
        subscription::checkout_attempts::Attempt,
        testing::{Engine, TestDatabase},
        webhook::inbox::EventState,
    },
};
use domain::{
    catalog::{Catalog, file::default_catalog},
    ids::TenantId,
    subscription::{Provider, Subscription},
    tenant::scope::Scope,
};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tokio::process::Command;

use super::{
    Answer, Browser, Server, TestAppBuilder, TestStripe, command, contents, now_secs,
    people::Owner,
    server::{Host, Setting},
    services::services,
    signature,
};

/// The server's public address; tests connect to the address on which it listens.
pub(crate) const APP_URL: &str = "http://dues.test";
/// A key for encrypting stored secrets.
pub(crate) const SECRETS_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
pub(crate) const PASSWORD: &str = "correct horse battery staple";

pub(crate) struct TestApp {
    pub(crate) server: Server,
    pub(crate) stripe: TestStripe,
    host: Host,
    settings: BTreeMap<&'static str, String>,
    pub(super) database: TestDatabase,
    /// Services in the test's process on the same database, which create tenants and users.
    pub(super) services: Services,
    pub(super) people: AtomicUsize,
    /// The file of a catalog other than the built-in one, while the server may read it.
    _catalog: Option<NamedTempFile>,
}

impl TestApp {
    /// Starts a server on an existing database.
    pub(crate) async fn over(host: Host, database: TestDatabase, stripe: TestStripe, settings: Vec<Setting>) -> Self {
        let services = services(database.store.clone(), default_catalog());
        let mut all: BTreeMap<_, _> = stripe.settings().into_iter().collect();
        all.insert("LISTEN", "127.0.0.1:0".to_owned());
        all.insert("METRICS_LISTEN", "127.0.0.1:0".to_owned());
        all.insert("APP_URL", APP_URL.to_owned());
        all.insert("DATABASE_URL", database.url.clone());
        all.insert("SECRETS_KEY", SECRETS_KEY.to_owned());
        all.insert("POLAR_API_BASE", format!("{}/polar", stripe.url().trim_end_matches('/')));
        // Reconciliation is off, except in the tests that are about it.
        all.insert("RECONCILE_SECS", "0".to_owned());
        all.extend(settings);
        let server = Server::start(host, &pairs(&all)).await;
        stripe.send_webhooks_to(server.address).await;
        let people = AtomicUsize::new(0);
        Self { server, stripe, host, settings: all, database, services, people, _catalog: None }
    }

    /// Lets the services in the test's process sell this catalog, too, and keeps its file.
    pub(super) fn selling(self, catalog: Catalog, file: Option<NamedTempFile>) -> Self {
        Self { services: services(self.database.store.clone(), catalog), _catalog: file, ..self }
    }
}

fn pairs(settings: &BTreeMap<&'static str, String>) -> Vec<Setting> {
    settings.iter().map(|(name, value)| (*name, value.clone())).collect()
}

impl TestApp {
    /// Prepares an app whose server runs in the process of the test.
    pub(crate) fn on(engine: Engine) -> TestAppBuilder {
        TestAppBuilder::new(engine)
    }

    pub(crate) async fn start(engine: Engine) -> Self {
        Self::on(engine).start().await
    }

    /// Restarts the stopped server with the same settings and address.
    pub(crate) async fn restart(&mut self) {
        self.settings.insert("LISTEN", self.server.address.to_string());
        self.server = Server::start(self.host, &pairs(&self.settings)).await;
    }

    /// Starts another node on the same database.
    pub(crate) async fn start_node(&self) -> Server {
        Server::start(self.host, &pairs(&self.settings)).await
    }

    /// Changes a setting; it takes effect at the next start.
    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        self.settings.insert(name, value.to_owned());
    }

    /// A browser without a session.
    pub(crate) fn visitor(&self) -> Browser {
        Browser::at(self.server.address)
    }

    /// Returns the server's metrics.
    pub(crate) async fn metrics(&self) -> String {
        self.server.scraper().get("/metrics").await.text
    }

    /// Creates a workspace on the free plan and signs its owner in.
    pub(crate) async fn owner(&self) -> Owner {
        let number = self.people.fetch_add(1, Ordering::Relaxed);
        let email = format!("owner{number}@acme.test");
        let tenants = self.services.tenants();
        let tenant = tenants.create_tenant(&format!("Acme {number}"), &email, PASSWORD, None).await.unwrap().tenant;
        Owner { browser: self.signed_in(&email).await, email, tenant }
    }

    /// Creates an owner who has paid for a plan and returned from the checkout.
    pub(crate) async fn owner_on(&self, plan: &str) -> Owner {
        self.owner_with_order(&json!({ "plan": plan })).await
    }

    /// Like [`Self::owner_on`], with the whole request body of the checkout.
    pub(crate) async fn owner_with_order(&self, order: &Value) -> Owner {
        let owner = self.owner().await;
        let page = owner.post("/api/v1/billing/checkout", order).await.expect(200);
        let back = self.stripe.pay(page["url"].as_str().unwrap()).await;
        assert_eq!(owner.get(&back).await.status, 200);
        assert_eq!(owner.status().await["plan"], order["plan"]);
        owner
    }

    /// Creates a workspace whose plan an operator granted, and signs its owner in.
    pub(crate) async fn owner_granted(&self, plan: &str) -> Owner {
        let email = format!("owner{}@granted.test", self.people.fetch_add(1, Ordering::Relaxed));
        let created = self.services.tenants().create_tenant("Granted", &email, PASSWORD, Some(plan)).await.unwrap();
        Owner { browser: self.signed_in(&email).await, email, tenant: created.tenant }
    }

    /// Returns the ids of all events in the tenant's usage ledger.
    pub(crate) async fn ledger_event_ids(&self, owner: &Owner) -> Vec<String> {
        let statement = "SELECT event_id FROM usage_events WHERE tenant_id = $1";
        match &self.database.store {
            Store::Sqlite(sqlite) => {
                sqlx::query_scalar(statement).bind(owner.tenant.as_str()).fetch_all(&sqlite.readers).await
            }
            Store::Postgres(pool) => sqlx::query_scalar(statement).bind(owner.tenant.as_str()).fetch_all(pool).await,
        }
        .unwrap()
    }

    /// Records usage of features in the current period, each in the unit of its feature.
    pub(crate) async fn record_usage(&self, owner: &Owner, used: &[(&str, u64)]) {
        if used.is_empty() {
            return;
        }
        // The usage of `secrets` is the number of stored secrets, so secrets are created instead.
        let (secrets, used): (Vec<_>, Vec<_>) = used.iter().partition(|(feature, _)| *feature == "secrets");
        for number in 0..secrets.first().map_or(0, |(_, kept)| *kept) {
            let secret = json!({ "key": format!("secret{number}"), "value": "x" });
            owner.post("/tenant/secrets", &secret).await.expect(201);
        }
        let events = used.iter().map(|(feature, used)| {
            let id = self.people.fetch_add(1, Ordering::Relaxed).to_string();
            json!({ "specversion": "1.0", "id": id, "source": "/test", "type": feature, "data": { "amount": used } })
        });
        let meter = Browser::with_key(self.server.address, &self.key_of(owner, &[Scope::Usage]).await.key);
        let answer = meter.post("/api/v1/usage/events", &events.collect()).await.expect(200);
        assert_eq!(answer["accepted"], used.len(), "{answer}");
    }

    /// Creates a key of the owner's workspace with the authority of an operator.
    pub(crate) async fn key_of(&self, owner: &Owner, scopes: &[Scope]) -> CreatedKey {
        self.create_key_named(owner, "test", scopes).await
    }

    /// Creates a key with this name and returns a client that sends it.
    pub(crate) async fn key_named(&self, owner: &Owner, name: &str, scopes: &[Scope]) -> Browser {
        Browser::with_key(self.server.address, &self.create_key_named(owner, name, scopes).await.key)
    }

    async fn create_key_named(&self, owner: &Owner, name: &str, scopes: &[Scope]) -> CreatedKey {
        let request =
            NewApiKey { name: name.to_owned(), scopes: scopes.to_vec(), expires_at: None, sources: Vec::new() };
        let by = KeyAuthority::Operator(&owner.tenant);
        self.services.api_keys().create_key(by, &Confirmed::not_asked(), request).await.unwrap()
    }

    pub(crate) async fn revoke(&self, owner: &Owner, key_id: &str) {
        self.services.api_keys().revoke_key(KeyAuthority::Operator(&owner.tenant), key_id).await.unwrap();
    }

    /// Returns every row of the owner's workspace.
    pub(crate) async fn tenant_rows(&self, owner: &Owner) -> Vec<String> {
        contents::tenant_rows(&self.database.store, &owner.tenant).await
    }

    /// Returns the whole database: the bytes of its files on SQLite, the rows of each table on PostgreSQL.
    ///
    /// The server must be a process of its own: closing a file drops all locks that this process holds on it.
    pub(crate) async fn whole_database(&self) -> Vec<(String, Vec<u8>)> {
        let Some(path) = self.database.url.strip_prefix("sqlite://") else {
            return contents::every_table(&self.database.store).await;
        };
        assert_eq!(self.host, Host::OwnProcess, "start it with `in_a_process`");
        let files = ["", "-wal"].map(|end| format!("{path}{end}"));
        files.into_iter().filter_map(|path| Some((path.clone(), std::fs::read(path).ok()?))).collect()
    }

    /// Returns the file of the database. For SQLite.
    pub(crate) fn database_file(&self) -> PathBuf {
        sqlite_file(&self.database.url).unwrap().unwrap()
    }

    /// Returns the names and values of those `names` that are set.
    pub(crate) fn settings_named<'a>(
        &'a self,
        names: &'a [&'static str],
    ) -> impl Iterator<Item = (&'static str, &'a str)> {
        names.iter().filter_map(|name| Some((*name, self.settings.get(name)?.as_str())))
    }

    /// Creates a second workspace of the same owner.
    pub(crate) async fn second_workspace_of(&self, owner: &Owner) -> TenantId {
        self.services.tenants().create_tenant("Zenith", &owner.email, PASSWORD, None).await.unwrap().tenant
    }

    /// Creates an API key on the command line; `scopes` is comma-separated.
    pub(crate) async fn api_key(&self, tenant: &TenantId, scopes: &str) -> String {
        let made = self.command(&["api-key", "create", "--tenant", tenant.as_str(), "--scopes", scopes]).await;
        assert!(made.status.success(), "{made:?}");
        String::from_utf8(made.stdout).unwrap().trim().to_owned()
    }

    /// Creates a key on the command line and returns a client that sends it.
    pub(crate) async fn service_of(&self, tenant: &TenantId, scopes: &str) -> Browser {
        Browser::with_key(self.server.address, &self.api_key(tenant, scopes).await)
    }

    /// Runs another command of the binary with the server's settings.
    pub(crate) async fn command(&self, arguments: &[&str]) -> Output {
        self.command_to_start(arguments).output().await.unwrap()
    }

    /// Returns another command of the binary with the server's settings, for the test to start.
    pub(crate) fn command_to_start(&self, arguments: &[&str]) -> Command {
        let mut command = command(arguments);
        command.envs(pairs(&self.settings));
        command
    }

    pub(crate) async fn signed_in(&self, email: &str) -> Browser {
        let browser = self.visitor();
        let credentials = json!({ "email": email, "password": PASSWORD });
        browser.post("/api/v1/auth/login", &credentials).await.expect(200);
        browser
    }

    /// Sends an event as Stripe does, signed at the current time.
    pub(crate) async fn send_stripe_event(&self, body: &str) -> Answer {
        self.send_stripe_event_to("/webhooks/billing/stripe", body).await
    }

    /// Like [`Self::send_stripe_event`], to another webhook path.
    pub(crate) async fn send_stripe_event_to(&self, path: &str, body: &str) -> Answer {
        let signature = signature(&self.stripe.webhook_secret, now_secs(), body.as_bytes());
        self.webhook_on(path, Some(&signature), body).await
    }

    /// Sends a webhook body; `None` sends no `Stripe-Signature`.
    pub(crate) async fn webhook(&self, signature: Option<&str>, body: &str) -> Answer {
        self.webhook_on("/webhooks/billing/stripe", signature, body).await
    }

    pub(crate) async fn webhook_on(&self, path: &str, signature: Option<&str>, body: &str) -> Answer {
        let visitor = self.visitor();
        let mut request = visitor.request(reqwest::Method::POST, path).body(body.to_owned());
        if let Some(signature) = signature {
            request = request.header("stripe-signature", signature);
        }
        visitor.send(request).await
    }

    pub(crate) async fn stored_events(&self) -> u64 {
        self.stored_events_of(Provider::Stripe).await
    }

    pub(crate) async fn stored_events_of(&self, provider: Provider) -> u64 {
        self.database.store.read().await.unwrap().connection().count_events(provider).await.unwrap()
    }

    /// Returns the state of an event of Stripe; `None` if it was never stored.
    pub(crate) async fn event(&self, id: &str) -> Option<EventState> {
        let found =
            self.database.store.read().await.unwrap().connection().find_event(Provider::Stripe, id).await.unwrap();
        found.map(|(_, state)| state)
    }

    pub(crate) async fn wait_for_event_state(&self, id: &str, state: EventState) {
        super::eventually(&format!("{id} is {state:?}"), async || self.event(id).await == Some(state)).await;
    }

    /// Returns the number of jobs in the queue.
    pub(crate) async fn jobs(&self) -> u64 {
        self.database.store.read().await.unwrap().connection().count_jobs().await.unwrap()
    }

    /// Expires the leases of all jobs, as after a crash of their worker.
    pub(crate) async fn expire_job_leases(&self) {
        self.alter("UPDATE jobs SET locked_until = 0").await;
    }

    /// Expires the claims on imports, as some time after the end of their process.
    pub(crate) async fn expire_import_claims(&self) {
        self.alter("UPDATE imports SET locked_until = 0").await;
    }

    /// Expires the leases of all webhook messages.
    pub(crate) async fn expire_message_leases(&self) {
        self.alter("UPDATE webhook_messages SET locked_until = 0").await;
    }

    /// Inserts a job of an unknown kind that is due before every other, as a node of a later version would.
    pub(crate) async fn insert_unreadable_job(&self) {
        self.alter("INSERT INTO jobs (job_id, task, run_at, attempts, locked_until, created_at) VALUES ('odd', '{\"task\":\"fly\"}', 1, 0, 0, 1)")
            .await;
    }

    /// Resets the counts of failed logins, mails and pings.
    pub(crate) async fn reset_attempt_counts(&self) {
        self.alter("DELETE FROM login_failures").await;
    }

    /// Adds the scope `usage` to a key that an admin created, which earlier versions allowed.
    pub(crate) async fn add_usage_scope(&self, key_id: &str) {
        let statement = "UPDATE api_keys SET scopes = 'read,usage' WHERE key_id = $1";
        match &self.database.store {
            Store::Sqlite(sqlite) => {
                sqlx::query(statement).bind(key_id).execute(&sqlite.writer).await.unwrap();
            }
            Store::Postgres(pool) => drop(sqlx::query(statement).bind(key_id).execute(pool).await.unwrap()),
        }
    }

    /// Returns the answers stored under idempotency keys; `None` for a request that is still running.
    pub(crate) async fn stored_answers(&self) -> Vec<Option<String>> {
        let statement = "SELECT answer FROM idempotency_keys";
        match &self.database.store {
            Store::Sqlite(sqlite) => sqlx::query_scalar(statement).fetch_all(&sqlite.readers).await.unwrap(),
            Store::Postgres(pool) => sqlx::query_scalar(statement).fetch_all(pool).await.unwrap(),
        }
    }

    /// Makes all idempotency keys a day older.
    pub(crate) async fn age_idempotency_keys(&self) {
        self.alter("UPDATE idempotency_keys SET created_at = created_at - 86400000000").await;
    }

    pub(super) async fn alter(&self, statement: &'static str) {
        match &self.database.store {
            Store::Sqlite(sqlite) => sqlx::query(statement).execute(&sqlite.writer).await.map(drop).unwrap(),
            Store::Postgres(pool) => sqlx::query(statement).execute(pool).await.map(drop).unwrap(),
        }
    }

    pub(crate) async fn subscriptions(&self, tenant: &TenantId) -> Vec<Subscription> {
        self.database.store.read().await.unwrap().connection().list_subscriptions(tenant).await.unwrap()
    }

    /// Returns the tenant's newest checkout attempt.
    pub(crate) async fn latest_attempt(&self, tenant: &TenantId) -> Option<Attempt> {
        self.database.store.read().await.unwrap().connection().find_latest_attempt(tenant).await.unwrap()
    }

    /// Returns the revision of the tenant's customer: how often Stripe's state of it was written.
    pub(crate) async fn revision(&self, tenant: &TenantId) -> i64 {
        let mut reader = self.database.store.read().await.unwrap();
        reader.connection().find_customer(tenant, Provider::Stripe).await.unwrap().unwrap().revision
    }
}
