//! The usage of a workspace over time as CSV: of one feature or of all.

use std::fmt::Write as _;

use axum::{
    extract::{FromRequestParts, State},
    http::{header, request::Parts},
    response::{IntoResponse, Response},
};
use billing::{
    Services,
    service::{FieldErrors, ServiceError, usage::history::History},
};
use domain::{catalog::Unit, entitlement::history::Span};

use super::PageReader;
use crate::api::{ApiError, tenant::audit::csv::cell, usage::history::HistoryQuery};

const CONTENT_TYPE: &str = "text/csv; charset=utf-8";
const END_OF_LINE: &str = "\r\n";

/// The query: that of the history in the API, without a `feature` for all.
pub(super) struct ExportQuery(HistoryQuery);

impl<S: Sync> FromRequestParts<S> for ExportQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let mut errors = FieldErrors::new();
        let query = HistoryQuery::parse(parts.uri.query().unwrap_or_default(), &mut errors);
        if errors.is_empty() { Ok(Self(query)) } else { Err(ServiceError::invalid(errors).into()) }
    }
}

/// Responds with a line for each step, and three columns for each feature: added, total and highest.
pub(super) async fn export(
    State(services): State<Services>,
    PageReader(tenant): PageReader,
    ExportQuery(query): ExportQuery,
) -> Result<Response, ApiError> {
    let HistoryQuery { feature, from, to, step } = query;
    let usage = services.usage();
    let (histories, file) = if feature.is_empty() {
        (usage.all_histories(&tenant, step, from, to).await?, "usage.csv".to_owned())
    } else {
        let history = usage.history(&tenant, &feature, step, from, to).await?;
        // The key of a known feature needs no quoting.
        let file = format!("usage-{}.csv", history.feature.key);
        (vec![history], file)
    };
    let headers = [
        (header::CONTENT_TYPE, CONTENT_TYPE.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{file}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, table(&histories)).into_response())
}

/// Builds the table. All histories have the same steps.
fn table(histories: &[History<'_>]) -> String {
    let mut text = cell("start (UTC)");
    for History { feature, .. } in histories {
        let unit = unit(feature.unit);
        for figure in ["added", "total", "highest"] {
            text = text + "," + &cell(&format!("{} {figure} ({unit})", feature.key));
        }
    }
    text.push_str(END_OF_LINE);
    let steps = histories.first().map_or(&[][..], |first| first.points.as_slice());
    for (at, Span { starts_at, .. }) in steps.iter().enumerate() {
        text.push_str(&starts_at.rfc3339_secs());
        for Span { amount, closing, peak, .. } in histories.iter().filter_map(|history| history.points.get(at)) {
            // A number is no formula, a negative one included. Writing to a `String` does not fail.
            let _ = write!(text, ",{amount},{closing},{peak}");
        }
        text.push_str(END_OF_LINE);
    }
    text
}

/// The unit as the API names it.
const fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "count",
        Unit::Bytes => "bytes",
        Unit::UsdMicros => "usd_micros",
    }
}

#[cfg(test)]
mod tests {
    use domain::{entitlement::history::Step, time::Timestamp};

    use super::*;

    #[test]
    fn the_head_names_units_and_each_step_is_a_line() {
        let catalog = domain::catalog::file::default_catalog();
        let (from, to) = (Timestamp::from_secs(0), Timestamp::from_secs(86_400));
        let history = |feature: &str, amount| History {
            feature: catalog.feature(feature).unwrap(),
            step: Step::Day,
            from,
            to,
            points: vec![Span { starts_at: from, amount, peak: 7, closing: 5 }],
            reset_times: Vec::new(),
        };
        let text = table(&[history("websocket_rooms", -2), history("file_storage_bytes", 5)]);
        let head = "\"start (UTC)\",\"websocket_rooms added (count)\",\"websocket_rooms total (count)\",\
                    \"websocket_rooms highest (count)\",\"file_storage_bytes added (bytes)\",\
                    \"file_storage_bytes total (bytes)\",\"file_storage_bytes highest (bytes)\"";
        assert_eq!(text, format!("{head}\r\n1970-01-01T00:00:00Z,-2,5,7,5,5,7\r\n"));
        assert_eq!(table(&[]), "\"start (UTC)\"\r\n");
    }

    #[test]
    fn a_unit_has_the_name_of_the_api() {
        for known in [Unit::Count, Unit::Bytes, Unit::UsdMicros] {
            assert_eq!(serde_json::to_value(known).unwrap(), unit(known));
        }
    }
}
