//! `server stripe import` and `server polar import`: tenants from customers that pay already.

mod progress;
mod report;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use billing::{
    Services,
    service::{Imports, ServiceError, tenant::import::ImportProgress},
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

/// The source of an import from a file.
const CSV: &str = "csv";
/// How often to look at an import that another process takes further.
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
    let unwritable = |file: &Path| format!("{} can't be written", file.display());
    if let Some(file) = &report {
        report::check_writable(file).wrap_err_with(|| unwritable(file))?;
    }
    let imports = services.imports();
    let id = start_or_resume(imports, ImportRequest { provider, source, is_dry_run: dry_run }).await?;
    let holder = Imports::new_holder();
    let mut line = ProgressLine::default();
    let summary = tokio::select! {
        summary = Box::pin(run(imports, &id, &holder, &mut line)) => summary?,
        Ok(()) = tokio::signal::ctrl_c() => {
            line.finish()?;
            imports.release(&id, &holder).await?;
            bail!("the import was interrupted: run the same command to go on; a running server goes on, too");
        }
    };
    let result = imports.report(&id).await?.ok_or_eyre("the import was deleted meanwhile")?;
    if let Some(file) = &report {
        report::write(imports, &result, file).await.wrap_err_with(|| unwritable(file))?;
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

/// Starts an import. Goes on with one that was interrupted and has the same arguments and rows. One with others is
/// canceled if the command line has started it and no process takes it further.
async fn start_or_resume(imports: &Imports, request: ImportRequest) -> color_eyre::Result<ImportId> {
    if let Some(running) = imports.running(request.provider).await? {
        let began = running.created_at.rfc3339_secs();
        if is_same(imports, &running, &request).await? {
            print_line!("Going on with the import that began {began}.")?;
            return Ok(running.id);
        }
        if !imports.cancel_interrupted(&running.id).await? {
            bail!(
                "another import from {} runs ({}), which began {began}: wait for it to end, or cancel it at the desk",
                request.provider.title(),
                arguments(&running)
            );
        }
        print_line!("Canceled the import ({}) that began {began} and was interrupted.", arguments(&running))?;
    }
    Ok(imports.start_from_command_line(request).await?)
}

/// Returns the arguments that start such an import.
fn arguments(import: &ImportSummary) -> String {
    let source = match import.source.as_str() {
        CSV => "--file".to_owned(),
        source => format!("--external-id-from {source}"),
    };
    if import.is_dry_run { format!("{source} --dry-run") } else { source }
}

/// Whether a running import was started with the same source and, from a CSV, the same rows.
async fn is_same(imports: &Imports, running: &ImportSummary, request: &ImportRequest) -> Result<bool, ServiceError> {
    if running.is_dry_run != request.is_dry_run {
        return Ok(false);
    }
    match &request.source {
        ImportSource::Account(from) => Ok(running.source == from.to_string()),
        ImportSource::Csv(text) => {
            Ok(running.source == CSV && imports.has_rows_of(&running.id, request.provider, text).await?)
        }
    }
}

/// Takes the import further until it has ended, or watches another process that does.
async fn run(
    imports: &Imports,
    id: &ImportId,
    holder: &str,
    line: &mut ProgressLine,
) -> color_eyre::Result<ImportSummary> {
    loop {
        let progress = imports.step(id, holder).await?;
        let summary = imports.progress(id).await?.ok_or_eyre("the import was deleted meanwhile")?;
        line.show(&summary)?;
        match progress {
            ImportProgress::Over => {
                line.finish()?;
                return Ok(summary);
            }
            ImportProgress::More => {}
            ImportProgress::Wait { secs } => imports.wait(id, holder, secs).await,
            ImportProgress::Held => {
                line.say_held()?;
                tokio::time::sleep(WATCH_INTERVAL).await;
            }
        }
    }
}
