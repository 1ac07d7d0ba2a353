//! The settings, read from the environment and validated before anything starts.

mod brand;
mod browsers;
mod checkout;
mod connections;
mod contact;
mod firebase;
mod languages;
mod limits;
mod mail;
mod polar;
mod proxies;
mod setting;
mod sign_in;
mod stripe;
mod telemetry;
mod worker;

use std::{fs, net::SocketAddr, num::NonZeroU32, sync::Arc};

use billing::{
    identity::seal::SealingKey,
    mail::{Mailer, Sender},
    outbound::AllowedTargets,
    payment::{
        PaymentProvider,
        none::NoProvider,
        polar::{Polar, PolarConfig},
        stripe::{Stripe, StripeConfig},
    },
    service::{BrowserAccess, Limits, WorkerSettings},
};
use domain::{
    account::Email,
    catalog::{Catalog, file},
    subscription::checkout_options::CheckoutSettings,
};
use ipnet::IpNet;
use secrecy::ExposeSecret;
use url::{Origin, Url};

pub use setting::SettingError;
use setting::{Settings, secrets_or_not_set};

use crate::{http::RateLimits, listen::ConnectionLimits};

pub use brand::{BrandConfig, BrandFile, FileKind};
pub use contact::Contact;
pub use languages::LanguageConfig;
pub use sign_in::SignInConfig;
pub use stripe::is_test_key;
pub use telemetry::{DEFAULT_METRICS_ADDRESS, TraceSampler, TraceSettings};

const SECS_PER_DAY: i64 = 86_400;
const WEBHOOKS_ALLOW_PRIVATE: &str = "WEBHOOKS_ALLOW_PRIVATE";

/// The payment provider of new checkouts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckoutProvider {
    Stripe,
    Polar,
    None,
}

impl CheckoutProvider {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Stripe => "stripe",
            Self::Polar => "polar",
            Self::None => "none",
        }
    }
}

/// The validated settings.
#[derive(Clone, Debug)]
pub struct Config {
    pub listen: SocketAddr,
    /// Address of the metrics; `None` for the default, which may be taken.
    pub metrics_listen: Option<SocketAddr>,
    pub traces: TraceSettings,
    pub sandbox_listen: SocketAddr,
    pub database_url: String,
    pub app_url: Url,
    pub catalog: Arc<Catalog>,
    /// The file of the catalog; `None` for the built-in one.
    pub catalog_file: Option<String>,
    pub checkout_provider: CheckoutProvider,
    /// What hosted checkout pages offer or require.
    pub checkout: CheckoutSettings,
    pub stripe: Option<StripeConfig>,
    pub polar: Option<PolarConfig>,
    /// Base URL of Polar's API; `None` for Polar's default.
    pub polar_api_base: Option<Url>,
    /// Base URL of Stripe's API; `None` for Stripe's default.
    pub stripe_api_base: Option<Url>,
    /// Whether a sandbox may replace a provider.
    pub allow_sandbox: bool,
    pub sign_in: SignInConfig,
    pub allowed_redirect_origins: Vec<Origin>,
    pub browser_access: BrowserAccess,
    /// Proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<IpNet>,
    pub grace_secs: i64,
    /// Interval of reconciliation with the provider; `None` for never.
    pub reconcile_every_secs: Option<i64>,
    /// Retention of usage events in the ledger.
    pub usage_events_kept_days: i64,
    /// `None` when `SMTP_URL` is not set.
    pub mailer: Option<Mailer>,
    /// Sender of mails.
    pub mail_from: Sender,
    /// Recipient of notifications about enterprise requests; `None` for no notifications.
    pub sales_email: Option<Email>,
    /// The key that seals secrets; `None` when `SECRETS_KEY` is not set.
    pub secrets_key: Option<SealingKey>,
    /// Which addresses tenants' webhooks may be sent to.
    pub webhook_targets: AllowedTargets,
    pub rate_limits: RateLimits,
    pub limits: Limits,
    pub worker: WorkerSettings,
    pub connection_limits: ConnectionLimits,
    /// Contact for vulnerability reports.
    pub security_contact: Option<Contact>,
    pub languages: LanguageConfig,
    pub brand: BrandConfig,
    pub log: String,
    pub logs_json: bool,
}

impl Config {
    /// Reads and validates all settings. The error names the first invalid one and what it expects.
    pub fn from_env() -> Result<Self, SettingError> {
        Self::read(&Settings::from_env())
    }

    /// Like [`Self::from_env`], with exactly these settings.
    pub fn from_pairs(pairs: &[(&str, String)]) -> Result<Self, SettingError> {
        Self::read(&Settings::from_pairs(pairs))
    }

    /// Settings of the demo. `arguments` of its command line override the environment, which overrides `defaults`.
    pub fn for_demo(arguments: &[(&str, String)], defaults: &[(&str, String)]) -> Result<Self, SettingError> {
        Self::read(&Settings::from_env().with_defaults(defaults).with_overrides(arguments))
    }

    fn read(settings: &Settings) -> Result<Self, SettingError> {
        let listen = settings.parsed("LISTEN", "127.0.0.1:3000", "an address and port, as 127.0.0.1:3000")?;
        let (catalog, catalog_file) = catalog(settings)?;
        let app_url = app_url(settings, listen)?;
        let checkout_provider = match settings.get("PAYMENT_PROVIDER").unwrap_or("none") {
            "stripe" => CheckoutProvider::Stripe,
            "polar" => CheckoutProvider::Polar,
            "none" => CheckoutProvider::None,
            _ => return Err(settings.wrong("PAYMENT_PROVIDER", "stripe, polar or none")),
        };
        let stripe = stripe::read(settings, &catalog)?;
        if checkout_provider == CheckoutProvider::Stripe && stripe.is_none() {
            return Err(settings.wrong("STRIPE_SECRET_KEY", "the account's secret key, as PAYMENT_PROVIDER is stripe"));
        }
        let polar = polar::read(settings, &catalog)?;
        if checkout_provider == CheckoutProvider::Polar && polar.is_none() {
            return Err(
                settings.wrong("POLAR_API_KEY", "the organization's access token, as PAYMENT_PROVIDER is polar")
            );
        }
        let languages = languages::read(settings)?;
        let mail_from = mail::sender(settings, &languages.app_name, &app_url)?;
        let config = Self {
            listen,
            metrics_listen: telemetry::metrics_listen(settings)?,
            traces: telemetry::traces(settings)?,
            sandbox_listen: settings.parsed(
                "SANDBOX_LISTEN",
                "127.0.0.1:12111",
                "an address and port, as 127.0.0.1:12111",
            )?,
            database_url: database_url(settings)?,
            app_url,
            catalog,
            catalog_file,
            checkout_provider,
            checkout: checkout::read(settings)?,
            stripe,
            polar,
            polar_api_base: polar::api_base(settings)?,
            stripe_api_base: stripe::api_base(settings)?,
            allow_sandbox: settings.get("ALLOW_SANDBOX") == Some("1"),
            sign_in: sign_in::read(settings)?,
            allowed_redirect_origins: browsers::redirect_origins(settings)?,
            browser_access: browsers::read(settings)?,
            trusted_proxies: proxies::read(settings)?,
            grace_secs: settings.parsed::<u16>("GRACE_DAYS", "7", "a number of days, 0 to 65535").map(i64::from)?
                * SECS_PER_DAY,
            reconcile_every_secs: settings
                .parsed::<u32>("RECONCILE_SECS", "3600", "a number of seconds, 0 for never")
                .map(|secs| (secs > 0).then_some(secs.into()))?,
            usage_events_kept_days: worker::usage_events_kept_days(settings)?,
            mailer: mail::mailer(settings, &mail_from)?,
            mail_from,
            sales_email: mail::sales_email(settings)?,
            secrets_key: settings
                .optional("SECRETS_KEY", "32 random bytes in base64, or several such keys and commas")?,
            webhook_targets: AllowedTargets {
                plain: settings.get("ALLOW_SANDBOX") == Some("1"),
                private: settings.one_of(WEBHOOKS_ALLOW_PRIVATE, &["0", "1"])? == "1",
            },
            rate_limits: rate_limits(settings)?,
            limits: limits::read(settings)?,
            worker: worker::read(settings)?,
            connection_limits: connections::read(settings)?,
            security_contact: settings.optional("SECURITY_CONTACT", contact::EXPECTS)?,
            languages,
            brand: brand::read(settings)?,
            log: settings.get("RUST_LOG").unwrap_or("info,sqlx=warn").to_owned(),
            logs_json: settings.one_of("LOG_FORMAT", &["text", "json"])? == "json",
        };
        Ok(config)
    }

    /// Builds the payment provider of new checkouts.
    pub fn provider(&self) -> color_eyre::Result<Arc<dyn PaymentProvider>> {
        let provider = match self.checkout_provider {
            CheckoutProvider::Stripe => self.build_stripe()?,
            CheckoutProvider::Polar => self.build_polar()?,
            CheckoutProvider::None => None,
        };
        Ok(provider.unwrap_or_else(|| Arc::new(NoProvider)))
    }

    fn build_stripe(&self) -> color_eyre::Result<Option<Arc<dyn PaymentProvider>>> {
        let Some(stripe) = &self.stripe else { return Ok(None) };
        Ok(Some(Arc::new(Stripe::new(stripe.clone(), self.catalog.clone())?)))
    }

    fn build_polar(&self) -> color_eyre::Result<Option<Arc<dyn PaymentProvider>>> {
        let Some(polar) = &self.polar else { return Ok(None) };
        Ok(Some(Arc::new(Polar::new(polar.clone(), self.catalog.clone())?)))
    }

    /// Returns all providers whose webhooks are accepted: `provider`, which new checkouts use, and others with a key.
    pub fn webhook_senders(
        &self,
        provider: &Arc<dyn PaymentProvider>,
    ) -> color_eyre::Result<Vec<Arc<dyn PaymentProvider>>> {
        let others = [self.build_stripe()?, self.build_polar()?].into_iter().flatten();
        let others = others.filter(|other| other.name() != provider.name());
        Ok(provider.name().map(|_| provider.clone()).into_iter().chain(others).collect())
    }

    /// All settings with their effective values, in the order of the manual. Secrets are masked.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let masked = secrets_or_not_set;
        let most = |limit: Option<NonZeroU32>| limit.map_or(0, NonZeroU32::get).to_string();
        let or_not_set = |text: Option<String>| text.unwrap_or_else(|| "(not set)".to_owned());
        let stripe = self.stripe.as_ref();
        let origins = self.allowed_redirect_origins.iter().map(Origin::ascii_serialization).collect::<Vec<_>>();
        let proxies = self.trusted_proxies.iter().map(proxies::text).collect::<Vec<_>>();
        let mut lines = vec![
            ("LISTEN", self.listen.to_string()),
            ("APP_URL", self.app_url.to_string()),
            ("DATABASE_URL", without_password(&self.database_url)),
            ("CATALOG", self.catalog_file.clone().unwrap_or_else(|| "(compiled in)".to_owned())),
            ("PAYMENT_PROVIDER", self.checkout_provider.as_str().to_owned()),
            ("STRIPE_SECRET_KEY", masked(stripe.is_some())),
            ("STRIPE_WEBHOOK_SECRET", masked(stripe.is_some_and(|stripe| !stripe.webhook_secrets.is_empty()))),
            (
                stripe::PRICE_MAP,
                or_not_set(stripe.filter(|stripe| !stripe.prices.is_empty()).map(|stripe| stripe.prices.to_json())),
            ),
            ("STRIPE_PORTAL_CONFIGURATION", or_not_set(stripe.and_then(|stripe| stripe.portal_configuration.clone()))),
            (
                "STRIPE_API_BASE",
                self.stripe_api_base.as_ref().map_or_else(|| "(Stripe)".to_owned(), ToString::to_string),
            ),
            ("ALLOW_SANDBOX", if self.allow_sandbox { "1" } else { "(not set)" }.to_owned()),
            ("ALLOWED_REDIRECT_ORIGINS", or_not_set((!origins.is_empty()).then(|| origins.join(",")))),
            ("TRUSTED_PROXIES", or_not_set((!proxies.is_empty()).then(|| proxies.join(",")))),
            ("GRACE_DAYS", (self.grace_secs / SECS_PER_DAY).to_string()),
            ("RECONCILE_SECS", self.reconcile_every_secs.unwrap_or_default().to_string()),
            ("USAGE_EVENTS_DAYS", self.usage_events_kept_days.to_string()),
            ("SECRETS_KEY", masked(self.secrets_key.is_some())),
            ("SMTP_URL", masked(self.mailer.is_some())),
            ("MAIL_FROM", self.mail_from.to_string()),
            ("SALES_EMAIL", or_not_set(self.sales_email.as_ref().map(ToString::to_string))),
            (WEBHOOKS_ALLOW_PRIVATE, if self.webhook_targets.private { "1" } else { "0" }.to_owned()),
            ("RATE_LIMIT_PERSON", most(self.rate_limits.person)),
            ("RATE_LIMIT_KEY", most(self.rate_limits.key)),
            ("RATE_LIMIT_ADDRESS", most(self.rate_limits.address)),
            ("RATE_LIMIT_PAGES", most(self.rate_limits.pages)),
            ("SECURITY_CONTACT", or_not_set(self.security_contact.as_ref().map(ToString::to_string))),
            ("SANDBOX_LISTEN", self.sandbox_listen.to_string()),
            ("RUST_LOG", self.log.clone()),
            ("LOG_FORMAT", if self.logs_json { "json" } else { "text" }.to_owned()),
        ];
        let place = lines.iter().position(|(name, _)| *name == "STRIPE_SECRET_KEY").unwrap_or(lines.len());
        lines.splice(place..place, checkout::lines(self.checkout));
        let place = lines.iter().position(|(name, _)| *name == "SECURITY_CONTACT").unwrap_or(lines.len());
        lines.splice(place..place, connections::lines(&self.connection_limits));
        let place = lines.iter().position(|(name, _)| *name == "TRUSTED_PROXIES").unwrap_or(lines.len());
        lines.splice(place..place, browsers::lines(&self.browser_access));
        let place = lines.iter().position(|(name, _)| *name == "ALLOW_SANDBOX").unwrap_or(lines.len());
        let before_sandbox = lines.iter().position(|(name, _)| *name == "SANDBOX_LISTEN").unwrap_or(lines.len());
        lines.splice(before_sandbox..before_sandbox, limits::lines(&self.limits));
        let secrets_key = lines.iter().position(|(name, _)| *name == "SECRETS_KEY").unwrap_or(lines.len());
        lines.splice(secrets_key..secrets_key, worker::lines(&self.worker));
        lines.splice(2..2, languages::lines(&self.languages).into_iter().chain(brand::lines(&self.brand)));
        let redirects = lines.iter().position(|(name, _)| *name == "ALLOWED_REDIRECT_ORIGINS").unwrap_or(lines.len());
        lines.splice(redirects..redirects, sign_in::lines(&self.sign_in));
        let logs = lines.iter().position(|(name, _)| *name == "RUST_LOG").unwrap_or(lines.len());
        lines.splice(logs..logs, telemetry::lines(self.metrics_listen, &self.traces));
        lines.splice(place..place, polar::lines(self.polar.as_ref(), self.polar_api_base.as_ref()));
        lines
    }
}

fn catalog(settings: &Settings) -> Result<(Arc<Catalog>, Option<String>), SettingError> {
    let Some(path) = settings.get("CATALOG") else { return Ok((Arc::new(file::default_catalog()), None)) };
    let text = fs::read_to_string(path)
        .map_err(|error| settings.wrong("CATALOG", &format!("a catalog file that can be read ({error})")))?;
    let catalog = file::parse(&text).map_err(|errors| {
        let first = errors.to_string().lines().next().unwrap_or_default().to_owned();
        settings.wrong(
            "CATALOG",
            &format!("a catalog without mistakes; `server catalog check {path}` lists them all, the first is: {first}"),
        )
    })?;
    Ok((Arc::new(catalog), Some(path.to_owned())))
}

fn app_url(settings: &Settings, listen: SocketAddr) -> Result<Url, SettingError> {
    let fallback = format!("http://{listen}");
    let url: Url =
        settings.parsed("APP_URL", &fallback, "the address that browsers use, as https://billing.example.com")?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.host().is_some()
        && url.query().is_none()
        && url.fragment().is_none();
    if is_plain && url.username().is_empty() && url.password().is_none() {
        Ok(url)
    } else {
        Err(settings.wrong("APP_URL", "an http or https address without user, query or fragment"))
    }
}

fn database_url(settings: &Settings) -> Result<String, SettingError> {
    let url = settings.get("DATABASE_URL").unwrap_or("sqlite://data/dues.db");
    let is_known = ["sqlite:", "postgres:", "postgresql:"].iter().any(|engine| url.starts_with(engine));
    if is_known { Ok(url.to_owned()) } else { Err(settings.wrong("DATABASE_URL", "sqlite://path or postgres://…")) }
}

/// Reads the rate limits, in requests a minute.
///
/// The defaults allow a user to run a script, a product to meter each of its requests with one API key, and all users
/// of an office to sign in from one address.
fn rate_limits(settings: &Settings) -> Result<RateLimits, SettingError> {
    let most = |name, fallback| {
        settings.parsed(name, fallback, "a number of requests a minute, 0 for no limit").map(NonZeroU32::new)
    };
    Ok(RateLimits {
        person: most("RATE_LIMIT_PERSON", "6000")?,
        key: most("RATE_LIMIT_KEY", "6000000")?,
        address: most("RATE_LIMIT_ADDRESS", "3000")?,
        pages: most("RATE_LIMIT_PAGES", "1200")?,
    })
}

/// Returns a database URL with its password masked.
pub fn without_password(url: &str) -> String {
    const MASK: &str = "••••••••";
    let Ok(mut parsed) = Url::parse(url) else { return "(set)".to_owned() };
    let pairs: Vec<(String, String)> = parsed.query_pairs().into_owned().collect();
    if parsed.password().is_some() && parsed.set_password(Some(MASK)).is_err() {
        return "(set)".to_owned();
    }
    if pairs.iter().any(|(name, _)| name == "password") {
        let masked = pairs.iter().map(|(name, value)| (name, if name == "password" { MASK } else { value }));
        parsed.query_pairs_mut().clear().extend_pairs(masked);
    }
    // `parsed` shows the mask percent-encoded. A URL without a password is returned as given.
    if parsed.password().is_some() || pairs.iter().any(|(name, _)| name == "password") {
        parsed.into()
    } else {
        url.to_owned()
    }
}

impl Config {
    /// Returns the name of a setting with a live key, if any.
    pub fn live_key(&self) -> Option<&'static str> {
        let stripe = self.stripe.as_ref().is_some_and(|stripe| stripe::is_live_key(stripe.secret_key.expose_secret()));
        let polar = self.polar.as_ref().is_some_and(|polar| polar::is_live_key(polar.api_key.expose_secret()));
        stripe.then_some("STRIPE_SECRET_KEY").or(polar.then_some("POLAR_API_KEY"))
    }
}

#[cfg(test)]
mod tests;
