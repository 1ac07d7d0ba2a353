//! The services of the `billing` crate in the test's process, on a server's database.

use std::sync::Arc;

use billing::{
    Services,
    identity::{
        seal::SealingKey,
        token::{issuer::TokenIssuers, provider::SignInProviders},
    },
    outbound::{AllowedTargets, EndpointClient},
    payment::none::NoProvider,
    service::{Brand, BrowserAccess, Clocks, Limits, Parts, Settings, WorkerSettings},
    store::Store,
};
use domain::{
    catalog::Catalog,
    time::{Clock, SystemClock},
};

use super::APP_URL;

pub(super) fn services(store: Store, catalog: Catalog) -> Services {
    let wall: Arc<dyn Clock> = Arc::new(SystemClock);
    let settings = Settings {
        app_url: APP_URL.parse().unwrap(),
        allowed_redirect_origins: Vec::new(),
        allows_loopback_redirects: false,
        browser_access: BrowserAccess::default(),
        brand: Brand::default(),
        polar_api_base: None,
        stripe_api_base: None,
        grace_secs: 0,
        reconcile_every_secs: None,
        usage_events_kept_days: 90,
        limits: Limits::default(),
        worker: WorkerSettings::default(),
        sales_email: None,
        demo: None,
        has_passwords: true,
        checkout: domain::subscription::checkout_options::CheckoutSettings::default(),
    };
    Services::new(Parts {
        store,
        catalog: Arc::new(catalog),
        provider: Arc::new(NoProvider),
        webhook_senders: Vec::new(),
        firebase: None,
        issuers: TokenIssuers::default(),
        sign_in_providers: SignInProviders::default(),
        mailer: None,
        courier: EndpointClient::new(AllowedTargets::default()).unwrap(),
        clocks: Clocks { wall: wall.clone(), billing: wall },
        sealing_key: SealingKey::random().unwrap(),
        settings,
    })
    .unwrap()
}
