//! `GET /operator/imports/{id}/report.json`: the report of an import with all its rows, for operators.

use std::mem;

use axum::{
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::header,
    response::{IntoResponse, Response},
};
use billing::{Services, service::ServiceError};
use domain::{
    catalog::Cycle,
    ids::{PlanId, TenantId},
    money::{Currency, Money},
    subscription::{BillingInterval, ProviderStatus},
    tenant::import::{ImportId, ImportOutcome, ImportReport, ImportRow, ImportRowPage, ImportTotal, UnmappedPrice},
    time::Timestamp,
};
use futures::stream;
use serde::Serialize;

use super::DeskReader;
use crate::api::ApiError;

const HEAD: &str = "{\"rows\":[";
const CONTENT_TYPE: &str = "application/json";
const DISPOSITION: &str = "attachment; filename=\"import-report.json\"";

/// Responds with `{rows, totals, prices}`, as the command line writes it. It is streamed page by page, so its length is
/// not limited.
pub(super) async fn export(
    State(services): State<Services>,
    DeskReader(operator): DeskReader,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let id = id.ok().and_then(|Path(id)| id.parse::<ImportId>().ok()).ok_or_else(ApiError::not_found)?;
    let report = services.imports().find(&operator, &id).await?.ok_or_else(ApiError::not_found)?;
    // Reads the first page before the first byte, so that a failure becomes an error response.
    let first = services.imports().rows(&operator, &id, None, None).await?;
    let ImportReport { summary: _, totals, prices } = report;
    let totals = json(&totals.iter().map(TotalBody::from).collect::<Vec<_>>())?;
    let prices = json(&prices.iter().map(PriceBody::from).collect::<Vec<_>>())?;
    let tail = format!("],\"totals\":{totals},\"prices\":{prices}}}");
    let parts = stream::try_unfold((HEAD.to_owned(), true, Some(first)), move |(mut text, mut is_first, page)| {
        let (services, operator, id, tail) = (services.clone(), operator.clone(), id.clone(), tail.clone());
        async move {
            let Some(ImportRowPage { rows, next }) = page else { return Ok(None) };
            for row in &rows {
                if !mem::take(&mut is_first) {
                    text.push(',');
                }
                text.push_str(&json(&RowBody::from(row))?);
            }
            let next = if let Some(after) = next {
                Some(services.imports().rows(&operator, &id, None, Some(after)).await?)
            } else {
                text.push_str(&tail);
                None
            };
            Ok::<_, ServiceError>(Some((text, (String::new(), is_first, next))))
        }
    });
    let headers = [
        (header::CONTENT_TYPE, CONTENT_TYPE),
        (header::CONTENT_DISPOSITION, DISPOSITION),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, Body::from_stream(parts)).into_response())
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
