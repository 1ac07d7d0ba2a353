//! Bearer tokens of the issuers that the product uses.

use domain::{account::Viewer, tenant::external_id::TenantRef};

use crate::{
    identity::{
        factors::LastConfirmed,
        token::{IdTokenError, issuer::IssuedToken},
    },
    security_event::SecurityEvent,
    service::{Accounts, ServiceError},
};

/// The principal of an issuer's token.
#[derive(Clone, Debug)]
pub struct IssuedBearer {
    pub viewer: Viewer,
    /// When the bearer last signed in at the issuer; `None` if the token does not state it.
    pub last_confirmed: Option<LastConfirmed>,
}

impl Accounts {
    /// Returns the principal of a token; `None` if the issuer that the token states is not configured.
    ///
    /// The token names the tenant. `named` lists the tenants that the request names in its headers.
    /// [`ServiceError::TenantNotFound`] if the token names no tenant, or one of `named` is a different tenant.
    pub async fn issued_bearer(&self, token: &str, named: &[TenantRef]) -> Result<Option<IssuedBearer>, ServiceError> {
        let Some(verified) = self.0.parts.issuers.verify(token).await else { return Ok(None) };
        let IssuedToken { user, email, tenant, role, signed_in_at } = verified.map_err(|error| match error {
            IdTokenError::Refused(refusal) => {
                tracing::info!(error = &refusal as &dyn std::error::Error, "rejected a token of a configured issuer");
                SecurityEvent::SignInFailed { user: None, email: None, reason: "id_token_refused" }.write();
                ServiceError::IssuedTokenRefused
            }
            IdTokenError::Unavailable => ServiceError::IssuerUnavailable,
        })?;
        let tenant = self.tenants().resolve(&tenant.ok_or(ServiceError::TenantNotFound)?).await?;
        for name in named {
            if self.tenants().resolve(name).await? != tenant {
                return Err(ServiceError::TenantNotFound);
            }
        }
        let viewer = self.token_viewer(user, email, &tenant, role).await?;
        Ok(Some(IssuedBearer { viewer, last_confirmed: signed_in_at.map(LastConfirmed) }))
    }
}
