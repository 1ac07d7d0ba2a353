//! Test environment for the services: tenants and users in a test database, an SMTP server, and a manual clock.

mod statements;

use std::sync::Arc;

use domain::{
    account::{Account, Identity, Role, Viewer},
    catalog::file::default_catalog,
    entitlement::overrides::{Overrides, PlanGrant},
    ids::{TenantId, UserId},
    time::{ManualClock, Timestamp},
};

use crate::{
    identity::{
        ClientAddress,
        firebase::{
            FirebaseConfig, FirebaseVerifier,
            testing::{KeyServer, PROJECT},
        },
        seal::SealingKey,
        token::{issuer::TokenIssuers, provider::SignInProviders},
    },
    mail::{Mailer, testing::TestSmtp},
    outbound::{AllowedTargets, EndpointClient},
    payment::{PaymentProvider, none::NoProvider},
    service::{
        Brand, BrowserAccess, Clocks, Limits, Parts, Services, Settings, WorkerSettings,
        tenant::team::invitation::{Accepted, Joined, NewInvitation},
    },
    store::{
        Store,
        testing::{Engine, TestDatabase},
    },
    worker,
};

pub(in crate::service) use statements::StatementCounter;

pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_768_000_000);
const EVENTS_KEPT_DAYS: i64 = 90;
pub(in crate::service) const PASSWORD: &str = "correct horse battery staple";
pub(in crate::service) const HERE: ClientAddress = ClientAddress(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));

pub(crate) struct TestEnv {
    pub(crate) services: Services,
    pub(crate) clock: Arc<ManualClock>,
    pub(in crate::service) smtp: TestSmtp,
    pub(crate) database: TestDatabase,
}

impl TestEnv {
    pub(crate) async fn new(engine: Engine) -> Self {
        Self::set(engine, true, None).await
    }

    /// Creates an environment whose services have no mailer.
    pub(in crate::service) async fn without_mail(engine: Engine) -> Self {
        Self::set(engine, false, None).await
    }

    /// Creates an environment whose services accept Firebase tokens that are signed by the keys of `keys`.
    pub(in crate::service) async fn with_firebase(engine: Engine, keys: &KeyServer) -> Self {
        let config = FirebaseConfig { project_id: PROJECT.to_owned(), jwks_url: keys.url.clone() };
        Self::set(engine, true, Some(config)).await
    }

    async fn set(engine: Engine, sends_mail: bool, firebase: Option<FirebaseConfig>) -> Self {
        let database = TestDatabase::new(engine).await;
        let clock = Arc::new(ManualClock::at(NOW));
        let smtp = TestSmtp::start().await;
        let mailer = sends_mail.then(|| smtp.mailer());
        let services = node(&database, &clock, mailer, firebase, EVENTS_KEPT_DAYS, lasting_key()).await;
        Self { services, clock, smtp, database }
    }

    /// Another node on the same database.
    pub(crate) async fn another_node(&self) -> Services {
        self.keeping_events_for(EVENTS_KEPT_DAYS).await
    }

    /// Another node with another clock.
    pub(in crate::service) async fn with_clock(&self, clock: &Arc<ManualClock>) -> Services {
        node(&self.database, clock, None, None, EVENTS_KEPT_DAYS, lasting_key()).await
    }

    /// Another node that keeps usage events for `days`.
    pub(in crate::service) async fn keeping_events_for(&self, days: i64) -> Services {
        node(&self.database, &self.clock, Some(self.smtp.mailer()), None, days, lasting_key()).await
    }

    /// Another node with another sealing key.
    pub(in crate::service) async fn sealing_with(&self, key: SealingKey) -> Services {
        node(&self.database, &self.clock, Some(self.smtp.mailer()), None, EVENTS_KEPT_DAYS, key).await
    }

    /// Another node with other limits.
    pub(in crate::service) async fn limited_to(&self, limits: Limits) -> Services {
        let mut parts = parts(&self.database, &self.clock, None, None, EVENTS_KEPT_DAYS, lasting_key()).await;
        parts.settings.limits = limits;
        Services::new(parts).unwrap()
    }

    /// Another node with other settings of the worker.
    pub(crate) async fn working_with(&self, worker: WorkerSettings) -> Services {
        let mut parts = parts(&self.database, &self.clock, None, None, EVENTS_KEPT_DAYS, lasting_key()).await;
        parts.settings.worker = worker;
        Services::new(parts).unwrap()
    }

    /// Another node with another mailer.
    pub(in crate::service) async fn mailing_with(&self, mailer: Mailer) -> Services {
        node(&self.database, &self.clock, Some(mailer), None, EVENTS_KEPT_DAYS, lasting_key()).await
    }

    /// Another node with a payment provider.
    pub(in crate::service) async fn paying_at(&self, provider: Arc<dyn PaymentProvider>) -> Services {
        let mailer = Some(self.smtp.mailer());
        let parts = parts(&self.database, &self.clock, mailer, None, EVENTS_KEPT_DAYS, lasting_key()).await;
        Services::new(Parts { webhook_senders: vec![provider.clone()], provider, ..parts }).unwrap()
    }

    /// Creates a tenant on a plan and returns its owner.
    pub(crate) async fn owner(&self, plan: &str, email: &str) -> Viewer {
        let made = self.services.tenants().create_tenant("Acme Robotics", email, PASSWORD, Some(plan)).await.unwrap();
        self.viewer(&made.owner, &made.tenant).await
    }

    /// Adds a member to the tenant of the viewer `of`, and returns the member.
    pub(in crate::service) async fn colleague(&self, of: &Viewer, email: &str, role: Role) -> Viewer {
        let tenant = &of.current_membership.tenant_id;
        let user = self.services.tenants().add_member(tenant, email, PASSWORD, role).await.unwrap();
        self.viewer(&user, tenant).await
    }

    /// Creates a user with another tenant.
    pub(in crate::service) async fn stranger(&self, email: &str) -> Account {
        let viewer = self.owner("free", email).await;
        Account { user_id: viewer.user_id, email: email.parse().unwrap() }
    }

    pub(in crate::service) async fn viewer(&self, user: &UserId, tenant: &TenantId) -> Viewer {
        let mut reader = self.database.store.read().await.unwrap();
        let member = reader.connection().find_member(tenant, user).await.unwrap().unwrap();
        Viewer {
            user_id: member.user_id,
            identity: Identity::Account(member.email),
            current_membership: domain::account::Membership {
                tenant_id: tenant.clone(),
                tenant_name: "Acme Robotics".to_owned(),
                role: member.role,
                plan: "free".parse().unwrap(),
            },
            other_memberships: Vec::new(),
        }
    }

    /// Grants a tenant a plan directly in the database, without invalidating any node's cache.
    pub(in crate::service) async fn grant(&self, tenant: &TenantId, plan: &str) {
        let mut tx = self.database.store.begin().await.unwrap();
        let before = tx.connection().find_tenant(tenant).await.unwrap().unwrap().overrides;
        let plan = Some(PlanGrant::permanent(plan.parse().unwrap()));
        tx.connection().update_overrides(tenant, &Overrides { plan, ..before }).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Returns a user's role in a tenant.
    pub(in crate::service) async fn role(&self, tenant: &TenantId, email: &str) -> Option<Role> {
        let mut reader = self.database.store.read().await.unwrap();
        let member = reader.connection().find_member_by_email(tenant, &email.parse().unwrap()).await.unwrap();
        member.map(|member| member.role)
    }

    /// Runs every due job.
    pub(in crate::service) async fn run_due_jobs(&self) {
        while worker::run_due_job(&self.services).await.unwrap().is_none() {}
    }

    pub(in crate::service) async fn jobs(&self) -> u64 {
        self.database.store.read().await.unwrap().connection().count_jobs().await.unwrap()
    }

    /// Executes an SQL statement.
    pub(crate) async fn run(&self, statement: &'static str) {
        match &self.database.store {
            Store::Sqlite(sqlite) => drop(sqlx::query(statement).execute(&sqlite.writer).await.unwrap()),
            Store::Postgres(pool) => drop(sqlx::query(statement).execute(pool).await.unwrap()),
        }
    }

    /// Runs a query that selects one text column, and returns its rows, each on one line.
    pub(crate) async fn dump(&self, statement: &'static str) -> String {
        let rows: Vec<(String,)> = match &self.database.store {
            Store::Sqlite(sqlite) => sqlx::query_as(statement).fetch_all(&sqlite.readers).await.unwrap(),
            Store::Postgres(pool) => sqlx::query_as(statement).fetch_all(pool).await.unwrap(),
        };
        rows.into_iter().map(|(text,)| text + "\n").collect()
    }
}

/// A node without a payment provider.
async fn node(
    database: &TestDatabase,
    clock: &Arc<ManualClock>,
    mailer: Option<Mailer>,
    firebase: Option<FirebaseConfig>,
    usage_events_kept_days: i64,
    sealing_key: SealingKey,
) -> Services {
    let parts = parts(database, clock, mailer, firebase, usage_events_kept_days, sealing_key).await;
    Services::new(parts).unwrap()
}

async fn parts(
    database: &TestDatabase,
    clock: &Arc<ManualClock>,
    mailer: Option<Mailer>,
    firebase: Option<FirebaseConfig>,
    usage_events_kept_days: i64,
    sealing_key: SealingKey,
) -> Parts {
    Parts {
        // Each node has its own connection pool, as each process has.
        store: Store::connect(&database.url).await.unwrap(),
        catalog: Arc::new(default_catalog()),
        provider: Arc::new(NoProvider),
        webhook_senders: Vec::new(),
        mailer,
        courier: EndpointClient::new(AllowedTargets { plain: true, private: true }).unwrap(),
        firebase: firebase.map(|config| FirebaseVerifier::new(config, clock.clone()).unwrap()),
        issuers: TokenIssuers::default(),
        sign_in_providers: SignInProviders::default(),
        sealing_key,
        clocks: Clocks { wall: clock.clone(), billing: clock.clone() },
        settings: Settings {
            app_url: "https://dues.test".parse().unwrap(),
            allowed_redirect_origins: Vec::new(),
            allows_loopback_redirects: false,
            browser_access: BrowserAccess::default(),
            brand: Brand::default(),
            polar_api_base: None,
            stripe_api_base: None,
            grace_secs: 0,
            reconcile_every_secs: None,
            usage_events_kept_days,
            limits: Limits::default(),
            worker: WorkerSettings::default(),
            sales_email: Some("sales@dues.test".parse().unwrap()),
            demo: None,
            has_passwords: true,
            checkout: domain::subscription::checkout_options::CheckoutSettings::default(),
        },
    }
}

/// The sealing key of every node unless a test sets another.
pub(in crate::service) fn lasting_key() -> SealingKey {
    SealingKey::from_bytes(&[7; 32]).unwrap()
}

/// Returns the token in a link's URL.
pub(in crate::service) fn token(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

impl Accepted {
    /// Unwraps [`Accepted::Joined`].
    pub(in crate::service) fn joined(self) -> (UserId, Joined) {
        match self {
            Self::Joined(user, joined) => (user, joined),
            Self::NeedsCode(user) => panic!("{user} has a second factor"),
        }
    }
}

impl NewInvitation {
    pub(in crate::service) fn token(&self) -> &str {
        token(&self.url)
    }
}
