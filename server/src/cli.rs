//! The command line.
#![expect(clippy::doc_markdown, reason = "these texts are read on a terminal, where backticks mean nothing")]

mod account;
mod api_key;
mod usage;

use std::{path::PathBuf, process::ExitCode};

use billing::service::overrides::LimitWish;
use clap::{Args, Parser, Subcommand};
use domain::{catalog::Limit, ids::TenantId, subscription::Provider, time::Timestamp};

use self::{account::OperatorCommand, api_key::ApiKeyCommand, usage::UsageCommand};
pub use self::{
    account::{OperatorListArgs, OperatorOneArgs, PasswordResetArgs, ProveAddressArgs},
    api_key::{ApiKeyCreateArgs, ApiKeyListArgs, ApiKeyRevokeArgs},
    usage::{UsageCorrectArgs, UsageVerifyArgs},
};
use crate::{
    commands,
    commands::adopt::{AdoptArgs, adopt},
    config::Config,
    demo, private_files, run,
};

const SETTINGS: &str = "\
Settings (environment):
  LISTEN                       where to listen [127.0.0.1:3000]
  APP_URL                      the address that browsers use; https makes cookies secure [http://LISTEN]
  DATABASE_URL                 sqlite://… or postgres://… [sqlite://data/dues.db]
  SECRETS_KEY                  32 bytes, base64: seals secrets, and answers under an Idempotency-Key [none are kept]
  CATALOG                      a TOML file of plans and features [the one compiled in]
  GRACE_DAYS                   how long a plan stays on after a payment failed [7]
  USAGE_EVENTS_DAYS            how long events stay in the ledger of usage, 30 at least [400]
  PAYMENT_PROVIDER             who gets new checkouts: stripe, polar or none [none]
  STRIPE_SECRET_KEY            the key of your Stripe account
  STRIPE_WEBHOOK_SECRET        one or more, separated by commas
  STRIPE_PRICE_MAP             JSON from plan and cycle to price; `server stripe setup` prints it
  STRIPE_PORTAL_CONFIGURATION  `server stripe setup` prints it [the account's default]
  STRIPE_API_BASE              a stand-in's address; wants ALLOW_SANDBOX=1 [Stripe's own]
  POLAR_API_KEY                the access token of your Polar organization
  POLAR_ORGANIZATION_ID        which organization, for a token that opens several
  POLAR_WEBHOOK_SECRET         one or more, separated by commas
  POLAR_PRODUCT_MAP            JSON from plan and cycle to product; `server polar setup` prints it
  POLAR_API_BASE               a stand-in's address; wants ALLOW_SANDBOX=1 [Polar's own]
  ALLOWED_REDIRECT_ORIGINS     origins beside APP_URL's that a checkout may return to
  SMTP_URL                     where mails are sent through, as smtps://user:password@host [none are sent]
  MAIL_FROM                    whom mails are from [Dues <no-reply@HOST of APP_URL>]
  SALES_EMAIL                  who is told of enterprise requests, when mails are sent [they are only kept]
  TRUSTED_PROXIES              addresses and networks (CIDR) whose word on the client's address is taken
  RATE_LIMIT_PERSON            requests a minute that one person may send to the API, 0 for no limit [6000]
  RATE_LIMIT_KEY               the same for one API key [6000000]
  RATE_LIMIT_ADDRESS           the same for one address from which nobody is recognised [3000]
  MAX_CONNECTIONS              connections that are open at once [10000]
  MAX_CONNECTIONS_PER_ADDRESS  the same from one address; none for TRUSTED_PROXIES [512]
  HEADER_TIMEOUT_SECS          how long the head of a request may take to come [10]
  BODY_TIMEOUT_SECS            how long its body may [20]
  WRITE_TIMEOUT_SECS           how long a client may take in nothing of an answer [20]
  KEEP_ALIVE_SECS              how long a connection waits for its next request [75]
  SECURITY_CONTACT             mailto: or https: address at /.well-known/security.txt [none is served]
  RUST_LOG, LOG_FORMAT         what is logged, as text or json [info,sqlx=warn; text]

SIGTERM or SIGINT lets requests in flight and jobs in hand end, then exits 0.";

/// The membership, usage and billing desk of a multi-tenant SaaS.
#[derive(Debug, Parser)]
#[command(
    name = "server",
    version,
    after_help = "Settings come from the environment; `server config` prints those in force.\nStart with `server demo`: it needs no keys and no network."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Try everything: Dues on a database of its own, paying at a stand-in for Stripe or Polar.
    ///
    /// Makes demo tenants at the first start and is safe to run again on the same folder. Prints who can log in, and writes
    /// the same to DIR/demo.json for scripts.
    Demo(DemoArgs),
    /// Serve, with the settings of the environment. Applies migrations first.
    #[command(after_help = SETTINGS)]
    Serve,
    /// Run the stand-in for Stripe, Polar and Firebase alone, at SANDBOX_LISTEN (default 127.0.0.1:12111).
    Sandbox(SandboxArgs),
    /// Apply the migrations that are missing to DATABASE_URL.
    Migrate,
    /// Work on catalogs.
    #[command(subcommand)]
    Catalog(CatalogCommand),
    /// Print the settings in force, secrets masked.
    Config,
    /// Print the API as an OpenAPI document: what /openapi.json answers.
    Openapi,
    /// Work on the account at Stripe.
    #[command(subcommand)]
    Stripe(StripeCommand),
    /// Work on the account at Polar.
    #[command(subcommand)]
    Polar(PolarCommand),
    /// Work on tenants.
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// Print a link that sets a new password for an account; it works once, for an hour.
    PasswordReset(PasswordResetArgs),
    /// Print a link that proves the address of an account; the account's owner opens it signed in, within a day.
    ProveAddress(ProveAddressArgs),
    /// Work on second factors.
    #[command(subcommand)]
    SecondFactor(SecondFactorCommand),
    /// Work on API keys.
    #[command(subcommand)]
    ApiKey(ApiKeyCommand),
    /// Work on what was counted.
    #[command(subcommand)]
    Usage(UsageCommand),
    /// Work on what is sealed under SECRETS_KEY.
    #[command(subcommand)]
    Secrets(SecretsCommand),
    /// Say who runs this installation.
    #[command(subcommand)]
    Operator(OperatorCommand),
    /// Read enterprise requests.
    #[command(subcommand)]
    Enterprise(EnterpriseCommand),
}

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where the demo keeps its database and the sandbox its objects.
    #[arg(long, value_name = "DIR", default_value = "./data")]
    pub data: PathBuf,
    /// Who takes the payments: stripe (the default) or polar, both at the sandbox, or none.
    #[arg(long, value_name = "NAME", value_parser = ["stripe", "polar", "none"])]
    pub provider: Option<String>,
}

#[derive(Debug, Args)]
pub struct SandboxArgs {
    /// Keep its objects here; without it they are gone at the end.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum CatalogCommand {
    /// Check a catalog file; every mistake is named with its line and key.
    Check {
        /// The TOML file.
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
enum StripeCommand {
    /// Make the account fit the catalog: products, prices, billing portal, webhook endpoint.
    ///
    /// Safe to repeat: what is there already stays. Prints what it did and the settings to keep. Needs STRIPE_SECRET_KEY and
    /// APP_URL.
    Setup,
    /// Accept the account that STRIPE_SECRET_KEY opens, where it is another than before.
    ///
    /// Prints the account that is kept and the one that the key opens. Without the new account's id or --yes, changes nothing.
    Adopt(AdoptArgs),
}

#[derive(Debug, Subcommand)]
enum PolarCommand {
    /// Make the account fit the catalog: a product a plan and cycle, and the webhook endpoint.
    ///
    /// Safe to repeat: what is there already stays. Prints what it did and the settings to keep. Needs POLAR_API_KEY and
    /// APP_URL.
    Setup,
    /// Accept the organization that POLAR_API_KEY opens, where it is another than before.
    ///
    /// Prints the organization that is kept and the one that the key opens. Without the new one's id or --yes, changes nothing.
    Adopt(AdoptArgs),
}

#[derive(Debug, Subcommand)]
enum TenantCommand {
    /// Make a tenant with its owner.
    Create(TenantCreateArgs),
    /// Settle something for a tenant beside what it pays for: a plan, or limits of its own. Holds within a second, on every node.
    ///
    /// Without anything to settle, tells what is.
    Override(TenantOverrideArgs),
}

#[derive(Debug, Args)]
pub struct TenantOverrideArgs {
    /// The tenant's id.
    #[arg(long, value_name = "ID")]
    pub tenant: TenantId,
    /// Grant this plan: it holds wherever no higher one is paid.
    #[arg(long, value_name = "PLAN")]
    pub plan: Option<String>,
    /// Take a granted plan back.
    #[arg(long, conflicts_with = "plan")]
    pub no_plan: bool,
    /// A limit of the tenant's own, in the feature's own unit, as websocket_rooms=50: it holds on the plan that holds now, and on
    /// another plan the higher of both does. =at-most:50 holds on every plan that gives more; =unlimited is no limit, =plan the
    /// plan's again. May be given several times.
    #[arg(long = "limit", value_name = "FEATURE=LIMIT", value_parser = limit_wish)]
    pub limits: Vec<(String, LimitWish)>,
    /// When what is granted or set here ends, as 2030-01-01T00:00:00Z; without it, when it is taken back.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub until: Option<Timestamp>,
    /// Print one JSON object: {"id","plan","granted":{"plan","until"},"limits":[{"feature","limit","until","atMost"?}]}.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct TenantCreateArgs {
    /// What the workspace is called.
    #[arg(long)]
    pub name: String,
    /// The owner's e-mail address; one that has an account keeps its password.
    #[arg(long)]
    pub email: String,
    /// The owner's password: 10 to 256 characters, and not easy to guess.
    #[arg(long)]
    pub password: String,
    /// Grant this plan without a payment.
    #[arg(long, value_name = "PLAN")]
    pub plan: Option<String>,
    /// Print one JSON object: {"id","name","plan","owner":{"id","email"}}.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
enum SecondFactorCommand {
    /// Take away the second factor of an account whose owner has lost it, and sign the account out everywhere.
    Reset(SecondFactorResetArgs),
}

#[derive(Debug, Args)]
pub struct SecondFactorResetArgs {
    /// The account's e-mail address.
    #[arg(long)]
    pub email: String,
    /// Print one JSON object: {"email","reset"}.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
enum SecretsCommand {
    /// Seal everything under the first key of SECRETS_KEY, while nodes run; answers 1 when something is sealed under none of its keys.
    ///
    /// Safe to repeat and to interrupt. First add the new key behind the old one on every node, then put it in front on every
    /// node, then run this; then the old one can be left out.
    Rotate(SecretsRotateArgs),
}

#[derive(Debug, Args)]
pub struct SecretsRotateArgs {
    /// Print one JSON object: {"columns":[{"column","sealed","anew","unopened"}]}.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
enum EnterpriseCommand {
    /// List the requests, the newest first.
    List(EnterpriseListArgs),
}

#[derive(Debug, Args)]
pub struct EnterpriseListArgs {
    /// Print one JSON object: {"items":[{"id","createdAt","company","contactName","email","useCases","expectedScale","notes","tenantId","userId","state","note"}]}.
    #[arg(long)]
    pub json: bool,
}

fn limit_wish(text: &str) -> Result<(String, LimitWish), &'static str> {
    let wrong = "write a limit as websocket_rooms=50, websocket_rooms=at-most:50, websocket_rooms=unlimited or websocket_rooms=plan";
    let (feature, limit) = text.split_once('=').ok_or(wrong)?;
    let figure = |text: &str| text.parse().map_err(|_| wrong);
    let wish = match (limit, limit.strip_prefix("at-most:")) {
        (_, Some(most)) => LimitWish::AtMost(figure(most)?),
        ("plan", None) => LimitWish::TakeBack,
        ("unlimited", None) => LimitWish::Set(Limit::Unlimited),
        (most, None) => LimitWish::Set(Limit::AtMost(figure(most)?)),
    };
    Ok((feature.to_owned(), wish))
}

fn time(text: &str) -> Result<Timestamp, &'static str> {
    Timestamp::parse_rfc3339(text).ok_or("write a time as 2030-01-01T00:00:00Z")
}

/// Runs the command and answers 0, or prints one line about what is wrong and answers 1.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    private_files::restrict_new_files();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    match runtime.block_on(perform(cli.command)) {
        Ok(code) => code,
        Err(error) => failed(&error),
    }
}

#[expect(clippy::print_stderr, reason = "this is where the command line speaks to a person")]
fn failed(error: &color_eyre::Report) -> ExitCode {
    let line = error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ");
    eprintln!("{line}");
    ExitCode::FAILURE
}

/// A filter that leaves security events alone.
const ONLY_SECURITY_EVENTS: &str = "off";

/// The settings of a command that works on the database beside the server. Security events of what it does are logged where it is
/// run: on its standard error.
fn settings() -> color_eyre::Result<Config> {
    let config = Config::from_env()?;
    run::start_logging(ONLY_SECURITY_EVENTS, config.logs_json)?;
    Ok(config)
}

async fn perform(command: Command) -> color_eyre::Result<ExitCode> {
    match command {
        Command::Demo(args) => demo::run(args).await?,
        Command::Serve => run::serve(Config::from_env()?).await?,
        Command::Sandbox(args) => run::sandbox(args).await?,
        Command::Migrate => commands::migrate(&Config::from_env()?).await?,
        Command::Catalog(CatalogCommand::Check { file }) => return commands::check_catalog(&file),
        Command::Config => commands::print_config(&Config::from_env()?),
        Command::Openapi => commands::print_openapi(),
        Command::Stripe(StripeCommand::Setup) => commands::set_up_stripe(&Config::from_env()?).await?,
        Command::Stripe(StripeCommand::Adopt(args)) => adopt(&settings()?, Provider::Stripe, args).await?,
        Command::Polar(PolarCommand::Adopt(args)) => adopt(&settings()?, Provider::Polar, args).await?,
        Command::Polar(PolarCommand::Setup) => commands::polar::set_up(&Config::from_env()?).await?,
        Command::Usage(UsageCommand::Verify(args)) => return commands::usage::verify(&settings()?, args).await,
        Command::Usage(UsageCommand::Correct(args)) => commands::usage::correct(&settings()?, args).await?,
        Command::Secrets(SecretsCommand::Rotate(args)) => return commands::secrets::rotate(&settings()?, args).await,
        Command::Enterprise(EnterpriseCommand::List(args)) => commands::enterprise::list(&settings()?, args).await?,
        Command::Operator(OperatorCommand::Add(args)) => commands::operator::add(&settings()?, args).await?,
        Command::Operator(OperatorCommand::Remove(args)) => commands::operator::remove(&settings()?, args).await?,
        Command::Operator(OperatorCommand::List(args)) => commands::operator::list(&settings()?, args).await?,
        Command::ApiKey(ApiKeyCommand::Create(args)) => commands::api_key::create(&settings()?, args).await?,
        Command::ApiKey(ApiKeyCommand::List(args)) => commands::api_key::list(&settings()?, args).await?,
        Command::ApiKey(ApiKeyCommand::Revoke(args)) => commands::api_key::revoke(&settings()?, args).await?,
        Command::SecondFactor(SecondFactorCommand::Reset(args)) => {
            commands::second_factor::reset(&settings()?, args).await?;
        }
        Command::PasswordReset(args) => commands::password_reset::print_link(&settings()?, args).await?,
        Command::ProveAddress(args) => commands::prove_address::print_link(&settings()?, args).await?,
        Command::Tenant(TenantCommand::Create(args)) => commands::create_tenant(&settings()?, args).await?,
        Command::Tenant(TenantCommand::Override(args)) => commands::overrides::settle(&settings()?, args).await?,
    }
    Ok(ExitCode::SUCCESS)
}
