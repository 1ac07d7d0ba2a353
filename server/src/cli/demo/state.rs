//! The demo's state between starts: keys, and how the sandbox's accounts were set up.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fs,
    path::Path,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use billing::{
    Services,
    identity::factors::Confirmed,
    payment::{ProviderError, polar::Polar, stripe::Stripe},
    service::tenant::{
        installation::key::{InstallationAuthority, NewInstallationKey},
        key::{KeyAuthority, NewApiKey},
    },
};
use color_eyre::eyre::Context;
use domain::{
    catalog::{Catalog, Plan},
    ids::TenantId,
    tenant::{installation_scope::InstallationScope, scope::Scope},
};
use rand::Rng;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use crate::{
    cli::commands,
    config::{CheckoutProvider, Config},
};

const FILE: &str = "demo-settings.json";

/// The state as it is stored. Fields that an earlier version did not store get new values.
#[derive(Debug, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct DemoState {
    pub stripe_secret_key: String,
    pub secrets_key: String,
    pub webhook_secret: String,
    pub price_map: String,
    pub portal_configuration: String,
    pub polar_api_key: String,
    pub polar_product_map: String,
    pub polar_webhook_secret: String,
    /// API keys by tenant and scope. A key is shown once, so the demo stores it.
    pub api_keys: BTreeMap<String, BTreeMap<Scope, String>>,
    /// The installation key, which has every scope; `None` until it is created.
    pub installation_key: Option<String>,
    /// The webhook URLs of the accounts; empty before the first set-up.
    webhook_url: String,
    polar_webhook_url: String,
    /// The part of the catalog that the accounts were last set up from, see [`sellable`].
    sold_at_stripe: Value,
    sold_at_polar: Value,
}

impl DemoState {
    /// Loads the state, or creates a new one at the first start.
    pub(super) fn load(data: &Path) -> color_eyre::Result<Self> {
        match fs::read(data.join(FILE)) {
            Ok(text) => serde_json::from_slice(&text).wrap_err_with(|| format!("{FILE} in the data folder is damaged")),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).wrap_err_with(|| format!("{FILE} in the data folder can't be read")),
        }
    }

    /// Saves the state atomically, readable by its owner alone.
    pub(super) fn save(&self, data: &Path) -> color_eyre::Result<()> {
        write_private(&data.join(FILE), &serde_json::to_vec_pretty(self)?)
    }

    /// Sets up the accounts as `server stripe setup` and `server polar setup` do, at the first start and whenever Dues'
    /// URL or catalog has changed.
    pub(super) async fn set_up_accounts(&mut self, config: &Config, sandbox_url: &Url) -> color_eyre::Result<()> {
        self.set_up_stripe(config, sandbox_url).await?;
        self.set_up_polar(config, sandbox_url).await
    }

    async fn set_up_polar(&mut self, config: &Config, sandbox_url: &Url) -> color_eyre::Result<()> {
        let webhook_url = commands::polar::webhook_url(config)?;
        let (sold, has_moved) = (sellable(&config.catalog), self.polar_webhook_url != webhook_url.as_str());
        if !has_moved && self.sold_at_polar == sold {
            return Ok(());
        }
        if has_moved && !self.polar_webhook_url.is_empty() {
            self.move_polar_endpoint(sandbox_url, &webhook_url).await?;
        }
        let Some(polar) = &config.polar else { return Ok(()) };
        let report = match Polar::new(polar.clone(), config.catalog.clone())?.setup(&webhook_url).await {
            Ok(report) => report,
            // Polar can't sell each plan that Stripe can. The demo starts, and what Polar sold before stays as it is.
            Err(ProviderError::Rejected { reason, .. }) if config.checkout_provider != CheckoutProvider::Polar => {
                tracing::warn!(reason, "Polar can't sell the catalog of the demo");
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        self.polar_product_map = report.products.to_json();
        if let Some(secret) = report.webhook_secret {
            secret.expose_secret().clone_into(&mut self.polar_webhook_secret);
        }
        webhook_url.as_str().clone_into(&mut self.polar_webhook_url);
        self.sold_at_polar = sold;
        Ok(())
    }

    async fn set_up_stripe(&mut self, config: &Config, sandbox_url: &Url) -> color_eyre::Result<()> {
        let webhook_url = commands::webhook_url(config)?;
        let (sold, has_moved) = (sellable(&config.catalog), self.webhook_url != webhook_url.as_str());
        if !has_moved && self.sold_at_stripe == sold {
            return Ok(());
        }
        if has_moved && !self.webhook_url.is_empty() {
            self.move_stripe_endpoint(sandbox_url, &webhook_url).await?;
        }
        let Some(stripe) = &config.stripe else { return Ok(()) };
        let report = Stripe::new(stripe.clone(), config.catalog.clone())?.setup(&config.app_url, &webhook_url).await?;
        self.price_map = report.prices.to_json();
        self.portal_configuration = report.portal_configuration;
        if let Some(secret) = report.webhook_secret {
            secret.expose_secret().clone_into(&mut self.webhook_secret);
        }
        webhook_url.as_str().clone_into(&mut self.webhook_url);
        self.sold_at_stripe = sold;
        Ok(())
    }

    /// Creates the API keys that a tenant lacks, one for each scope.
    pub(super) async fn create_missing_keys(
        &mut self,
        services: &Services,
        tenant: &TenantId,
    ) -> color_eyre::Result<()> {
        let keys = self.api_keys.entry(tenant.to_string()).or_default();
        for scope in Scope::ALL {
            if let Entry::Vacant(place) = keys.entry(scope) {
                let name = format!("demo, {}", scope.as_str());
                let new_key = NewApiKey { name, scopes: vec![scope], expires_at: None, sources: Vec::new() };
                let by = KeyAuthority::Operator(tenant);
                place.insert(services.api_keys().create_key(by, &Confirmed::not_asked(), new_key).await?.key);
            }
        }
        Ok(())
    }

    /// Creates the installation key, unless the demo has one.
    pub(super) async fn create_missing_installation_key(&mut self, services: &Services) -> color_eyre::Result<()> {
        if self.installation_key.is_none() {
            let (name, scopes) = ("demo".to_owned(), InstallationScope::ALL.to_vec());
            let new_key = NewInstallationKey { name, scopes, expires_at: None, sources: Vec::new() };
            let made = services.installation_keys().create(InstallationAuthority::CommandLine, new_key).await?;
            self.installation_key = Some(made.key);
        }
        Ok(())
    }

    async fn move_polar_endpoint(&self, sandbox_url: &Url, to: &Url) -> color_eyre::Result<()> {
        #[derive(Deserialize)]
        struct Endpoints {
            items: Vec<Endpoint>,
        }
        #[derive(Deserialize)]
        struct Endpoint {
            id: String,
            url: String,
        }
        let client = reqwest::Client::new();
        let address = sandbox_url.join("polar/v1/webhooks/endpoints")?;
        let listed = client.get(address.clone()).bearer_auth(&self.polar_api_key).send().await?.error_for_status()?;
        let endpoints = listed.json::<Endpoints>().await?.items.into_iter();
        for endpoint in endpoints.filter(|endpoint| endpoint.url == self.polar_webhook_url) {
            let body = json!({ "url": to.as_str() });
            let moved = client.patch(format!("{address}/{}", endpoint.id)).bearer_auth(&self.polar_api_key).json(&body);
            moved.send().await?.error_for_status()?;
        }
        Ok(())
    }

    /// Changes the URL of Stripe's webhook endpoint to `to`. The endpoint keeps its secret and pending deliveries.
    async fn move_stripe_endpoint(&self, sandbox_url: &Url, to: &Url) -> color_eyre::Result<()> {
        #[derive(Deserialize)]
        struct Endpoints {
            data: Vec<Endpoint>,
        }
        #[derive(Deserialize)]
        struct Endpoint {
            id: String,
            url: String,
        }
        let client = reqwest::Client::new();
        let address = sandbox_url.join("v1/webhook_endpoints")?;
        let listed =
            client.get(address.clone()).bearer_auth(&self.stripe_secret_key).send().await?.error_for_status()?;
        for endpoint in
            listed.json::<Endpoints>().await?.data.into_iter().filter(|endpoint| endpoint.url == self.webhook_url)
        {
            let one = format!("{address}/{}", endpoint.id);
            let moved = client.post(one).bearer_auth(&self.stripe_secret_key).form(&[("url", to.as_str())]);
            moved.send().await?.error_for_status()?;
        }
        Ok(())
    }
}

impl Default for DemoState {
    fn default() -> Self {
        let random: [u8; 32] = rand::rng().random();
        let (account, polar): ([u8; 12], [u8; 24]) = rand::rng().random();
        Self {
            // No account id in the key: the sandbox then uses the installation's account.
            stripe_secret_key: format!("sk_test_demo{}", hex::encode(account)),
            secrets_key: STANDARD.encode(random),
            webhook_secret: String::new(),
            price_map: String::new(),
            portal_configuration: String::new(),
            polar_api_key: format!("polar_oat_{}", hex::encode(polar)),
            polar_product_map: String::new(),
            polar_webhook_secret: String::new(),
            api_keys: BTreeMap::new(),
            installation_key: None,
            webhook_url: String::new(),
            polar_webhook_url: String::new(),
            sold_at_stripe: Value::Null,
            sold_at_polar: Value::Null,
        }
    }
}

/// Returns what the provider accounts are set up from: the catalog's currency, and its plans without rank, trial and
/// limits.
fn sellable(catalog: &Catalog) -> Value {
    let plan = |plan: &Plan| {
        let Plan { id, name, description, rank: _, pricing, listed, trial_days: _, sold_as: _, seats, limits: _ } =
            plan;
        json!({
            "id": id, "name": name, "description": description, "pricing": pricing, "listed": listed, "seats": seats,
        })
    };
    json!({ "currency": catalog.currency, "plans": catalog.plans.iter().map(plan).collect::<Vec<_>>() })
}

/// Writes a private file atomically, so that a script that waits for it never reads half of it.
pub(super) fn write_private(path: &Path, content: &[u8]) -> color_eyre::Result<()> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let new = path.with_extension("new");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(new, path)?;
    Ok(())
}
