//! `server demo`: runs the whole product with one command. A sandbox replaces Stripe and Polar; the code that calls
//! them is the code of production. The demo sets up an account at both, so that webhooks of both are accepted.

mod brand;
mod seed;
mod state;
mod summary;

use std::{path::Path, sync::Arc};

use billing::{Services, service::Clocks};
use color_eyre::eyre::{Context, bail};
use domain::time::{ShiftedClock, SystemClock};
use sandbox::DEFAULT_FIREBASE_PROJECT;
use url::Url;

use crate::{
    cli::DemoArgs,
    config::{CheckoutProvider, Config},
    http::metrics,
    private_files,
    run::{self, Running},
    telemetry,
};
use state::DemoState;

/// Redirect origins of the documents' examples. Products at 127.0.0.1 and localhost are allowed with the sandbox.
const REDIRECT_ORIGINS: &str = "https://app.dartstream.io,https://app.backflow.dev,https://yourapp.com";

pub async fn run(args: DemoArgs) -> color_eyre::Result<()> {
    let DemoArgs { data, provider } = args;
    std::fs::create_dir_all(&data).wrap_err_with(|| format!("--data is wrong: {} can't be made", data.display()))?;
    let data = data.canonicalize()?;
    private_files::restrict_folder(&data)?;
    let database_url = format!("sqlite://{}", data.join("dues.db").display());
    // Command-line options override the environment.
    let arguments: Vec<_> = provider.map(|provider| ("PAYMENT_PROVIDER", provider)).into_iter().collect();
    let mut defaults = vec![
        ("PAYMENT_PROVIDER", "stripe".to_owned()),
        ("DATABASE_URL", database_url),
        ("ALLOWED_REDIRECT_ORIGINS", REDIRECT_ORIGINS.to_owned()),
        ("ALLOW_SANDBOX", "1".to_owned()),
        // Allows webhook receivers on the same machine.
        ("WEBHOOKS_ALLOW_PRIVATE", "1".to_owned()),
        ("FIREBASE_PROJECT_ID", DEFAULT_FIREBASE_PROJECT.to_owned()),
        ("RUST_LOG", "warn".to_owned()),
    ];
    defaults.extend(brand::settings(&data)?);

    // The addresses are bound before the settings are complete: with port 0, the URLs are known only after binding.
    let keys = [("STRIPE_SECRET_KEY", "sk_test_".to_owned()), ("POLAR_API_KEY", "polar_oat_".to_owned())];
    let preliminary = Config::for_demo(&arguments, &[&defaults[..], &keys].concat())?;
    run::start_logging(&preliminary.log, preliminary.logs_json)?;
    run::end_on_sync_failure();
    if let Some(name) = preliminary.live_key() {
        bail!("{name} is a live key: the demo never starts beside one");
    }
    run::install_languages(&preliminary)?;
    let listener = run::bind("LISTEN", preliminary.listen).await?;
    let metrics_listener = metrics::listener::bind(preliminary.metrics_listen).await?;
    let exporting = telemetry::install(&preliminary.traces)?;
    let sandbox_listener = run::bind("SANDBOX_LISTEN", preliminary.sandbox_listen).await?;
    let sandbox_url: Url = format!("http://{}/", sandbox_listener.local_addr()?).parse()?;
    defaults.push(("APP_URL", format!("http://{}", listener.local_addr()?)));

    let stop = run::stop_signal()?;
    let clock = Arc::new(ShiftedClock::default());
    let sandbox = run::open_sandbox(&preliminary, &sandbox_listener, Some(data.join("sandbox")), clock.clone())?;
    let sandbox_task = tokio::spawn(run::run_sandbox(sandbox, sandbox_listener, stop.clone()));

    let mut state = DemoState::load(&data)?;
    let config = configure(&arguments, defaults, &mut state, &sandbox_url).await?;
    state.save(&data)?;

    let store = run::open_store(&config.database_url).await?;
    run::checkpoint(&store).await;
    let clocks = Clocks { wall: Arc::new(SystemClock), billing: clock };
    let services = run::services(&config, store, clocks, Some(seed::accounts(&config.catalog))).await?;
    let recorder = metrics::install()?;
    let running = Running::start(&config, services.clone(), (listener, metrics_listener), recorder, &stop);

    // A stop ends the seeding; the next start continues it.
    let result = tokio::select! {
        result = seed_and_announce(&services, &config, &mut state, &sandbox_url, &data) => result,
        () = stop.cancelled() => Ok(()),
    };
    if result.is_err() {
        stop.cancel();
    }
    let finished = running.finish().await;
    let sandbox_finished = sandbox_task.await?;
    telemetry::finish(exporting).await;
    result.and(finished).and(sandbox_finished)
}

/// Returns the demo's settings: `arguments` override the environment, which overrides `defaults`. Also sets up the
/// accounts in the sandbox, unless the demo has no payment provider.
async fn configure(
    arguments: &[(&'static str, String)],
    mut defaults: Vec<(&'static str, String)>,
    state: &mut DemoState,
    sandbox_url: &Url,
) -> color_eyre::Result<Config> {
    defaults.push(("STRIPE_SECRET_KEY", state.stripe_secret_key.clone()));
    defaults.push(("STRIPE_API_BASE", sandbox_url.to_string()));
    defaults.push(("POLAR_API_KEY", state.polar_api_key.clone()));
    defaults.push(("POLAR_API_BASE", sandbox_url.join("polar")?.into()));
    defaults.push(("FIREBASE_JWKS_URL", sandbox_url.join("jwks")?.into()));
    defaults.push(("SECRETS_KEY", state.secrets_key.clone()));
    let base = Config::for_demo(arguments, &defaults)?;
    if base.checkout_provider == CheckoutProvider::None {
        return Ok(base);
    }
    state.set_up_accounts(&base, sandbox_url).await?;
    defaults.push(("STRIPE_PRICE_MAP", state.price_map.clone()));
    defaults.push(("STRIPE_PORTAL_CONFIGURATION", state.portal_configuration.clone()));
    defaults.push(("STRIPE_WEBHOOK_SECRET", state.webhook_secret.clone()));
    // It is empty until Polar has been set up to sell the catalog.
    if !state.polar_product_map.is_empty() {
        defaults.push(("POLAR_PRODUCT_MAP", state.polar_product_map.clone()));
        defaults.push(("POLAR_WEBHOOK_SECRET", state.polar_webhook_secret.clone()));
    }
    Ok(Config::for_demo(arguments, &defaults)?)
}

async fn seed_and_announce(
    services: &Services,
    config: &Config,
    state: &mut DemoState,
    sandbox_url: &Url,
    data: &Path,
) -> color_eyre::Result<()> {
    let tenants = seed::create_tenants(services).await?;
    for tenant in &tenants {
        state.create_missing_keys(services, &tenant.id).await?;
    }
    state.create_missing_installation_key(services).await?;
    state.save(data)?;
    summary::write(data, config, sandbox_url, &tenants, state)?;
    summary::print(&config.app_url, sandbox_url, &tenants)?;
    Ok(())
}
