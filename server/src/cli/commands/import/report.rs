//! The report of an import: a table on standard output, and a JSON file that is written row by row.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use billing::service::Imports;
use domain::{
    money::{Money, grouped},
    tenant::import::{
        ImportId, ImportOutcome, ImportReport, ImportRow, ImportRowPage, ImportState, ImportTotal, UnmappedPrice,
    },
    time::Timestamp,
};
use serde_json::{Value, json};

use crate::cli::output::print_line;

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

/// Writes `{rows, totals, prices}`. Holds one page of rows at a time.
pub(super) async fn write(
    imports: &Imports,
    id: &ImportId,
    report: &ImportReport,
    file: &Path,
) -> color_eyre::Result<()> {
    let mut output = BufWriter::new(File::create(file)?);
    output.write_all(b"{\"rows\":[")?;
    let (mut after, mut is_first) = (None, true);
    loop {
        let ImportRowPage { rows, next } = imports.row_page(id, None, after).await?;
        for row in rows {
            if !is_first {
                output.write_all(b",\n")?;
            }
            is_first = false;
            serde_json::to_writer(&mut output, &row_json(row))?;
        }
        let Some(next) = next else { break };
        after = Some(next);
    }
    output.write_all(b"],\n\"totals\":")?;
    serde_json::to_writer(&mut output, &report.totals.iter().map(total_json).collect::<Vec<_>>())?;
    output.write_all(b",\n\"prices\":")?;
    serde_json::to_writer(&mut output, &report.prices.iter().map(price_json).collect::<Vec<_>>())?;
    output.write_all(b"}\n")?;
    Ok(output.flush()?)
}

fn row_json(row: ImportRow) -> Value {
    let ImportRow {
        position,
        external_id,
        name,
        email,
        customer,
        outcome,
        plan,
        cycle,
        interval,
        seats,
        price,
        status,
        period_end,
        detail,
        tenant,
    } = row;
    json!({
        "position": position,
        "externalId": external_id,
        "name": name,
        "email": email,
        "customer": customer,
        "outcome": outcome,
        "plan": plan,
        "cycle": cycle,
        "billingInterval": interval,
        "seats": seats,
        "price": price.map(amount_json),
        "status": status,
        "periodEnd": period_end.map(Timestamp::rfc3339_secs),
        "detail": detail,
        "tenantId": tenant,
    })
}

/// In minor units.
fn amount_json(money: Money) -> Value {
    json!({ "amount": money.minor, "currency": money.currency.code() })
}

fn total_json(total: &ImportTotal) -> Value {
    let ImportTotal { currency, subscriptions, monthly } = total;
    json!({ "currency": currency.code(), "subscriptions": subscriptions, "monthly": monthly.minor })
}

fn price_json(price: &UnmappedPrice) -> Value {
    let UnmappedPrice { price, described, customers, line } = price;
    json!({ "price": price, "described": described, "customers": customers, "line": line })
}
