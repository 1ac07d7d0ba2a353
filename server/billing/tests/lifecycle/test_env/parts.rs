//! The services under test and their provider clients.

use std::sync::Arc;

use billing::{
    Services,
    identity::{
        seal::SealingKey,
        token::{issuer::TokenIssuers, provider::SignInProviders},
    },
    mail::testing::TestSmtp,
    outbound::{AllowedTargets, EndpointClient},
    payment::{
        PaymentProvider,
        polar::{Polar, PolarConfig},
        price_map::PriceMap,
        stripe::{Stripe, StripeConfig},
    },
    service::{Brand, BrowserAccess, Clocks, Limits, Parts, Settings, WorkerSettings},
    store::Store,
};
use domain::catalog::Catalog;
use url::Url;

use super::{GRACE_SECS, RECONCILE_SECS, WEBHOOK_SECRET};

pub(super) fn services(
    store: Store,
    provider: &Arc<dyn PaymentProvider>,
    base: &Url,
    catalog: &Arc<Catalog>,
    smtp: &TestSmtp,
    clocks: Clocks,
) -> Services {
    let parts = Parts {
        store,
        catalog: catalog.clone(),
        provider: provider.clone(),
        webhook_senders: vec![provider.clone()],
        courier: EndpointClient::new(AllowedTargets { plain: true, private: true }).unwrap(),
        mailer: Some(smtp.mailer()),
        firebase: None,
        issuers: TokenIssuers::default(),
        sign_in_providers: SignInProviders::default(),
        sealing_key: SealingKey::from_bytes(&[7; 32]).unwrap(),
        clocks,
        settings: Settings {
            app_url: "http://dues.test".parse().unwrap(),
            allowed_redirect_origins: Vec::new(),
            allows_loopback_redirects: false,
            browser_access: BrowserAccess::default(),
            brand: Brand::default(),
            polar_api_base: Some(base.join("polar").unwrap()),
            stripe_api_base: Some(base.clone()),
            grace_secs: GRACE_SECS,
            reconcile_every_secs: Some(RECONCILE_SECS),
            usage_events_kept_days: 90,
            // Months of billing time pass within seconds, so calls are not limited and responses are not kept.
            limits: Limits {
                provider_calls_per_sec: None,
                provider_reads_per_minute: None,
                provider_answers_kept: std::time::Duration::ZERO,
                ..Limits::default()
            },
            worker: WorkerSettings::default(),
            sales_email: None,
            demo: None,
            has_passwords: true,
            checkout: domain::subscription::checkout_options::CheckoutSettings::default(),
        },
    };
    Services::new(parts).unwrap()
}

pub(super) fn stripe(
    base: &Url,
    key: &str,
    prices: PriceMap,
    portal_configuration: Option<String>,
    catalog: &Arc<Catalog>,
) -> Stripe {
    let config = StripeConfig {
        secret_key: key.to_owned().into(),
        webhook_secrets: vec![WEBHOOK_SECRET.to_owned().into()],
        prices,
        api_base: Some(base.clone()),
        portal_configuration,
    };
    Stripe::new(config, catalog.clone()).unwrap()
}

pub(super) fn polar(base: &Url, key: &str, products: PriceMap, catalog: &Arc<Catalog>) -> Polar {
    let config = PolarConfig {
        api_key: key.to_owned().into(),
        organization: None,
        webhook_secrets: vec![WEBHOOK_SECRET.to_owned().into()],
        products,
        api_base: Some(base.join("polar").unwrap()),
    };
    Polar::new(config, catalog.clone()).unwrap()
}
