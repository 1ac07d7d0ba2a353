//! Downloads of pages: tables for spreadsheets, reports. They are open to the users of their page: usage to portal
//! sessions too, revenue and reports of imports to operators only.

mod import_report;
mod revenue;
mod usage;

use axum::{Router, extract::FromRequestParts, http::request::Parts, routing::get};
use billing::{
    Services,
    service::{PageFailure, ServiceError, operator::Operator, tenant::installation::portal::PortalViewer},
};
use domain::{account::Viewer, ids::TenantId};

use super::pages::PageContext;
use crate::api::ApiError;

pub(super) fn routes(context: &PageContext) -> Router<Services> {
    Router::new()
        .route(app::USAGE_CSV_PATH, get(usage::export))
        .route(&format!("{}/{{id}}/report.json", app::IMPORTS_PATH), get(import_report::export))
        .merge(revenue::routes(context))
}

/// A user of the workspace's pages: a signed-in member, or a portal session.
struct PageReader(TenantId);

impl<S: Sync> FromRequestParts<S> for PageReader {
    type Rejection = ApiError;

    async fn from_request_parts(Parts { extensions, .. }: &mut Parts, _: &S) -> Result<Self, ApiError> {
        if extensions.get::<PageFailure>().is_some() {
            return Err(ServiceError::Unavailable.into());
        }
        if let Some(portal) = extensions.get::<PortalViewer>() {
            return Ok(Self(portal.viewer().current_membership.tenant_id.clone()));
        }
        let viewer = extensions.get::<Viewer>().ok_or_else(ApiError::unauthenticated)?;
        Ok(Self(viewer.current_membership.tenant_id.clone()))
    }
}

/// A user of the operator's desk. For all other callers the path is not found.
struct DeskReader(Operator);

impl<S: Sync> FromRequestParts<S> for DeskReader {
    type Rejection = ApiError;

    async fn from_request_parts(Parts { extensions, .. }: &mut Parts, _: &S) -> Result<Self, ApiError> {
        if extensions.get::<PageFailure>().is_some() {
            return Err(ServiceError::Unavailable.into());
        }
        extensions.get::<Operator>().cloned().map(Self).ok_or_else(ApiError::not_found)
    }
}
