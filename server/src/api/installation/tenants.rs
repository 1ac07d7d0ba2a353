//! `/api/v1/tenants`: tenants of the product, whose back end names them by Dues' id or by the product's own id.

pub mod change;
pub mod create_key;
pub mod delete;
pub mod list;
pub mod put;
pub mod restore;
pub mod set_override;
pub mod show;

use std::collections::BTreeMap;

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use billing::service::{
    ServiceError, subscription::membership::TenantPlan, tenant::profile::TenantProfile, usage::TenantEntitlements,
};
use domain::{
    subscription::SubscriptionStatus,
    tenant::external_id::{EXTERNAL_ID_MAX_BYTES, ExternalId, TenantRef},
    time::Timestamp,
};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{ApiError, billing::terms::TermsBody, usage::entitlements::EntitlementsResponse};

const ROOT: &str = "/api/v1/tenants/";
const EXTERNAL: &str = "external:";
/// The field name under which errors report the path parameter.
const TENANT: &str = "tenant";

/// Returns the tenant that a path of these routes names; `None` for other paths.
pub(in crate::api) fn named_in(path: &str) -> Option<TenantRef> {
    let segment = path.strip_prefix(ROOT)?.split('/').next()?;
    percent_decode_str(segment).decode_utf8().ok()?.parse().ok()
}

/// The tenant in the path. A text that can't name a tenant gets the error of an unknown tenant.
#[derive(Clone, Debug)]
pub struct NamedTenant(pub TenantRef);

impl<S: Send + Sync> FromRequestParts<S> for NamedTenant {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let named = Path::<String>::from_request_parts(parts, state).await.ok();
        let named = named.and_then(|Path(named)| named.parse().ok());
        named.map(Self).ok_or_else(|| ServiceError::TenantNotFound.into())
    }
}

/// The external id in the path, with which a tenant is created.
#[derive(Clone, Debug)]
pub struct NamedExternalId(pub ExternalId);

impl<S: Send + Sync> FromRequestParts<S> for NamedExternalId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let named = Path::<String>::from_request_parts(parts, state).await.ok();
        let id = named.and_then(|Path(named)| named.strip_prefix(EXTERNAL)?.parse().ok());
        id.map(Self).ok_or_else(|| {
            let expects = format!(
                "Name the tenant by external: and your own id for it, percent-encoded: 1 to {EXTERNAL_ID_MAX_BYTES} bytes of \
                 UTF-8 without control characters."
            );
            ServiceError::field(TENANT, expects).into()
        })
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ListedTenant)]
pub struct TenantItem {
    id: String,
    /// The product's own id; `null` for a tenant that was made without one.
    #[schema(required = true)]
    external_id: Option<String>,
    name: String,
    /// The address that the product gave; `null` without one. Members have addresses of their own.
    #[schema(required = true)]
    email: Option<String>,
    metadata: BTreeMap<String, String>,
    #[schema(format = DateTime)]
    created_at: String,
    subscription: TenantSubscription,
    /// Rises with every change of the subscription, limits and profile.
    revision: i64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TenantSubscriptionState)]
#[serde(rename_all = "camelCase")]
pub struct TenantSubscription {
    /// The effective plan.
    plan: String,
    status: SubscriptionStatus,
    /// `monthly` or `yearly`; `null` while nothing is billed.
    #[schema(required = true)]
    billing_cycle: Option<&'static str>,
    /// The end of the period, also of a subscription that has ended; `null` for a tenant that never subscribed.
    #[schema(format = DateTime, required = true)]
    current_period_end: Option<String>,
    cancel_at_period_end: bool,
    /// The payment provider's id of the customer; `null` before the first checkout.
    #[schema(required = true)]
    customer_id: Option<String>,
    /// The payment provider's id of the subscription; `null` for a tenant that never subscribed.
    #[schema(required = true)]
    external_id: Option<String>,
    #[serde(flatten)]
    terms: TermsBody,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tenant)]
pub struct TenantBody {
    #[serde(flatten)]
    tenant: TenantItem,
    /// What the tenant may use now, as `GET /api/v1/entitlements` answers.
    entitlements: EntitlementsResponse,
}

impl From<TenantProfile> for TenantItem {
    fn from(profile: TenantProfile) -> Self {
        let TenantProfile { tenant_plan: TenantPlan { tenant, subscription, entitlements }, customer, revision } =
            profile;
        let billed = subscription.as_ref().filter(|current| current.status.is_live());
        let subscription = TenantSubscription {
            plan: entitlements.plan.into(),
            status: entitlements.status,
            billing_cycle: billed.map(|current| current.cycle.as_str()),
            current_period_end: subscription.as_ref().map(|current| current.current_period_end().rfc3339_secs()),
            cancel_at_period_end: billed.is_some_and(|current| current.cancel_at_period_end),
            terms: TermsBody::of(subscription.as_ref()),
            customer_id: customer,
            external_id: subscription.map(|current| current.external_id),
        };
        Self {
            id: tenant.id.into(),
            external_id: tenant.external_id.map(String::from),
            name: tenant.name,
            email: tenant.email.map(String::from),
            metadata: tenant.metadata,
            created_at: tenant.created_at.rfc3339_secs(),
            subscription,
            revision,
        }
    }
}

impl From<(TenantProfile, TenantEntitlements)> for TenantBody {
    fn from((profile, entitlements): (TenantProfile, TenantEntitlements)) -> Self {
        Self { tenant: profile.into(), entitlements: entitlements.into() }
    }
}

/// Formats an optional time in whole seconds.
fn time(at: Option<Timestamp>) -> Option<String> {
    at.map(Timestamp::rfc3339_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_tenant_by_either_id() {
        for (path, named) in [
            ("/api/v1/tenants/external:org%2F42/api-keys", Some("external:org/42")),
            ("/api/v1/tenants/acme", Some("acme")),
            ("/api/v1/tenants/", None),
            ("/api/v1/tenants", None),
            ("/api/v1/tenant/api-keys", None),
        ] {
            assert_eq!(named_in(path).map(|named| named.to_string()).as_deref(), named, "{path}");
        }
    }
}
