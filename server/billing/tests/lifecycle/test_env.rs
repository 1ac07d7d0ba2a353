//! The test environment: services, a stand-in for the provider with faults, and two manual clocks.

mod dashboard;
mod euros;
mod faults;
mod orders;
mod parts;

use std::sync::{Arc, atomic::Ordering};

use axum::{Router, middleware};
use billing::{
    Services,
    mail::testing::TestSmtp,
    payment::{FetchedSubscription, PaymentProvider, price_map::PriceMap},
    service::{
        Clocks, ServiceError,
        base::permission::{Biller, Merchant},
        checkout::CheckoutStarted,
        subscription::portal::PortalTarget,
    },
    store::{
        Store,
        testing::{Engine, TestDatabase},
    },
    worker,
};
use domain::{
    account::{Identity, Membership, Role, Viewer},
    catalog::{Catalog, Cycle, file::default_catalog},
    ids::TenantId,
    money::Currency,
    subscription::{Provider, Subscription},
    time::{Clock, ManualClock, ShiftedClock, SystemClock},
};
use reqwest::{Client, redirect::Policy};
use sandbox::{Sandbox, SandboxConfig};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use url::Url;

pub(crate) use self::{
    faults::{LIVE_KEY, Lost, Rights},
    orders::Sale,
};
use self::{
    faults::{ProviderFaults, apply_faults},
    parts::{polar, services, stripe},
};

pub(crate) const KEY: &str = "sk_test_lifecycle";
const POLAR_KEY: &str = "polar_oat_lifecycle";
const WEBHOOK_SECRET: &str = "whsec_lifecycle";
const PASSWORD: &str = "correct horse battery staple";
pub(crate) const DAY_SECS: i64 = 86_400;
/// The grace period. It ends before Stripe's retries of a payment do.
pub(crate) const GRACE_SECS: i64 = 4 * DAY_SECS;
pub(crate) const RECONCILE_SECS: i64 = 3600;

pub(crate) struct TestEnv {
    pub(crate) services: Services,
    pub(crate) wall: Arc<ManualClock>,
    pub(crate) smtp: TestSmtp,
    pub(crate) database: TestDatabase,
    pub(crate) prices: PriceMap,
    name: Provider,
    provider: Arc<dyn PaymentProvider>,
    portal_configuration: String,
    catalog: Arc<Catalog>,
    billing: Arc<ShiftedClock>,
    faults: Arc<ProviderFaults>,
    base: Url,
    client: Client,
    /// Ends the servers when dropped.
    #[expect(dead_code, reason = "held until the test ends")]
    running: DropGuard,
}

impl TestEnv {
    pub(crate) async fn start(engine: Engine) -> Self {
        Self::selling(engine, default_catalog()).await
    }

    /// Starts with a trial of Pro.
    pub(crate) async fn with_trials(engine: Engine, days: u16) -> Self {
        let mut catalog = default_catalog();
        catalog.plans.iter_mut().filter(|plan| plan.id.as_str() == "pro").for_each(|plan| plan.trial_days = days);
        Self::selling(engine, catalog).await
    }

    /// Starts with Polar as the provider.
    pub(crate) async fn at_polar(engine: Engine) -> Self {
        Self::at(Provider::Polar, engine).await
    }

    /// Starts with this provider.
    pub(crate) async fn at(name: Provider, engine: Engine) -> Self {
        Self::selling_at(name, engine, default_catalog()).await
    }

    async fn selling(engine: Engine, catalog: Catalog) -> Self {
        Self::selling_at(Provider::Stripe, engine, catalog).await
    }

    /// Starts with this provider and this catalog.
    pub(crate) async fn selling_at(name: Provider, engine: Engine, catalog: Catalog) -> Self {
        let catalog = Arc::new(catalog);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base: Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let billing = Arc::new(ShiftedClock::new(0));
        let sandbox = Sandbox::open(SandboxConfig {
            data_dir: None,
            public_url: base.as_str().trim_end_matches('/').to_owned(),
            merchant: sandbox::DEFAULT_MERCHANT.to_owned(),
            firebase_project: sandbox::DEFAULT_FIREBASE_PROJECT.to_owned(),
            wall: Arc::new(SystemClock),
            billing: Arc::clone(&billing),
        })
        .unwrap();
        let (running, faults) = (CancellationToken::new(), Arc::new(ProviderFaults::default()));
        let router: Router = sandbox.router().layer(middleware::from_fn_with_state(Arc::clone(&faults), apply_faults));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let shutdown = running.clone();
        tokio::spawn(async move { sandbox.run(shutdown).await });

        let app_url: Url = "http://dues.test".parse().unwrap();
        let (provider, prices, portal_configuration): (Arc<dyn PaymentProvider>, _, _) = match name {
            Provider::Stripe => {
                let unset = stripe(&base, KEY, PriceMap::default(), None, &catalog);
                let report = unset.setup(&app_url, &app_url).await.unwrap();
                let (prices, portal) = (report.prices, report.portal_configuration);
                (Arc::new(stripe(&base, KEY, prices.clone(), Some(portal.clone()), &catalog)), prices, portal)
            }
            Provider::Polar => {
                let report = polar(&base, POLAR_KEY, PriceMap::default(), &catalog).setup(&app_url).await.unwrap();
                let provider = polar(&base, POLAR_KEY, report.products.clone(), &catalog);
                (Arc::new(provider), report.products, String::new())
            }
        };
        let database = TestDatabase::new(engine).await;
        let wall = Arc::new(ManualClock::at(SystemClock.now()));
        let smtp = TestSmtp::start().await;
        let store = Store::connect(&database.url).await.unwrap();
        let clocks = Clocks { wall: wall.clone(), billing: billing.clone() };
        let services = services(store, &provider, &base, &catalog, &smtp, clocks);
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        let running = running.drop_guard();
        Self {
            services,
            wall,
            smtp,
            database,
            prices,
            name,
            provider,
            portal_configuration,
            catalog,
            billing,
            faults,
            base,
            client,
            running,
        }
    }

    /// Creates a workspace and returns its owner.
    pub(crate) async fn owner(&self, email: &str) -> Viewer {
        let made = self.services.tenants().create_tenant("Acme", email, PASSWORD, None).await.unwrap();
        Viewer {
            user_id: made.owner,
            identity: Identity::Account(email.parse().unwrap()),
            current_membership: Membership {
                tenant_id: made.tenant,
                tenant_name: "Acme".to_owned(),
                role: Role::Owner,
                plan: "free".parse().unwrap(),
            },
            other_memberships: Vec::new(),
        }
    }

    /// Returns an owner who paid for a plan at the provider. Dues has not processed the payment.
    pub(crate) async fn owner_with_unprocessed_payment(&self, email: &str, plan: &str) -> Viewer {
        let owner = self.owner(email).await;
        let page = self.checkout(&owner, plan).await;
        self.pay(&page).await;
        owner
    }

    /// Returns an owner on a plan.
    pub(crate) async fn owner_on(&self, email: &str, plan: &str) -> Viewer {
        let owner = self.owner_with_unprocessed_payment(email, plan).await;
        self.services.checkouts().settle_return(&owner, None).await.unwrap();
        assert_eq!(self.plan(&owner).await, plan);
        owner
    }

    /// Starts a checkout and returns its hosted page.
    pub(crate) async fn checkout(&self, owner: &Viewer, plan: &str) -> String {
        self.order(owner, plan, Cycle::Monthly).await.unwrap().url
    }

    pub(crate) async fn order(
        &self,
        owner: &Viewer,
        plan: &str,
        cycle: Cycle,
    ) -> Result<CheckoutStarted, ServiceError> {
        self.order_in(owner, plan, cycle, None).await
    }

    /// Changes the plan, confirms on the portal's page, and reconciles.
    pub(crate) async fn change_plan(&self, owner: &Viewer, plan: &str, cycle: Cycle) {
        assert!(self.confirm(&self.order(owner, plan, cycle).await.unwrap().url).await);
        self.services.checkouts().settle_return(owner, None).await.unwrap();
    }

    /// Confirms a change of plan on the portal's page. Returns `false` if the change is rejected.
    pub(crate) async fn confirm(&self, page: &str) -> bool {
        let html = self.client.get(page).send().await.unwrap().text().await.unwrap();
        let field = |name: &str| {
            let (_, rest) = html.split_once(&format!("name=\"{name}\" value=\""))?;
            Some(rest.split_once('"')?.0.to_owned())
        };
        let names = ["subscription", "item", "price", "quantity"];
        let Some(fields) = names.map(|name| Some((name, field(name)?))).into_iter().collect::<Option<Vec<_>>>() else {
            return false;
        };
        self.client.post(format!("{page}/change")).form(&fields).send().await.unwrap().status() == 303
    }

    /// Cancels on the portal's page.
    pub(crate) async fn cancel_in_portal(&self, owner: &Viewer) {
        let page = self.services.subscriptions().open_portal(&biller(owner), PortalTarget::Home).await.unwrap();
        let subscription_id = self.subscriptions(owner).await.remove(0).external_id;
        let answer =
            self.client.post(format!("{page}/cancel")).form(&[("subscription", subscription_id)]).send().await.unwrap();
        assert_eq!(answer.status(), 303, "{}", answer.text().await.unwrap());
        self.sync(owner).await;
    }

    /// Creates a checkout of Dues whose session Dues does not know, as after a lost response, and returns its hosted
    /// page.
    pub(crate) async fn create_unknown_checkout(&self, owner: &Viewer, attempt: &str, plan: &str) -> String {
        self.create_unknown_checkout_with(owner, attempt, plan, 0).await
    }

    /// Creates an unknown checkout with a trial.
    pub(crate) async fn create_unknown_checkout_with(
        &self,
        owner: &Viewer,
        attempt: &str,
        plan: &str,
        trial_days: u16,
    ) -> String {
        let sale = Sale { plan, cycle: Cycle::Monthly, trial_days, currency: Currency::USD };
        self.create_unknown_checkout_of(owner, attempt, &sale).await
    }

    pub(crate) async fn customer(&self, tenant: &TenantId) -> String {
        let mut reader = self.database.store.read().await.unwrap();
        reader.connection().find_customer(tenant, self.name).await.unwrap().unwrap().external_id
    }

    /// Pays on a hosted page.
    pub(crate) async fn pay(&self, page: &str) {
        assert!(self.try_to_pay(page).await);
    }

    /// Pays on a hosted page. Returns `false` if the card is declined.
    pub(crate) async fn try_to_pay(&self, page: &str) -> bool {
        let fields = [
            ("email", "ada@acme.test"),
            ("card_number", "4242424242424242"),
            ("expiry", "12 / 44"),
            ("cvc", "123"),
            ("name", "Ada"),
        ];
        self.client.post(page).form(&fields).send().await.unwrap().status() == 303
    }

    /// Fetches the only subscription with a client whose price map has changed.
    pub(crate) async fn fetch_with_other_prices(&self, owner: &Viewer) -> FetchedSubscription {
        let other = r#"{"starter_monthly":"price_of_another_time"}"#;
        let prices = PriceMap::parse("STRIPE_PRICE_MAP", other, &default_catalog()).unwrap();
        let customer = self.customer(&owner.current_membership.tenant_id).await;
        let asked = stripe(&self.base, KEY, prices, None, &self.catalog).list_subscriptions(&customer).await;
        asked.unwrap().remove(0).fetched().unwrap()
    }

    pub(crate) async fn sync(&self, owner: &Viewer) {
        self.services.subscriptions().sync_subscription(&biller(owner)).await.unwrap();
    }

    /// Runs all due jobs, and the jobs that these enqueue.
    pub(crate) async fn run_due_jobs(&self) {
        while worker::run_due_job(&self.services).await.unwrap().is_none() {}
    }

    /// Enqueues the periodic jobs, as a starting node does.
    pub(crate) async fn start_periodic_jobs(&self) {
        self.services.subscriptions().enqueue_reconciliation().await.unwrap();
        self.run_due_jobs().await;
    }

    /// Advances the billing clock, and runs what is due at the provider and in Dues.
    pub(crate) async fn advance_days(&self, days: i64) {
        self.post("/clock", &json!({ "advance_secs": days * DAY_SECS })).await;
        self.services.subscriptions().enqueue_due_transitions().await.unwrap();
        self.run_due_jobs().await;
    }

    pub(crate) async fn plan(&self, owner: &Viewer) -> String {
        self.services.subscriptions().status(&owner.current_membership.tenant_id).await.unwrap().plan.into()
    }

    pub(crate) async fn subscriptions(&self, owner: &Viewer) -> Vec<Subscription> {
        self.database
            .store
            .read()
            .await
            .unwrap()
            .connection()
            .list_subscriptions(&owner.current_membership.tenant_id)
            .await
            .unwrap()
    }

    pub(crate) async fn stored_events(&self) -> u64 {
        self.database.store.read().await.unwrap().connection().count_events(Provider::Stripe).await.unwrap()
    }

    pub(crate) fn set_provider_down(&self, is_down: bool) {
        self.faults.is_down.store(is_down, Ordering::SeqCst);
    }

    /// Applies `change` to each object of each response from now on.
    pub(crate) fn alter_responses(&self, change: impl FnMut(&mut Value) + Send + 'static) {
        self.faults.alteration.alter_with(change);
    }

    pub(crate) fn reject_refunds(&self) {
        self.faults.rejects_refunds.store(true, Ordering::SeqCst);
    }

    /// Sets whether charges to a customer fail.
    pub(crate) async fn set_card_failing(&self, customer: &str, on: bool) {
        self.post(&format!("/customers/{customer}/fail_payments"), &json!({ "on": on })).await;
    }

    /// Posts to a control endpoint of the stand-in, such as `/clock`.
    pub(crate) async fn post(&self, path: &str, body: &Value) {
        let answer = self.client.post(self.base.join(path).unwrap()).json(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
    }

    pub(crate) async fn status_of(&self, page: &str) -> u16 {
        self.client.get(page).send().await.unwrap().status().as_u16()
    }
}

pub(crate) fn biller(owner: &Viewer) -> Biller {
    Biller::person(owner).unwrap()
}

pub(crate) fn merchant(owner: &Viewer) -> Merchant {
    Merchant::admin(owner).unwrap()
}
