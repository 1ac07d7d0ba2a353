//! The report of an import, `{rows, totals, prices}`: the file of `server stripe import --report`, and the download of
//! the operator's desk.

use std::mem;

use billing::service::{Imports, ServiceError};
use domain::{
    catalog::Cycle,
    ids::{PlanId, TenantId},
    money::{Currency, Money},
    subscription::{BillingInterval, ProviderStatus},
    tenant::import::{ImportOutcome, ImportReport, ImportRow, ImportRowPage, ImportTotal, UnmappedPrice},
    time::Timestamp,
};
use futures::{Stream, stream};
use serde::Serialize;

const HEAD: &str = "{\"rows\":[";

/// Returns the text of a report in parts, one for each page of rows, so that its length is not limited. `first` is the
/// first page of its rows.
pub(crate) fn parts(
    imports: Imports,
    report: ImportReport,
    first: ImportRowPage,
) -> Result<impl Stream<Item = Result<String, ServiceError>> + Send + 'static, ServiceError> {
    let ImportReport { summary, totals, prices } = report;
    let totals = json(&totals.iter().map(TotalBody::from).collect::<Vec<_>>())?;
    let prices = json(&prices.iter().map(PriceBody::from).collect::<Vec<_>>())?;
    let tail = format!("],\n\"totals\":{totals},\n\"prices\":{prices}}}\n");
    Ok(stream::try_unfold((HEAD.to_owned(), true, Some(first)), move |(mut text, mut is_first, page)| {
        let (imports, id, tail) = (imports.clone(), summary.id.clone(), tail.clone());
        async move {
            let Some(ImportRowPage { rows, next }) = page else { return Ok(None) };
            for row in &rows {
                if !mem::take(&mut is_first) {
                    text.push_str(",\n");
                }
                text.push_str(&json(&RowBody::from(row))?);
            }
            let next = if let Some(after) = next {
                Some(imports.row_page(&id, None, Some(after)).await?)
            } else {
                text.push_str(&tail);
                None
            };
            Ok::<_, ServiceError>(Some((text, (String::new(), is_first, next))))
        }
    }))
}

fn json(value: &impl Serialize) -> Result<String, ServiceError> {
    serde_json::to_string(value).map_err(|_| ServiceError::Internal("report of an import is no JSON"))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RowBody<'a> {
    position: u64,
    external_id: Option<&'a str>,
    name: &'a str,
    email: &'a str,
    customer: &'a str,
    outcome: ImportOutcome,
    plan: Option<&'a PlanId>,
    cycle: Option<Cycle>,
    /// `None` for once a cycle.
    billing_interval: Option<BillingInterval>,
    seats: Option<u64>,
    /// For each time it is billed.
    price: Option<AmountBody>,
    status: Option<ProviderStatus>,
    period_end: Option<String>,
    detail: Option<&'a str>,
    tenant_id: Option<&'a TenantId>,
}

#[derive(Serialize)]
struct AmountBody {
    /// In minor units.
    amount: i64,
    currency: Currency,
}

#[derive(Serialize)]
struct TotalBody {
    currency: Currency,
    subscriptions: u64,
    /// In minor units, for a month.
    monthly: i64,
}

#[derive(Serialize)]
struct PriceBody<'a> {
    price: &'a str,
    described: &'a str,
    customers: u64,
    line: &'a str,
}

impl<'a> From<&'a ImportRow> for RowBody<'a> {
    fn from(row: &'a ImportRow) -> Self {
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
        Self {
            position: *position,
            external_id: external_id.as_deref(),
            name,
            email,
            customer,
            outcome: *outcome,
            plan: plan.as_ref(),
            cycle: *cycle,
            billing_interval: *interval,
            seats: *seats,
            price: price.map(|Money { minor, currency }| AmountBody { amount: minor, currency }),
            status: *status,
            period_end: period_end.map(Timestamp::rfc3339_secs),
            detail: detail.as_deref(),
            tenant_id: tenant.as_ref(),
        }
    }
}

impl From<&ImportTotal> for TotalBody {
    fn from(total: &ImportTotal) -> Self {
        let ImportTotal { currency, subscriptions, monthly } = total;
        Self { currency: *currency, subscriptions: *subscriptions, monthly: monthly.minor }
    }
}

impl<'a> From<&'a UnmappedPrice> for PriceBody<'a> {
    fn from(unmapped: &'a UnmappedPrice) -> Self {
        let UnmappedPrice { price, described, customers, line } = unmapped;
        Self { price, described, customers: *customers, line }
    }
}
