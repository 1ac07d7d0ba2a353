//! The provider under test: the real client, over HTTP, against a stand-in for the provider's API.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, http::StatusCode, routing::post};
use billing::payment::{
    Checkout, FetchedSubscription, NewCheckout, NewCustomer, NewPortal, PaymentProvider, PortalFlow, ProviderError,
    polar::{Polar, PolarConfig, setup::SetupReport as PolarReport},
    price_map::PriceMap,
    stripe::{Stripe, StripeConfig, setup::SetupReport},
};
use domain::{
    catalog::{Catalog, Cycle, file::default_catalog},
    ids::TenantId,
    subscription::checkout_options::CheckoutOptions,
    time::{Clock, ShiftedClock, SystemClock},
};
use reqwest::{Client, redirect::Policy};
use sandbox::{Sandbox, SandboxConfig};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use url::Url;

/// The providers under test.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ProviderKind {
    Stripe,
    Polar,
}

const KEY: &str = "sk_test_contract";
const POLAR_KEY: &str = "polar_oat_contract";
pub(crate) const VALID_CARD: &str = "4242424242424242";
pub(crate) const DECLINED_CARD: &str = "4000000000000002";
pub(crate) const RETURN_URL: &str = "http://127.0.0.1:3000/membership";

type Deliveries = Arc<Mutex<Vec<(HeaderMap, Vec<u8>)>>>;

pub(crate) struct TestEnv {
    pub(crate) provider: Arc<dyn PaymentProvider>,
    /// The report of the account's setup.
    pub(crate) report: SetupReport,
    pub(crate) polar_report: PolarReport,
    pub(crate) webhook_url: Url,
    pub(crate) base: Url,
    /// The provider's billing clock.
    pub(crate) clock: Arc<ShiftedClock>,
    which: ProviderKind,
    browser: Client,
    delivered: Deliveries,
    _running: DropGuard,
}

impl TestEnv {
    pub(crate) async fn start(which: ProviderKind) -> Self {
        Self::selling(which, default_catalog()).await
    }

    /// Starts with an account that is set up for this catalog.
    pub(crate) async fn selling(which: ProviderKind, catalog: Catalog) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base: Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let clock = Arc::new(ShiftedClock::new(0));
        let sandbox = Sandbox::open(SandboxConfig {
            data_dir: None,
            public_url: base.as_str().trim_end_matches('/').to_owned(),
            merchant: sandbox::DEFAULT_MERCHANT.to_owned(),
            firebase_project: sandbox::DEFAULT_FIREBASE_PROJECT.to_owned(),
            wall: Arc::new(SystemClock),
            billing: Arc::clone(&clock),
        })
        .unwrap();
        let running = CancellationToken::new();
        let router = sandbox.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let shutdown = running.clone();
        tokio::spawn(async move { sandbox.run(shutdown).await });

        let delivered = Deliveries::default();
        let webhook_url = receive(Arc::clone(&delivered)).await;
        let (at_stripe, at_polar) = match which {
            ProviderKind::Stripe => (catalog, default_catalog()),
            ProviderKind::Polar => (default_catalog(), catalog),
        };
        let report =
            stripe(&base, None, at_stripe.clone()).setup(&RETURN_URL.parse().unwrap(), &webhook_url).await.unwrap();
        let polar_report = polar(&base, None, at_polar.clone()).setup(&webhook_url).await.unwrap();
        let provider: Arc<dyn PaymentProvider> = match which {
            ProviderKind::Stripe => Arc::new(stripe(&base, Some(&report), at_stripe)),
            ProviderKind::Polar => Arc::new(polar(&base, Some(&polar_report), at_polar)),
        };
        Self {
            provider,
            report,
            polar_report,
            which,
            webhook_url,
            base,
            clock,
            // Redirects lead to pages of Dues, which this test does not serve.
            browser: Client::builder().redirect(Policy::none()).build().unwrap(),
            delivered,
            _running: running.drop_guard(),
        }
    }

    /// Replaces the client by one with the settings of `report` and another catalog; the account is unchanged.
    pub(crate) fn with(mut self, report: &SetupReport, catalog: Catalog) -> Self {
        self.provider = Arc::new(stripe(&self.base, Some(report), catalog));
        self
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now().as_secs()
    }

    pub(crate) async fn customer(&self, tenant: &str) -> Result<String, ProviderError> {
        let new = NewCustomer {
            tenant: tenant_id(tenant),
            replaced_customer: None,
            name: "Acme".to_owned(),
            email: "ada@acme.test".to_owned(),
        };
        self.provider.create_customer(&new).await
    }

    pub(crate) async fn checkout(&self, customer: &str, attempt: &str, plan: &str, cycle: Cycle) -> Checkout {
        self.provider.create_checkout(&new_checkout(customer, attempt, plan, cycle)).await.unwrap()
    }

    /// Deletes a customer, as in the provider's dashboard.
    pub(crate) async fn delete_customer(&self, id: &str) {
        let (path, key) = match self.which {
            ProviderKind::Stripe => (format!("v1/customers/{id}"), KEY),
            ProviderKind::Polar => (format!("polar/v1/customers/{id}"), POLAR_KEY),
        };
        let deleted = self.browser.delete(self.base.join(&path).unwrap()).bearer_auth(key).send().await.unwrap();
        assert!(deleted.status().is_success(), "{deleted:?}");
    }

    /// Submits the hosted page's form, as a browser does. Returns the status and the redirect's target.
    pub(crate) async fn pay(&self, checkout: &Checkout, card: &str) -> (u16, Option<String>) {
        self.pay_on(&checkout.url, card).await
    }

    pub(crate) async fn pay_on(&self, url: &Url, card: &str) -> (u16, Option<String>) {
        let page = self.browser.get(url.clone()).send().await.unwrap();
        assert_eq!(page.status(), 200);
        let fields =
            [("email", "ada@acme.test"), ("card_number", card), ("expiry", "12 / 34"), ("cvc", "123"), ("name", "Ada")];
        let answer = self.browser.post(url.clone()).form(&fields).send().await.unwrap();
        let leads_to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        (answer.status().as_u16(), leads_to)
    }

    /// Cancels in the portal, as a user does.
    pub(crate) async fn cancel_in_portal(&self, live: &FetchedSubscription) {
        let flow = PortalFlow::Cancel { subscription: live.id.clone() };
        match self.which {
            ProviderKind::Stripe => assert_eq!(self.confirm_in_portal(&live.customer, flow).await, RETURN_URL),
            ProviderKind::Polar => {
                let portal = self.portal(&live.customer, flow).await;
                self.confirm_on(&format!("{portal}/cancel?subscription={}", live.id)).await;
            }
        }
    }

    pub(crate) async fn portal(&self, customer: &str, flow: PortalFlow) -> Url {
        let new = NewPortal {
            customer: customer.to_owned(),
            flow,
            return_url: RETURN_URL.to_owned(),
            done_url: RETURN_URL.to_owned(),
            locale: Some("de".to_owned()),
        };
        self.provider.create_portal(&new).await.unwrap()
    }

    /// Opens a flow of the portal and confirms it. Returns the redirect's target.
    pub(crate) async fn confirm_in_portal(&self, customer: &str, flow: PortalFlow) -> String {
        self.confirm_on(self.portal(customer, flow).await.as_str()).await
    }

    /// Submits the form on a page of the portal. Returns the redirect's target.
    pub(crate) async fn confirm_on(&self, page: &str) -> String {
        let url: Url = page.parse().unwrap();
        let page = self.browser.get(url.clone()).send().await.unwrap().text().await.unwrap();
        let form = page.split("<form").skip(1).find(|form| form.contains("method=\"post\"")).unwrap();
        let (form, _) = form.split_once("</form>").unwrap();
        let fields: Vec<_> = form
            .split("<input")
            .skip(1)
            .map(|input| (attribute(input, "name").unwrap(), attribute(input, "value").unwrap_or_default()))
            .collect();
        let action = url.join(attribute(form, "action").unwrap()).unwrap();
        let answer = self.browser.post(action).form(&fields).send().await.unwrap();
        answer.headers().get("location").unwrap().to_str().unwrap().to_owned()
    }

    /// Creates a tenant's customer, pays for a plan, and returns the subscription.
    pub(crate) async fn subscribe(&self, tenant: &str, plan: &str, cycle: Cycle) -> FetchedSubscription {
        let customer = self.customer(tenant).await.unwrap();
        let checkout = self.checkout(&customer, &format!("attempt-of-{tenant}"), plan, cycle).await;
        let (status, _) = self.pay(&checkout, VALID_CARD).await;
        assert_eq!(status, 303);
        let state = self.provider.fetch_checkout(&checkout.session_id).await.unwrap().unwrap();
        self.provider.fetch_subscription(&state.subscription.unwrap()).await.unwrap().unwrap().fetched().unwrap()
    }

    /// Waits, for at most five seconds, until the subscription is as expected, and returns it.
    pub(crate) async fn wait_for_subscription(
        &self,
        id: &str,
        expected: impl Fn(&FetchedSubscription) -> bool,
    ) -> FetchedSubscription {
        for _ in 0..100 {
            let subscription = self.provider.fetch_subscription(id).await.unwrap().unwrap().fetched().unwrap();
            if expected(&subscription) {
                return subscription;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("{id} never came to where it was expected");
    }

    pub(crate) async fn customers(&self) -> Vec<Value> {
        match self.which {
            ProviderKind::Stripe => self.list("/v1/customers").await,
            ProviderKind::Polar => self.polar_list("/polar/v1/customers/").await,
        }
    }

    /// Returns the amounts of all refunds.
    pub(crate) async fn refunds(&self) -> Vec<i64> {
        let refunds = match self.which {
            ProviderKind::Stripe => self.list("/v1/refunds").await,
            ProviderKind::Polar => self.polar_list("/polar/v1/refunds/").await,
        };
        refunds.iter().map(|refund| refund["amount"].as_i64().unwrap()).collect()
    }

    /// Fetches a list of Stripe's API.
    pub(crate) async fn list(&self, path: &str) -> Vec<Value> {
        let mut list = self.answer(path, KEY).await;
        serde_json::from_value(list["data"].take()).unwrap()
    }

    /// Fetches a list of Polar's API.
    pub(crate) async fn polar_list(&self, path: &str) -> Vec<Value> {
        let mut list = self.answer(path, POLAR_KEY).await;
        serde_json::from_value(list["items"].take()).unwrap()
    }

    async fn answer(&self, path: &str, key: &str) -> Value {
        let answer = self.browser.get(self.base.join(path).unwrap()).bearer_auth(key).send().await.unwrap();
        answer.json().await.unwrap()
    }

    /// Sends a POST to Stripe with a tenant's key, without Dues.
    pub(crate) async fn post_as_tenant(&self, key: &str, path: &str, fields: &[(&str, &str)]) {
        let request = self.browser.post(self.base.join(path).unwrap()).bearer_auth(key).form(fields);
        assert_eq!(request.send().await.unwrap().status(), 200, "{path}");
    }

    /// Sends a PATCH to Polar with a tenant's key, without Dues.
    pub(crate) async fn patch_polar_as_tenant(&self, key: &str, path: &str, body: &Value) {
        let request = self.browser.patch(self.base.join(path).unwrap()).bearer_auth(key).json(body);
        assert_eq!(request.send().await.unwrap().status(), 200, "{path}");
    }

    /// Schedules a change of plan for the next period, as an organization can do at Polar.
    pub(crate) async fn schedule_polar_change(&self, subscription: &str, to: &str) {
        let product = self.polar_report.products.price(&to.parse().unwrap(), Cycle::Monthly).unwrap();
        let body = json!({ "product_id": product, "proration_behavior": "next_period" });
        let url = self.base.join(&format!("/polar/v1/subscriptions/{subscription}")).unwrap();
        assert_eq!(self.browser.patch(url).bearer_auth(POLAR_KEY).json(&body).send().await.unwrap().status(), 200);
    }

    /// Sets the scopes of the token, as in Polar's dashboard.
    pub(crate) async fn set_polar_scopes(&self, scopes: &str) {
        let body = json!({ "token": POLAR_KEY, "scopes": scopes });
        let url = self.base.join("/polar/tokens").unwrap();
        assert_eq!(self.browser.post(url).json(&body).send().await.unwrap().status(), 200);
    }

    /// Returns the status of a hosted page.
    pub(crate) async fn page_status(&self, url: &Url) -> u16 {
        self.browser.get(url.clone()).send().await.unwrap().status().as_u16()
    }

    /// Returns the text of a hosted page.
    pub(crate) async fn page_text(&self, url: &Url) -> String {
        self.browser.get(url.clone()).send().await.unwrap().text().await.unwrap()
    }

    /// Waits, for at most ten seconds, for the first webhook of a type, and returns it.
    pub(crate) async fn webhook(&self, kind: &str) -> (HeaderMap, Vec<u8>) {
        let wanted = format!("\"{kind}\"");
        for _ in 0..200 {
            let found = self.delivered.lock().unwrap().iter().find(|(_, body)| mentions(body, &wanted)).cloned();
            if let Some(found) = found {
                return found;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("no webhook {kind} came");
    }

    /// Returns a client with the settings of the account and another catalog.
    pub(crate) fn stripe(&self, catalog: Catalog) -> Stripe {
        stripe(&self.base, Some(&self.report), catalog)
    }
}

pub(crate) fn polar(base: &Url, report: Option<&PolarReport>, catalog: Catalog) -> Polar {
    let config = PolarConfig {
        api_key: POLAR_KEY.to_owned().into(),
        organization: None,
        webhook_secrets: report.and_then(|report| report.webhook_secret.clone()).into_iter().collect(),
        products: report.map_or_else(PriceMap::default, |report| report.products.clone()),
        api_base: Some(base.join("polar").unwrap()),
    };
    Polar::new(config, Arc::new(catalog)).unwrap()
}

pub(crate) fn tenant_id(text: &str) -> TenantId {
    text.parse().unwrap()
}

pub(crate) fn new_checkout(customer: &str, attempt: &str, plan: &str, cycle: Cycle) -> NewCheckout {
    NewCheckout {
        attempt: attempt.parse().unwrap(),
        tenant: tenant_id("acme"),
        customer: customer.to_owned(),
        plan: plan.parse().unwrap(),
        cycle,
        seats: None,
        success_url: "http://127.0.0.1:3000/membership/membership-paid?session_id={CHECKOUT_SESSION_ID}".to_owned(),
        cancel_url: "http://127.0.0.1:3000/membership".to_owned(),
        trial_days: 0,
        locale: None,
        options: CheckoutOptions::default(),
    }
}

/// Returns the value of an attribute of the first tag in `html`; `None` if the tag lacks it.
fn attribute<'a>(html: &'a str, name: &str) -> Option<&'a str> {
    let tag = html.split('>').next()?;
    tag.split_once(&format!(" {name}=\""))?.1.split('"').next()
}

fn mentions(body: &[u8], text: &str) -> bool {
    std::str::from_utf8(body).is_ok_and(|body| body.contains(text))
}

fn stripe(base: &Url, report: Option<&SetupReport>, catalog: Catalog) -> Stripe {
    let config = StripeConfig {
        secret_key: KEY.to_owned().into(),
        webhook_secrets: report.and_then(|report| report.webhook_secret.clone()).into_iter().collect(),
        prices: report.map_or_else(PriceMap::default, |report| report.prices.clone()),
        api_base: Some(base.clone()),
        portal_configuration: report.map(|report| report.portal_configuration.clone()),
    };
    Stripe::new(config, Arc::new(catalog)).unwrap()
}

/// Starts a server that records webhooks, and returns its URL.
async fn receive(delivered: Deliveries) -> Url {
    async fn keep(State(delivered): State<Deliveries>, headers: HeaderMap, body: Bytes) -> StatusCode {
        delivered.lock().unwrap().push((headers, body.to_vec()));
        StatusCode::OK
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/webhooks/billing/stripe", listener.local_addr().unwrap());
    let router = Router::new().route("/webhooks/billing/stripe", post(keep)).with_state(delivered);
    tokio::spawn(async move { axum::serve(listener, router).await });
    url.parse().unwrap()
}
