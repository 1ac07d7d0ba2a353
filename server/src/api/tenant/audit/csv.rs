//! `GET /api/v1/tenant/audit.csv`: the audit log as CSV for spreadsheets.

use axum::{
    body::Body,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use billing::{
    Services,
    service::{ServiceError, tenant::audit::AuditPage},
};
use domain::tenant::audit::AuditEntry;
use futures::stream;

use super::{AuditQuery, MOST_ENTRIES};
use crate::api::{ApiError, operations::openapi::Error, principal::TenantAdmin};

const HEAD: &str = "at,actorType,actorId,actorName,action,target,details\r\n";
const CONTENT_TYPE: &str = "text/csv; charset=utf-8";
const DISPOSITION: &str = "attachment; filename=\"audit.csv\"";

/// The audit log of the workspace as CSV, newest first. It is streamed, so its length is not limited. A text that a
/// spreadsheet would take for a formula has `'` before it.
#[utoipa::path(
    get,
    path = "/api/v1/tenant/audit.csv",
    operation_id = "exportAudit",
    tag = "tenant",
    security(("session" = ["admin"]), ("firebase" = ["admin"])),
    params(
        ("action" = Option<String>, Query, description = "Only entries with this action, such as `member.invited`."),
        ("from" = Option<String>, Query, description = "A time or a day: only entries from then on."),
        ("to" = Option<String>, Query, description = "A time or a day: only entries before it."),
    ),
    responses(
        (status = 200, description = "A line for each entry, below the names of the columns.", body = String, content_type = "text/csv"),
        (status = 400, description = "`validation_error`: `fields` says what is wrong with the query.", body = Error),
    )
)]
pub async fn export(
    State(services): State<Services>,
    TenantAdmin(viewer): TenantAdmin,
    AuditQuery { filter, limit: _, after }: AuditQuery,
) -> Result<Response, ApiError> {
    let tenant = viewer.current_membership.tenant_id;
    // Reads the first page before the first byte, so that a failure becomes an error response.
    let first = services.tenants().audit(&tenant, &filter, after.as_ref(), MOST_ENTRIES).await?;
    let lines = stream::try_unfold((HEAD, Some(first)), move |(head, page)| {
        let (services, tenant, filter) = (services.clone(), tenant.clone(), filter.clone());
        async move {
            let Some(AuditPage { entries, next }) = page else { return Ok(None) };
            let text = entries.iter().fold(head.to_owned(), |text, entry| text + &line(entry));
            let next = match next {
                Some(place) => Some(services.tenants().audit(&tenant, &filter, Some(&place), MOST_ENTRIES).await?),
                None => None,
            };
            Ok::<_, ServiceError>(Some((text, ("", next))))
        }
    });
    let headers = [
        (header::CONTENT_TYPE, CONTENT_TYPE),
        (header::CONTENT_DISPOSITION, DISPOSITION),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, Body::from_stream(lines)).into_response())
}

fn line(entry: &AuditEntry) -> String {
    let AuditEntry { id: _, at, actor_kind, actor_id, actor_name, action, target, details } = entry;
    let (id, name) = (actor_id.as_deref().unwrap_or_default(), actor_name.as_deref().unwrap_or_default());
    let cells = [&at.rfc3339_secs(), actor_kind, id, name, action, target, &details.to_string()];
    cells.map(cell).join(",") + "\r\n"
}

/// Quotes a cell as RFC 4180 does, with quotes doubled. A text that a spreadsheet would take for a formula gets a
/// leading `'`.
pub(crate) fn cell(text: &str) -> String {
    // First characters of a formula, see OWASP, "CSV injection".
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    format!("\"{}{}\"", if is_formula { "'" } else { "" }, text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_closed_and_never_formulas() {
        assert_eq!(cell("ada@example.com"), "\"ada@example.com\"");
        assert_eq!(cell(r#"{"name":"a, b"}"#), r#""{""name"":""a, b""}""#);
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=HYPERLINK(\"http://evil.test\")"] {
            assert!(cell(formula).starts_with("\"'"), "{formula}");
        }
    }
}
