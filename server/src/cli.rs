//! Arguments of the command line, and their dispatch.
#![expect(clippy::doc_markdown, reason = "these texts are read on a terminal, where backticks mean nothing")]

mod account;
mod api_key;
mod args;
mod backup;
mod commands;
pub mod demo;
mod installation_key;
mod output;
mod settings_help;
mod usage;

use std::{path::PathBuf, process::ExitCode};

use clap::{CommandFactory, Parser, Subcommand};
use domain::subscription::Provider;

use self::{
    account::OperatorCommand,
    api_key::ApiKeyCommand,
    backup::BackupCommand,
    commands::{
        adopt::{AdoptArgs, adopt},
        import::{ImportArgs, import},
    },
    installation_key::InstallationKeyCommand,
    settings_help::SETTINGS,
    usage::UsageCommand,
};
pub use self::{
    account::{AccountLinkArgs, OperatorListArgs, OperatorOneArgs},
    api_key::{ApiKeyCreateArgs, ApiKeyListArgs, ApiKeyRevokeArgs},
    args::{
        DemoArgs, EnterpriseListArgs, SandboxArgs, SecondFactorResetArgs, SecretsRotateArgs, TenantCreateArgs,
        TenantOverrideArgs,
    },
    backup::{BackupCreateArgs, BackupRestoreArgs, BackupVerifyArgs},
    installation_key::{InstallationKeyCreateArgs, InstallationKeyListArgs, InstallationKeyRevokeArgs},
    usage::{UsageCorrectArgs, UsageVerifyArgs},
};
use crate::{config::Config, private_files, run};

/// Membership, usage and billing for a multi-tenant SaaS.
#[derive(Debug, Parser)]
#[command(
    name = "server",
    version,
    after_help = "Settings are environment variables; `server config` prints their effective values.\nStart with `server demo`: it needs no keys and no network."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a demo: Dues with a database of its own and a sandbox for Stripe or Polar.
    ///
    /// Creates demo tenants at the first start; safe to run again on the same folder. Prints the accounts, and writes
    /// them to DIR/demo.json for scripts. LISTEN and SANDBOX_LISTEN choose other addresses and ports than
    /// 127.0.0.1:3000 and 127.0.0.1:12111.
    Demo(DemoArgs),
    /// Serve with the settings of the environment. Applies migrations first.
    #[command(after_help = SETTINGS)]
    Serve,
    /// Run the sandbox for Stripe, Polar and Firebase alone, at SANDBOX_LISTEN (default 127.0.0.1:12111).
    Sandbox(SandboxArgs),
    /// Apply missing migrations to DATABASE_URL.
    Migrate,
    /// Create, verify and restore back-ups of a SQLite database.
    #[command(subcommand)]
    Backup(BackupCommand),
    /// Manage catalogs.
    #[command(subcommand)]
    Catalog(CatalogCommand),
    /// Manage messages: the texts of pages and mails in each language.
    #[command(subcommand)]
    Locales(LocalesCommand),
    /// Print the settings that a server started with this environment would have, secrets masked.
    ///
    /// `server demo` has settings of its own.
    Config,
    /// Print the OpenAPI document that /openapi.json serves.
    Openapi,
    /// Write the man pages and the completions of bash, fish and zsh to a folder, for the command's name in packages:
    /// dues.
    Manual {
        /// The folder. It is made if it is missing; files in it are replaced.
        folder: PathBuf,
    },
    /// Manage the Stripe account.
    #[command(subcommand)]
    Stripe(StripeCommand),
    /// Manage the Polar account.
    #[command(subcommand)]
    Polar(PolarCommand),
    /// Manage tenants.
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// Print a link that sets a new password for an account. It works once, within an hour.
    PasswordReset(AccountLinkArgs),
    /// Print a link that verifies the address of an account. The account's owner opens it signed in, within a day.
    ProveAddress(AccountLinkArgs),
    /// Manage second factors.
    #[command(subcommand)]
    SecondFactor(SecondFactorCommand),
    /// Manage API keys.
    #[command(subcommand)]
    ApiKey(ApiKeyCommand),
    /// Manage keys of the installation, for the product's back end.
    #[command(subcommand)]
    InstallationKey(InstallationKeyCommand),
    /// Verify and correct usage counters.
    #[command(subcommand)]
    Usage(UsageCommand),
    /// Manage data that is sealed under SECRETS_KEY.
    #[command(subcommand)]
    Secrets(SecretsCommand),
    /// Manage the operators of this installation.
    #[command(subcommand)]
    Operator(OperatorCommand),
    /// Read enterprise requests.
    #[command(subcommand)]
    Enterprise(EnterpriseCommand),
}

#[derive(Debug, Subcommand)]
enum CatalogCommand {
    /// Check a catalog file. Prints each error with its line and key.
    Check {
        /// The TOML file.
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
enum LocalesCommand {
    /// Check the languages of a folder such as LOCALES_DIR: a folder for each language, with files of messages.
    ///
    /// Prints each message that is wrong or missing with its file.
    Check {
        /// The folder.
        folder: PathBuf,
    },
    /// Write the built-in messages of a language to a new folder, as a start for a translation.
    Export {
        /// The folder to make.
        folder: PathBuf,
        /// Which language: en or de.
        #[arg(long, default_value = "en")]
        language: String,
    },
}

#[derive(Debug, Subcommand)]
enum StripeCommand {
    /// Create what the catalog needs in the account: products, prices, billing portal, webhook endpoint.
    ///
    /// Safe to repeat: existing objects stay. Prints what was done and the settings to keep. Needs STRIPE_SECRET_KEY
    /// and APP_URL.
    Setup,
    /// Accept the account of STRIPE_SECRET_KEY when it is not the stored one.
    ///
    /// Prints the stored account and the one of the key. Without the new account's id or --yes, changes nothing.
    Adopt(AdoptArgs),
    /// Make tenants of customers that pay at Stripe already, and link them. Changes nothing at Stripe.
    ///
    /// Reads all customers of the account, or those of a CSV. Start with --dry-run. Safe to repeat and to interrupt: the
    /// next run goes on where this one ended, and so does a running server.
    Import(ImportArgs),
}

#[derive(Debug, Subcommand)]
enum PolarCommand {
    /// Create what the catalog needs in the account: a product for each plan and cycle, and the webhook endpoint.
    ///
    /// Safe to repeat: existing objects stay. Prints what was done and the settings to keep. Needs POLAR_API_KEY and
    /// APP_URL.
    Setup,
    /// Accept the organization of POLAR_API_KEY when it is not the stored one.
    ///
    /// Prints the stored organization and the one of the key. Without the new one's id or --yes, changes nothing.
    Adopt(AdoptArgs),
    /// Make tenants of customers that pay at Polar already, and link them. Changes nothing at Polar.
    ///
    /// Reads all customers of the organization, or those of a CSV. Start with --dry-run. Safe to repeat and to interrupt:
    /// the next run goes on where this one ended, and so does a running server.
    Import(ImportArgs),
}

#[derive(Debug, Subcommand)]
enum TenantCommand {
    /// Create a tenant with its owner.
    Create(TenantCreateArgs),
    /// Override a tenant's plan or limits. Takes effect within a second, on all nodes.
    ///
    /// Without options, prints the current overrides.
    Override(TenantOverrideArgs),
}

#[derive(Debug, Subcommand)]
enum SecondFactorCommand {
    /// Remove the second factor of an account whose owner has lost it, and sign the account out everywhere. An account
    /// without a second factor is signed out, too.
    Reset(SecondFactorResetArgs),
}

#[derive(Debug, Subcommand)]
enum SecretsCommand {
    /// Seal everything under the first key of SECRETS_KEY, while nodes run. Exits with 1 when a value opens with none
    /// of its keys. Values that expire soon do not count.
    ///
    /// Safe to repeat and to interrupt. First add the new key behind the old one on every node, then put it in front on
    /// every node, then run this. After that, remove the old key.
    Rotate(SecretsRotateArgs),
}

#[derive(Debug, Subcommand)]
enum EnterpriseCommand {
    /// List the requests, newest first.
    List(EnterpriseListArgs),
}

/// Runs the command line. Exits with 0, or prints one line about the error and exits with 1.
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

/// A log filter that shows security events only.
const ONLY_SECURITY_EVENTS: &str = "off";

/// Reads the settings of a command that changes the database beside a running server, and starts logging: security
/// events go to standard error.
fn settings() -> color_eyre::Result<Config> {
    let config = Config::from_env()?;
    run::start_logging(ONLY_SECURITY_EVENTS, config.logs_json)?;
    Ok(config)
}

async fn perform(command: Command) -> color_eyre::Result<ExitCode> {
    match command {
        Command::Demo(args) => Box::pin(demo::run(args)).await?,
        Command::Serve => Box::pin(run::serve(Config::from_env()?)).await?,
        Command::Sandbox(args) => run::sandbox(args.data).await?,
        Command::Migrate => commands::migrate(&Config::from_env()?).await?,
        Command::Backup(BackupCommand::Create(args)) => return commands::backup::create(&settings()?, args).await,
        Command::Backup(BackupCommand::Verify(args)) => return commands::backup::verify(&settings()?, args).await,
        Command::Backup(BackupCommand::Restore(args)) => return commands::backup::restore(&settings()?, args).await,
        Command::Catalog(CatalogCommand::Check { file }) => return commands::check_catalog(&file),
        Command::Locales(LocalesCommand::Check { folder }) => return commands::locales::check(&folder),
        Command::Locales(LocalesCommand::Export { folder, language }) => commands::locales::export(&language, &folder)?,
        Command::Config => commands::print_config(&Config::from_env()?)?,
        Command::Openapi => commands::print_openapi()?,
        Command::Manual { folder } => commands::manual::write(Cli::command(), &folder)?,
        Command::Stripe(StripeCommand::Setup) => commands::set_up_stripe(&Config::from_env()?).await?,
        Command::Stripe(StripeCommand::Adopt(args)) => adopt(&settings()?, Provider::Stripe, args).await?,
        Command::Polar(PolarCommand::Adopt(args)) => adopt(&settings()?, Provider::Polar, args).await?,
        Command::Stripe(StripeCommand::Import(args)) => {
            Box::pin(import(&settings()?, Provider::Stripe, args)).await?;
        }
        Command::Polar(PolarCommand::Import(args)) => {
            Box::pin(import(&settings()?, Provider::Polar, args)).await?;
        }
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
        Command::InstallationKey(command) => match command {
            InstallationKeyCommand::Create(args) => commands::installation_key::create(&settings()?, args).await?,
            InstallationKeyCommand::List(args) => commands::installation_key::list(&settings()?, args).await?,
            InstallationKeyCommand::Revoke(args) => commands::installation_key::revoke(&settings()?, args).await?,
        },
        Command::SecondFactor(SecondFactorCommand::Reset(args)) => {
            commands::second_factor::reset(&settings()?, args).await?;
        }
        Command::PasswordReset(args) => commands::password_reset::print_link(&settings()?, args).await?,
        Command::ProveAddress(args) => commands::prove_address::print_link(&settings()?, args).await?,
        Command::Tenant(TenantCommand::Create(args)) => commands::create_tenant(&settings()?, args).await?,
        Command::Tenant(TenantCommand::Override(args)) => {
            commands::overrides::override_tenant(&settings()?, args).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
