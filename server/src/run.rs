//! Starts the server, the worker and the sandbox, and shuts them down in order on a termination signal.

mod fsync;

use std::{
    future::IntoFuture,
    io::{self, IsTerminal},
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use billing::{
    Services,
    identity::{
        firebase::FirebaseVerifier,
        seal::SealingKey,
        session::StoredSessions,
        token::{issuer::TokenIssuers, provider::SignInProviders},
    },
    outbound::EndpointClient,
    security_event,
    service::{Clocks, DemoAccount, Parts, Settings, subscription::former_plans::with_former_plans},
    store::{Store, StoreError},
    worker,
};
use color_eyre::eyre::{Context, Report, bail};
use domain::time::{Clock, ShiftedClock, SystemClock};
use metrics_exporter_prometheus::PrometheusHandle;
use sandbox::{DEFAULT_FIREBASE_PROJECT, Sandbox, SandboxConfig};
use secrecy::ExposeSecret;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing_subscriber::EnvFilter;

pub use self::fsync::{checkpoint, end_on_sync_failure};
use crate::{
    config::{Config, is_test_key},
    http::{
        RequestLimiter, Site,
        metrics::{self, exporter::Exporter},
        router,
    },
    listen, private_files, telemetry,
};

/// How long the sandbox's requests in flight may take to finish after a stop.
const DRAIN: Duration = Duration::from_secs(20);

/// Runs `server serve`.
pub async fn serve(config: Config) -> color_eyre::Result<()> {
    start_logging(&config.log, config.logs_json)?;
    end_on_sync_failure();
    let exporting = telemetry::install(&config.traces)?;
    let server = PreparedServer::open(config).await?;
    let stop = stop_signal()?;
    let outcome = server.run(metrics::install()?, &stop).await;
    telemetry::finish(exporting).await;
    outcome
}

/// A server that is ready to run: the settings are checked, the database is open and migrated, the address is bound.
pub struct PreparedServer {
    config: Config,
    services: Services,
    listener: TcpListener,
    /// `None` if the default address of the metrics is taken.
    metrics_listener: Option<TcpListener>,
}

impl PreparedServer {
    /// Prepares a server. Logs a warning for each setting without which some feature is off.
    pub async fn open(config: Config) -> color_eyre::Result<Self> {
        let listener = bind("LISTEN", config.listen).await?;
        let metrics_listener = metrics::listener::bind(config.metrics_listen).await?;
        install_languages(&config)?;
        let store = open_store(&config.database_url).await?;
        checkpoint(&store).await;
        let wall: Arc<dyn Clock> = Arc::new(SystemClock);
        let services = services(&config, store, Clocks { wall: wall.clone(), billing: wall }, None).await?;
        if config.stripe.as_ref().is_some_and(|stripe| stripe.prices.is_empty()) {
            tracing::warn!("STRIPE_PRICE_MAP is not set: no plan can be bought; `server stripe setup` prints it");
        }
        if config.stripe.as_ref().is_some_and(|stripe| stripe.webhook_secrets.is_empty()) {
            tracing::warn!(
                "STRIPE_WEBHOOK_SECRET is not set: all webhooks from Stripe are refused; `server stripe setup` prints it when it creates the endpoint, later only Stripe's dashboard shows it"
            );
        }
        if config.polar.as_ref().is_some_and(|polar| polar.products.is_empty()) {
            tracing::warn!(
                "POLAR_PRODUCT_MAP is not set: no plan can be bought at Polar; `server polar setup` prints it"
            );
        }
        if config.polar.as_ref().is_some_and(|polar| polar.webhook_secrets.is_empty()) {
            tracing::warn!("POLAR_WEBHOOK_SECRET is not set: all webhooks from Polar are refused");
        }
        if config.stripe.as_ref().is_some_and(|stripe| is_test_key(stripe.secret_key.expose_secret())) {
            tracing::warn!("STRIPE_SECRET_KEY is a test key: no card is charged and no money arrives");
        }
        if config.secrets_key.is_none() {
            tracing::warn!(
                "SECRETS_KEY is not set: secrets and webhook endpoints can't be stored, and idempotent responses are lost at a restart"
            );
        }
        if !services.secrets().can_open_stored_secrets().await? {
            bail!(
                "SECRETS_KEY is wrong: it expects the key that sealed the stored secrets, if need be after a new key and a comma"
            );
        }
        Ok(Self { config, services, listener, metrics_listener })
    }

    /// Returns the address at which the server listens.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Returns the address at which the metrics are served, if they are.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_listener.as_ref()?.local_addr().ok()
    }

    /// Serves until `stop`, then drains requests and jobs. `recorder` must be installed.
    pub async fn run(self, recorder: PrometheusHandle, stop: &CancellationToken) -> color_eyre::Result<()> {
        let metrics = self.metrics_address().map(tracing::field::display);
        let Self { config, services, listener, metrics_listener } = self;
        tracing::info!(address = %listener.local_addr()?, app_url = %config.app_url, metrics, "listening");
        Running::start(&config, services, (listener, metrics_listener), recorder, stop).finish().await
    }
}

/// Loads the messages of the process, unless it has messages already.
pub fn install_languages(config: &Config) -> color_eyre::Result<()> {
    if !locales::are_installed() {
        locales::install(config.languages.load()?);
    }
    Ok(())
}

/// Runs `server sandbox`.
pub async fn sandbox(data: Option<PathBuf>) -> color_eyre::Result<()> {
    let config = Config::from_env()?;
    start_logging(&config.log, config.logs_json)?;
    if let Some(name) = config.live_key() {
        bail!("{name} is a live key: the sandbox never starts beside one");
    }
    let listener = bind("SANDBOX_LISTEN", config.sandbox_listen).await?;
    let sandbox = open_sandbox(&config, &listener, data, Arc::new(ShiftedClock::default()))?;
    let stop = stop_signal()?;
    tracing::info!(address = %listener.local_addr()?, "the sandbox is listening");
    run_sandbox(sandbox, listener, stop).await
}

pub async fn bind(setting: &str, address: SocketAddr) -> color_eyre::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .wrap_err_with(|| format!("{setting} is wrong: it expects a free address, and {address} is none"))
}

/// Opens and migrates the database. Restricts its files to this user.
pub async fn open_store(url: &str) -> color_eyre::Result<Store> {
    let file = private_files::database(url);
    if let Some(folder) = file.as_deref().and_then(std::path::Path::parent) {
        std::fs::create_dir_all(folder)
            .wrap_err("DATABASE_URL is wrong: it expects a folder that is there or can be made")?;
    }
    if let Some(file) = &file {
        private_files::restrict_database(file)?;
    }
    let store = Store::connect(url).await.map_err(|error| match error {
        StoreError::BeingRestored => Report::new(error),
        error => Report::new(error).wrap_err("DATABASE_URL is wrong: it expects a database that can be reached"),
    })?;
    store.migrate().await?;
    Ok(store)
}

pub async fn services(
    config: &Config,
    store: Store,
    clocks: Clocks,
    demo: Option<Vec<DemoAccount>>,
) -> color_eyre::Result<Services> {
    let catalog = with_former_plans(&store, &config.catalog).await?;
    let provider = config.provider()?;
    let webhook_senders = config.webhook_senders(&provider)?;
    let sealing_key = match &config.secrets_key {
        Some(key) => key.clone(),
        None => SealingKey::random()?,
    };
    let settings = Settings {
        app_url: config.app_url.clone(),
        allowed_redirect_origins: config.allowed_redirect_origins.clone(),
        allows_loopback_redirects: config.allow_sandbox,
        browser_access: config.browser_access.clone(),
        brand: config.brand.of_product(&config.languages.app_name),
        polar_api_base: config.polar_api_base.clone(),
        stripe_api_base: config.stripe_api_base.clone(),
        grace_secs: config.grace_secs,
        reconcile_every_secs: config.reconcile_every_secs,
        usage_events_kept_days: config.usage_events_kept_days,
        limits: config.limits,
        worker: config.worker.clone(),
        sales_email: config.sales_email.clone(),
        demo,
        has_passwords: config.sign_in.has_passwords,
        checkout: config.checkout,
    };
    let firebase = config.sign_in.firebase.clone().map(|firebase| FirebaseVerifier::new(firebase, clocks.wall.clone()));
    let services = Services::new(Parts {
        store,
        catalog,
        provider,
        webhook_senders,
        mailer: config.mailer.clone(),
        courier: EndpointClient::new(config.webhook_targets)?,
        firebase: firebase.transpose()?,
        issuers: TokenIssuers::new(config.sign_in.issuers.clone(), &clocks.wall)?,
        sign_in_providers: SignInProviders::new(config.sign_in.providers.clone())?,
        clocks,
        sealing_key,
        settings,
    })?;
    services.operators().backfill_override_plans().await?;
    services.accounts().normalize_stored_addresses().await?;
    Ok(services)
}

/// Opens the sandbox that `listener` will serve. Its ID tokens are for the configured project, and its merchant has the
/// product's name.
pub fn open_sandbox(
    config: &Config,
    listener: &TcpListener,
    data_dir: Option<PathBuf>,
    billing: Arc<ShiftedClock>,
) -> color_eyre::Result<Sandbox> {
    let public_url = format!("http://{}", listener.local_addr()?);
    let project = config.sign_in.firebase.as_ref().map(|firebase| firebase.project_id.as_str());
    let firebase_project = project.unwrap_or(DEFAULT_FIREBASE_PROJECT).to_owned();
    let merchant = config.languages.app_name.clone();
    let config =
        SandboxConfig { data_dir, public_url, merchant, firebase_project, wall: Arc::new(SystemClock), billing };
    Sandbox::open(config).wrap_err("the sandbox can't be opened")
}

/// Serves the sandbox and sends its webhooks until `stop`.
pub async fn run_sandbox(sandbox: Sandbox, listener: TcpListener, stop: CancellationToken) -> color_eyre::Result<()> {
    let serving = axum::serve(listener, sandbox.router()).with_graceful_shutdown(stop.clone().cancelled_owned());
    let (served, ()) = tokio::join!(drain(serving.into_future(), &stop), sandbox.run(stop.clone()));
    served
}

/// A running server and its worker.
pub struct Running {
    tracker: TaskTracker,
    served: tokio::task::JoinHandle<()>,
    services: Services,
    stop: CancellationToken,
}

impl Running {
    /// Starts to serve, metrics on a listener of their own. `recorder` must be installed.
    pub fn start(
        config: &Config,
        services: Services,
        (listener, metrics_listener): (TcpListener, Option<TcpListener>),
        recorder: PrometheusHandle,
        stop: &CancellationToken,
    ) -> Self {
        let ends = services.session_ends().clone();
        let sessions = StoredSessions::new(services.store().clone(), Arc::new(SystemClock), ends);
        let rates = Arc::new(RequestLimiter::new(config.rate_limits));
        metrics::describe();
        listen::describe_metrics();
        telemetry::describe();
        let limits = config.connection_limits;
        let site = Site {
            services: services.clone(),
            sessions,
            trusted_proxies: config.trusted_proxies.clone(),
            rates: rates.clone(),
            body_timeout: limits.body,
            security_contact: config.security_contact.clone(),
            brand: config.brand.clone(),
            stop: stop.clone(),
        };
        let router = router(site);
        let tracker = TaskTracker::new();
        // The worker is stopped after the last request has ended, so that it can still start the jobs of that request.
        let worker_stop = CancellationToken::new();
        tracker.spawn(worker::run(services.clone(), worker_stop.clone()));
        tracker.spawn(rates.prune_regularly(worker_stop.clone()));
        if let Some(listener) = metrics_listener {
            let exporter = Exporter::new(recorder.clone(), services.clone());
            tracker.spawn(metrics::listener::serve(listener, exporter, worker_stop.clone()));
        }
        tracker.spawn(metrics::run_upkeep_regularly(recorder, worker_stop.clone()));
        let (stop, stopped, proxies) = (stop.clone(), stop.clone(), config.trusted_proxies.clone());
        let served = tokio::spawn(async move {
            listen::serve(listener, router, limits, proxies, stopped).await;
            worker_stop.cancel();
        });
        Self { tracker, served, services, stop }
    }

    /// Waits for the server to stop, then drains the worker and closes the database.
    pub async fn finish(self) -> color_eyre::Result<()> {
        self.served.await?;
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
        self.services.drain().await;
        self.services.store().close().await;
        tracing::info!("the server stopped");
        Ok(())
    }
}

/// Waits for the server to finish, at most [`DRAIN`] after a stop.
async fn drain(serving: impl Future<Output = io::Result<()>>, stop: &CancellationToken) -> color_eyre::Result<()> {
    let patience = async {
        stop.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        served = serving => Ok(served?),
        () = patience => {
            tracing::warn!("closing connections of requests that are still running after the drain");
            Ok(())
        }
    }
}

const PANIC: &str = "panic";
/// Directives that are added to every `RUST_LOG`. The first enables the span with the request id, by which the
/// log lines of a request are found.
const ALWAYS: [&str; 3] = [
    "server::http::request_context::request_id=error",
    "panic=error",
    // The libraries `tower_sessions` and `tower_sessions_core`: they make a span for each request, and warn about each
    // unknown session id, which any client can send.
    "tower_sessions=error",
];
/// The directive for security events, which is added unless `RUST_LOG` has one for their target.
const SECURITY_EVENTS: &str = "security=info";

/// Returns a token that SIGTERM or SIGINT cancels.
pub fn stop_signal() -> color_eyre::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stopping = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stopping.cancel();
    });
    Ok(stop)
}

/// Whether `RUST_LOG` has a directive for security events.
fn has_security_directive(filter: &str) -> bool {
    filter.split(',').any(|directive| {
        let target = directive.split(['=', '[']).next().unwrap_or_default().trim();
        target == security_event::TARGET
    })
}

/// Returns the filter of log lines for `log`, a value of `RUST_LOG`.
pub fn log_filter(log: &str) -> color_eyre::Result<EnvFilter> {
    let security = (!has_security_directive(log)).then_some(SECURITY_EVENTS);
    let mut filter = EnvFilter::try_new(log).wrap_err("RUST_LOG is wrong: it expects levels, as info,sqlx=warn")?;
    for directive in ALWAYS.into_iter().chain(security) {
        filter = filter.add_directive(directive.parse()?);
    }
    Ok(filter)
}

pub fn start_logging(filter: &str, json: bool) -> color_eyre::Result<()> {
    let logs = tracing_subscriber::fmt().with_env_filter(log_filter(filter)?).with_writer(io::stderr);
    // A terminal keeps the default, which heeds `NO_COLOR`.
    let logs = if io::stderr().is_terminal() { logs } else { logs.with_ansi(false) };
    if json {
        logs.json().init();
    } else {
        logs.init();
    }
    // The default hook would print several lines, without the request id.
    std::panic::set_hook(Box::new(|panic| tracing::error!(target: PANIC, %panic, "panicked")));
    Ok(())
}
