//! `server stripe import` and `server polar import`: tenants from customers that pay already.

mod progress;
mod report;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use billing::{
    Services,
    service::{Imports, tenant::import::ImportProgress},
};
use clap::Args;
use color_eyre::eyre::{Context, OptionExt, bail};
use domain::{
    subscription::Provider,
    tenant::import::{
        CSV_MAX_BYTES, ExternalIdSource, ImportId, ImportRequest, ImportSource, ImportState, ImportSummary,
        InvalidExternalIdSource, csv,
    },
};

use self::progress::ProgressLine;
use super::open_services;
use crate::{cli::output::print_line, config::Config};

/// How often to look at an import that a server takes further.
const WATCH_INTERVAL: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Import the customers of this CSV instead of all customers of the account: `external_id`, `name`, `email` and
    /// `stripe_customer_id` (at Polar `polar_customer_id`), separated by commas. The header is required, the order of the
    /// columns is free. At most 50,000 rows and 16 MiB.
    #[arg(long, value_name = "CSV")]
    pub file: Option<PathBuf>,
    /// Where the external ids of the tenants come from: metadata.KEY, email or customer. Customers without it are
    /// reported and left out.
    #[arg(long, value_name = "SOURCE", required_unless_present = "file", conflicts_with = "file", value_parser = source)]
    pub external_id_from: Option<ExternalIdSource>,
    /// Make nothing: report what would come of each customer.
    #[arg(long)]
    pub dry_run: bool,
    /// Write the report to this file, as one JSON object: {"rows","totals","prices"}. An existing file is replaced.
    #[arg(long, value_name = "FILE.json")]
    pub report: Option<PathBuf>,
}

fn source(text: &str) -> Result<ExternalIdSource, InvalidExternalIdSource> {
    text.parse()
}

/// Imports the customers, and prints a table of what came of them. Fails if the import fails.
pub async fn import(config: &Config, provider: Provider, args: ImportArgs) -> color_eyre::Result<()> {
    let (key, is_missing) = match provider {
        Provider::Stripe => ("STRIPE_SECRET_KEY", config.stripe.is_none()),
        Provider::Polar => ("POLAR_API_KEY", config.polar.is_none()),
    };
    if is_missing {
        bail!("{key} is missing: it expects the key of the account whose customers are imported");
    }
    let services = open_services(config).await?;
    let outcome = perform(&services, provider, args).await;
    services.store().close().await;
    outcome
}

async fn perform(services: &Services, provider: Provider, args: ImportArgs) -> color_eyre::Result<()> {
    let ImportArgs { file, external_id_from, dry_run, report } = args;
    let source = match (&file, external_id_from) {
        (Some(file), _) => ImportSource::Csv(read_csv(file)?),
        (None, Some(from)) => ImportSource::Account(from),
        (None, None) => bail!("--external-id-from is missing: it expects metadata.KEY, email or customer"),
    };
    let imports = services.imports();
    let id = start_or_resume(imports, ImportRequest { provider, source, is_dry_run: dry_run }).await?;
    let summary = run(imports, &id).await?;
    let result = imports.report(&id).await?.ok_or_eyre("the import was deleted meanwhile")?;
    if let Some(file) = &report {
        let name = file.display();
        report::write(imports, &result, file).await.wrap_err_with(|| format!("{name} can't be written"))?;
    }
    report::print(&result)?;
    match summary.state {
        ImportState::Failed => {
            bail!("the import failed: {}", summary.error.unwrap_or_default())
        }
        ImportState::Canceled => bail!("the import was canceled; tenants that it made stay"),
        _ => Ok(()),
    }
}

fn read_csv(file: &Path) -> color_eyre::Result<String> {
    let name = file.display();
    let unreadable = || format!("{name} can't be read");
    let bytes = std::fs::metadata(file).wrap_err_with(unreadable)?.len();
    if bytes > CSV_MAX_BYTES as u64 {
        bail!("{name} is wrong: {}", csv::CsvError::TooLong);
    }
    std::fs::read_to_string(file).wrap_err_with(unreadable)
}

/// Starts an import. Goes on with one that the command line has started with the same arguments and that was
/// interrupted.
async fn start_or_resume(imports: &Imports, request: ImportRequest) -> color_eyre::Result<ImportId> {
    if let Some(running) = imports.running(request.provider).await? {
        if !is_same(&running, &request) {
            bail!(
                "another import from {} runs, which began {}: wait for it to end, or cancel it at the desk",
                request.provider.title(),
                running.created_at.rfc3339_secs()
            );
        }
        print_line!("Going on with the import that began {}.", running.created_at.rfc3339_secs())?;
        return Ok(running.id);
    }
    Ok(imports.start_from_command_line(request).await?)
}

/// Whether a running import was started with the same source. Of a CSV, the number of rows is compared.
fn is_same(running: &ImportSummary, request: &ImportRequest) -> bool {
    let is_same_source = match &request.source {
        ImportSource::Account(from) => running.source == from.to_string(),
        ImportSource::Csv(text) => {
            let rows = csv::parse(request.provider, text).map(|rows| rows.len() as u64);
            running.source == "csv" && rows == Ok(running.read)
        }
    };
    is_same_source && running.is_dry_run == request.is_dry_run
}

/// Takes the import further until it has ended, or watches a server that does.
async fn run(imports: &Imports, id: &ImportId) -> color_eyre::Result<ImportSummary> {
    let holder = Imports::new_holder();
    let mut line = ProgressLine::default();
    loop {
        let progress = imports.step(id, &holder).await?;
        let summary = imports.progress(id).await?.ok_or_eyre("the import was deleted meanwhile")?;
        line.show(&summary)?;
        match progress {
            ImportProgress::Over => {
                line.finish()?;
                return Ok(summary);
            }
            ImportProgress::More => {}
            ImportProgress::Wait { secs } => {
                tokio::time::sleep(Duration::from_secs(secs.unsigned_abs())).await;
            }
            ImportProgress::Held => tokio::time::sleep(WATCH_INTERVAL).await,
        }
    }
}
