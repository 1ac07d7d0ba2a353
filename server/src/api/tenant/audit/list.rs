//! `GET /api/v1/tenant/audit`: the audit log, newest first, page by page.

use axum::Json;
use billing::service::{
    Tenants,
    tenant::audit::{AuditPage, AuditPosition},
};
use domain::tenant::audit::AuditEntry;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{AuditQuery, ENTRIES};
use crate::api::{ApiError, operations::openapi::Error, principal::TenantAdmin, request::handle::Handle};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "items": [{
        "id": "0197c0de-0000-7000-8000-000000000000",
        "at": "2026-01-14T21:40:00Z",
        "actor": { "type": "user", "id": "0197c0de-1111-7000-8000-000000000000", "name": "ada@example.com" },
        "action": "member.role_changed",
        "target": "grace@example.com",
        "details": { "role": "admin", "before": "member" }
    }],
    "nextCursor": null
}))]
pub struct AuditList {
    /// Newest first.
    items: Vec<AuditItem>,
    /// The next page's `cursor`; `null` on the last page.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
struct AuditItem {
    id: String,
    #[schema(format = DateTime)]
    at: String,
    actor: AuditActor,
    /// The action, such as `member.invited`. More may be added.
    action: String,
    /// The object of the action: an address, a secret's key, an id.
    target: String,
    /// Details, by action.
    #[schema(value_type = BTreeMap<String, Value>)]
    details: Value,
}

#[derive(Debug, Serialize, ToSchema)]
struct AuditActor {
    /// `user`, `api_key`, `installation_key`, `token_user`, `portal_user`, `provider`, `operator` or `dues`.
    r#type: String,
    /// The id of a person or key, the product's id of a portal user, or a provider's name. `null` for `dues` and for
    /// an operator on the command line.
    #[schema(required = true)]
    id: Option<String>,
    /// The actor's name when it acted: a person's e-mail address or a key's name. For a `token_user`, the token's
    /// issuer (`id` is the token's subject). `null` if the actor has no name, is an operator or was erased.
    #[schema(required = true)]
    name: Option<String>,
}

impl From<AuditEntry> for AuditItem {
    fn from(entry: AuditEntry) -> Self {
        let AuditEntry { id, at, actor_kind, actor_id, actor_name, action, target, details } = entry;
        let actor = AuditActor { r#type: actor_kind, id: actor_id, name: actor_name };
        Self { id, at: at.rfc3339_secs(), actor, action, target, details }
    }
}

/// The audit log of the workspace, newest first. Refused actions are not in it.
#[utoipa::path(
    get,
    path = "/api/v1/tenant/audit",
    operation_id = "listAudit",
    tag = "tenant",
    security(("session" = ["admin"]), ("firebase" = ["admin"])),
    params(
        ("limit" = Option<u32>, Query, description = "How many at most, 1 to 200; 50 when missing."),
        ("cursor" = Option<String>, Query, description = "The `nextCursor` of the previous page."),
        ("action" = Option<String>, Query, description = "Only entries with this action, such as `member.invited`."),
        ("from" = Option<String>, Query, description = "A time or a day: only entries from then on."),
        ("to" = Option<String>, Query, description = "A time or a day: only entries before it."),
    ),
    responses(
        (status = 200, description = "A page of the log.", body = AuditList),
        (status = 400, description = "`validation_error`: `fields` says what is wrong with the query.", body = Error),
    )
)]
pub async fn list(
    Handle(tenants): Handle<Tenants>,
    TenantAdmin(viewer): TenantAdmin,
    AuditQuery { filter, limit, after }: AuditQuery,
) -> Result<Json<AuditList>, ApiError> {
    let page =
        tenants.audit(&viewer.current_membership.tenant_id, &filter, after.as_ref(), limit.unwrap_or(ENTRIES)).await?;
    let AuditPage { entries, next } = page;
    let next_cursor = next.as_ref().map(AuditPosition::to_string);
    Ok(Json(AuditList { items: entries.into_iter().map(AuditItem::from).collect(), next_cursor }))
}
