//! `POST /api/v1/portal-links`: a link that lets a user of the product into the pages of one workspace, once.

use axum::{Json, http::StatusCode};
use billing::service::{
    Portal, ServiceError,
    tenant::installation::portal::{CreatedPortalLink, LINK_MAX_SECS, LINK_MIN_SECS, NewPortalLink},
};
use domain::{
    account::Email,
    catalog::Cycle,
    tenant::{
        external_id::InvalidExternalId,
        portal::{PortalPage, PortalPermission, PortalRole},
    },
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{
    ApiError,
    billing::checkout::CYCLES,
    operations::openapi::Error,
    request::{
        body::{Body, Fields, ReadFields},
        handle::Handle,
        installation::InstallationTenant,
    },
};

const USER: &str = "user";
const USER_EXTERNAL_ID: &str = "user.externalId";
const USER_EMAIL: &str = "user.email";
const USER_NAME: &str = "user.name";

/// The user of the product. The audit log names them by `externalId`.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct LinkedUser {
    /// The product's id of the user: 1 to 128 bytes of UTF-8 without control characters.
    #[schema(min_length = 1, max_length = 128)]
    external_id: String,
    #[schema(value_type = Option<String>)]
    email: Option<Email>,
    #[schema(min_length = 1, max_length = 80)]
    name: Option<String>,
}

#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase", example = json!({
    "user": { "externalId": "user_42", "email": "ada@example.com", "name": "Ada" },
    "role": "admin",
    "returnUrl": "https://yourapp.com/settings/billing",
    "returnLabel": "Your app",
    "page": "membership"
}))]
pub struct PortalLinkRequest {
    user: LinkedUser,
    role: PortalRole,
    /// The target of the link "Back to …": an address of this installation or of an allowed redirect origin.
    return_url: String,
    /// The name in the link "Back to …"; the host of `returnUrl` when missing.
    #[schema(min_length = 1, max_length = 80)]
    return_label: Option<String>,
    /// The first page; `membership` when missing, or `checkout` with a `plan`.
    page: Option<PortalPage>,
    /// The plan that is chosen on the page `checkout`, which requires it.
    plan: Option<String>,
    /// The billing cycle on the page `checkout`; `monthly` when missing.
    cycle: Option<Cycle>,
    /// What the session may do beside what its role may.
    allow: Option<Vec<PortalPermission>>,
    /// How long the link may wait to be opened, in seconds; 300 when missing.
    #[schema(minimum = 10, maximum = 3600)]
    expires_in_secs: Option<u64>,
    /// The language of the session's pages, as a tag of BCP 47 such as `de` or `pt-BR`: a language of this installation.
    /// When missing, the browser's. A language that was chosen in the browser at the foot of a page takes precedence.
    locale: Option<String>,
}

impl ReadFields for PortalLinkRequest {
    fn read(fields: &mut Fields) -> Self {
        fields.flatten(USER, &[("externalId", USER_EXTERNAL_ID), ("email", USER_EMAIL), ("name", USER_NAME)]);
        Self {
            user: LinkedUser {
                external_id: fields.text(USER_EXTERNAL_ID),
                email: fields.optional_word(USER_EMAIL, "an e-mail address, as ada@example.com"),
                name: fields.optional_text(USER_NAME),
            },
            role: fields.word("role", "admin, billing or member").unwrap_or(PortalRole::Member),
            return_url: fields.text("returnUrl"),
            return_label: fields.optional_text("returnLabel"),
            page: fields.optional_word("page", "membership, usage, invoices, team or checkout"),
            plan: fields.optional_text("plan"),
            cycle: fields.optional_word("cycle", CYCLES),
            allow: fields.optional_words("allow", "keys and secrets"),
            expires_in_secs: fields.optional_between(
                "expiresInSecs",
                LINK_MIN_SECS.unsigned_abs(),
                LINK_MAX_SECS.unsigned_abs(),
            ),
            locale: fields.optional_text("locale"),
        }
    }
}

impl TryFrom<PortalLinkRequest> for NewPortalLink {
    type Error = ServiceError;

    fn try_from(request: PortalLinkRequest) -> Result<Self, ServiceError> {
        let PortalLinkRequest {
            user: LinkedUser { external_id, email, name },
            role,
            return_url,
            return_label,
            page,
            plan,
            cycle,
            allow,
            expires_in_secs,
            locale,
        } = request;
        let user = external_id.parse().map_err(|error: InvalidExternalId| {
            ServiceError::field(USER_EXTERNAL_ID, format!("{USER_EXTERNAL_ID}: {error}."))
        })?;
        Ok(Self {
            user,
            email,
            name,
            role,
            return_url,
            return_label,
            page,
            plan,
            cycle,
            allow: allow.unwrap_or_default(),
            expires_in_secs: expires_in_secs.map(|secs| i64::try_from(secs).unwrap_or(i64::MAX)),
            locale,
        })
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "url": "https://dues.example.com/portal/4f1c0e5b…",
    "expiresAt": "2026-01-14T21:45:00Z"
}))]
#[serde(rename_all = "camelCase")]
pub struct PortalLinkResponse {
    /// Works once, shown once.
    url: String,
    /// When the link stops working, if it is not opened.
    #[schema(format = DateTime)]
    expires_at: String,
}

/// Makes a link that lets a user of the product into the pages of one workspace, without an account.
///
/// The link works once. It starts a session of at most 8 hours, which ends after an hour without a request.
#[utoipa::path(
    post,
    path = "/api/v1/portal-links",
    operation_id = "createPortalLink",
    tag = "tenant",
    security(("installation_key" = ["portal"])),
    request_body = PortalLinkRequest,
    responses(
        (status = 201, description = "The link, which is shown only this once.", body = PortalLinkResponse),
        (status = 403, description = "`installation_key_required`: only a key of the installation makes links.\n`scope_required`: the key lacks the scope `portal`.", body = Error),
    )
)]
pub async fn create(
    Handle(portal): Handle<Portal>,
    InstallationTenant(principal, tenant): InstallationTenant,
    Body(request): Body<PortalLinkRequest>,
) -> Result<(StatusCode, Json<PortalLinkResponse>), ApiError> {
    let wanted = NewPortalLink::try_from(request)?;
    let CreatedPortalLink { url, expires_at } = portal.create_link(&tenant, principal.actor(), wanted).await?;
    Ok((StatusCode::CREATED, Json(PortalLinkResponse { url, expires_at: expires_at.rfc3339_secs() })))
}
