//! `/api/v1/tenant/audit`: the audit log of a workspace.

pub mod csv;
pub mod list;

use axum::{extract::FromRequestParts, http::request::Parts};
use billing::service::{
    FieldErrors, ServiceError,
    tenant::audit::{AuditFilter, AuditPosition},
};
use domain::tenant::audit::AuditAction;
use url::form_urlencoded;

use crate::api::{ApiError, request::body::whole_text, usage::history::instant};

const ENTRIES: u32 = 50;
const MOST_ENTRIES: u32 = 200;

/// The filter and the page of the log in the query; `after` is the cursor of the previous page.
#[derive(Debug, Default)]
pub struct AuditQuery {
    filter: AuditFilter,
    limit: Option<u32>,
    after: Option<AuditPosition>,
}

impl<S: Sync> FromRequestParts<S> for AuditQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let mut errors = FieldErrors::new();
        let mut params = Self::default();
        for (name, value) in form_urlencoded::parse(query) {
            match name.as_ref() {
                "action" => match value.parse() {
                    Ok(action) => params.filter.action = Some(action),
                    Err(_) => {
                        errors.entry("action").or_insert_with(|| format!("action must be one of {}.", actions()));
                    }
                },
                "from" => params.filter.from = instant("from", &value, &mut errors),
                "to" => params.filter.to = instant("to", &value, &mut errors),
                "limit" => match whole_text(&value)
                    .and_then(|limit| limit.try_into().ok())
                    .filter(|limit| (1..=MOST_ENTRIES).contains(limit))
                {
                    Some(limit) => params.limit = Some(limit),
                    None => {
                        drop(errors.insert("limit", format!("limit must be a whole number, 1 to {MOST_ENTRIES}.")));
                    }
                },
                "cursor" => match value.parse() {
                    Ok(place) => params.after = Some(place),
                    Err(_) => drop(errors.insert("cursor", "cursor must be the nextCursor of a response.".to_owned())),
                },
                _ => {}
            }
        }
        if errors.is_empty() { Ok(params) } else { Err(ServiceError::invalid(errors).into()) }
    }
}

fn actions() -> String {
    AuditAction::ALL.iter().map(|action| action.as_str()).collect::<Vec<_>>().join(", ")
}
