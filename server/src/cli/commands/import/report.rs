//! The report of an import: a table on standard output, and a JSON file that is written row by row.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufWriter, Write},
    path::Path,
    pin::pin,
};

use billing::service::Imports;
use domain::{
    money::grouped,
    tenant::import::{ImportOutcome, ImportReport, ImportState, ImportTotal, UnmappedPrice},
};
use futures::TryStreamExt;

use crate::{cli::output::print_line, import_report};

/// How many prices that no plan sells are printed. The file has more.
const PRINTED_PRICES: usize = 20;

/// Prints how many customers have each outcome, the totals, the prices that no plan sells, and what to do next.
pub(super) fn print(report: &ImportReport) -> io::Result<()> {
    let ImportReport { summary, totals, prices } = report;
    for outcome in ImportOutcome::ALL {
        let rows = summary.counts.get(&outcome).copied().unwrap_or_default();
        print_line!("{:<22} {:>9}", outcome.as_str(), grouped(rows))?;
    }
    if !totals.is_empty() {
        print_line!("\nLive subscriptions of these customers, before discounts and tax:")?;
    }
    for ImportTotal { currency, subscriptions, monthly } in totals {
        print_line!("{:<22} {:>9}  {} a month", currency.code(), grouped(*subscriptions), monthly.exact())?;
    }
    if !prices.is_empty() {
        print_line!("\nPrices that no plan sells, and the lines of the catalog that map them:")?;
    }
    for UnmappedPrice { price, described, customers, line } in prices.iter().take(PRINTED_PRICES) {
        print_line!("{price} ({described}), {} customers\n    {line}", grouped(*customers))?;
    }
    if summary.state == ImportState::Done {
        print_line!("\n{}", next_step(report))?;
    }
    Ok(())
}

/// Returns what to do next.
fn next_step(report: &ImportReport) -> &'static str {
    let has = |outcome| report.summary.counts.get(&outcome).is_some_and(|rows| *rows > 0);
    match (report.summary.is_dry_run, report.prices.is_empty(), has(ImportOutcome::Conflict)) {
        (true, false, _) => {
            "Nothing was changed. Map the prices in the catalog and run this again. Then run it without --dry-run."
        }
        (true, true, true) => {
            "Nothing was changed. Look at the conflicts in the report (--report FILE.json). Then run this without --dry-run."
        }
        (true, true, false) => "Nothing was changed. Run this without --dry-run to import.",
        (false, false, _) => "Map the prices in the catalog; the next sync of each tenant finds its plan.",
        (false, true, true) => "Resolve the conflicts in the report (--report FILE.json) and run this again.",
        (false, true, false) => "Every customer with an external id has a tenant. It is safe to run this again.",
    }
}

/// Fails if the file can't be written. Makes it where it is missing, and changes no content.
pub(super) fn check_writable(file: &Path) -> io::Result<()> {
    OpenOptions::new().append(true).create(true).open(file).map(drop)
}

/// Writes `{rows, totals, prices}`. Holds one page of rows at a time.
pub(super) async fn write(imports: &Imports, report: &ImportReport, file: &Path) -> color_eyre::Result<()> {
    let mut output = BufWriter::new(File::create(file)?);
    let first = imports.row_page(&report.summary.id, None, None).await?;
    let mut parts = pin!(import_report::parts(imports.clone(), report.clone(), first)?);
    while let Some(part) = parts.try_next().await? {
        output.write_all(part.as_bytes())?;
    }
    Ok(output.flush()?)
}
