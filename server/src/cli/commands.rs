//! The administrative commands. They serve no requests.

pub mod adopt;
pub mod api_key;
pub mod backup;
pub mod enterprise;
pub mod import;
pub mod installation_key;
pub mod locales;
pub mod manual;
pub mod operator;
pub mod overrides;
pub mod password_reset;
pub mod polar;
pub mod prove_address;
pub mod second_factor;
pub mod secrets;
pub mod usage;

use std::{io, path::Path, process::ExitCode, sync::Arc};

use billing::{
    Services,
    payment::stripe::Stripe,
    service::{Clocks, ServiceError, account::mailed_link::AccountLink},
};
use color_eyre::eyre::{Context, Report, bail};
use domain::{
    catalog::file,
    ids::TenantId,
    time::{Clock, SystemClock},
};

use crate::{
    api::operations::openapi,
    cli::{
        TenantCreateArgs,
        output::{print_line, write},
    },
    config::{Config, without_password},
    run,
};

pub async fn migrate(config: &Config) -> color_eyre::Result<()> {
    let store = run::open_store(&config.database_url).await?;
    store.close().await;
    print_line!("The database has every migration.")?;
    Ok(())
}

/// Checks a catalog. Prints each error as `FILE:LINE: key: what is wrong`; exits with 1 when there is an error.
pub fn check_catalog(file: &Path) -> color_eyre::Result<ExitCode> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).wrap_err_with(|| format!("{name} can't be read"))?;
    match file::parse(&text) {
        Ok(catalog) => {
            print_line!(
                "{name} is a valid catalog: {} features, {} plans.",
                catalog.features.len(),
                catalog.plans.len()
            )?;
            Ok(ExitCode::SUCCESS)
        }
        Err(errors) => {
            print_line!("{}", errors.in_file(&name))?;
            Ok(ExitCode::FAILURE)
        }
    }
}

pub fn print_config(config: &Config) -> io::Result<()> {
    for (name, value) in config.lines() {
        print_line!("{name}={value}")?;
    }
    Ok(())
}

pub fn print_openapi() -> io::Result<()> {
    write(format_args!("{}", openapi::text()))
}

/// Creates what the catalog needs in the Stripe account, and prints what was done and the settings to keep.
pub async fn set_up_stripe(config: &Config) -> color_eyre::Result<()> {
    let Some(stripe) = &config.stripe else {
        bail!("STRIPE_SECRET_KEY is missing: it expects the account's secret key")
    };
    let stripe = Stripe::new(stripe.clone(), config.catalog.clone())?;
    let report = stripe.setup(&config.app_url, &webhook_url(config)?).await?;
    print_setup(&report.done, report.settings())?;
    Ok(())
}

/// Prints what was done in a provider's account, and the settings to keep.
fn print_setup(done: &[String], settings: impl IntoIterator<Item = (&'static str, String)>) -> io::Result<()> {
    for line in done {
        print_line!("{line}")?;
    }
    print_line!("\nSettings to keep:")?;
    for (name, value) in settings {
        print_line!("{name}={value}")?;
    }
    Ok(())
}

/// Returns the URL of Stripe's webhooks.
pub fn webhook_url(config: &Config) -> color_eyre::Result<url::Url> {
    let app_url = config.app_url.as_str().trim_end_matches('/');
    Ok(format!("{app_url}/webhooks/billing/stripe").parse()?)
}

/// Opens the database, and returns the use cases. Starts no listener.
async fn open_services(config: &Config) -> color_eyre::Result<Services> {
    let store = run::open_store(&config.database_url).await?;
    let wall: Arc<dyn Clock> = Arc::new(SystemClock);
    run::services(config, store, Clocks { wall: wall.clone(), billing: wall }, None).await
}

/// Makes the error of an unknown tenant name the argument `--tenant` and the database. Keeps other errors as they are.
fn name_tenant_argument(config: &Config, tenant: &TenantId, error: ServiceError) -> Report {
    match error {
        ServiceError::TenantNotFound => {
            let database = without_password(&config.database_url);
            Report::msg(format!("--tenant is wrong: there is no tenant {tenant} in {database} (DATABASE_URL)"))
        }
        error => error.into(),
    }
}

/// Prints an account's link. `None` means that no account has the address `email`, and is an error.
fn print_account_link(link: Option<AccountLink>, email: &str, json: bool) -> color_eyre::Result<()> {
    let Some(AccountLink { url, expires_at }) = link else {
        bail!("--email is wrong: no account has the address {email}")
    };
    if json {
        print_line!("{}", serde_json::json!({ "email": email, "url": url, "expiresAt": expires_at.rfc3339_secs() }))?;
    } else {
        print_line!("{url}")?;
    }
    Ok(())
}

pub async fn create_tenant(config: &Config, args: TenantCreateArgs) -> color_eyre::Result<()> {
    let TenantCreateArgs { name, email, password, plan, json } = args;
    let services = open_services(config).await?;
    let made = services.tenants().create_tenant(&name, &email, &password, plan.as_deref()).await?;
    let tenant_plan = services.subscriptions().tenant_plan(&made.tenant).await?;
    services.store().close().await;
    if json {
        let owner = serde_json::json!({ "id": made.owner, "email": email });
        print_line!(
            "{}",
            serde_json::json!({ "id": made.tenant, "name": tenant_plan.tenant.name, "plan": tenant_plan.entitlements.plan, "owner": owner })
        )?;
    } else {
        print_line!(
            "{} is made: tenant {} on {}, owned by {email}.",
            tenant_plan.tenant.name,
            made.tenant,
            tenant_plan.entitlements.plan
        )?;
    }
    Ok(())
}
