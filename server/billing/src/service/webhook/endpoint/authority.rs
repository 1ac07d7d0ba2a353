//! The authority to manage endpoints. An admin manages the endpoints of a workspace; an operator or an installation key
//! manages those of the installation.

use std::borrow::Cow;

use domain::{
    account::Viewer,
    ids::TenantId,
    tenant::{
        audit::{AuditAction, AuditActor, NewAuditEntry},
        installation_scope::InstallationScope,
    },
};
use serde_json::Value;

use crate::{
    service::{
        ServiceError,
        base::permission::{InstallationPrincipal, lock_viewer_role, require_admin},
        operator::ConfirmedOperator,
        tenant::audit::by,
    },
    store::Tx,
};

/// The authority to manage endpoints. A method that takes it checks an admin's role twice: at once, and again in its
/// transaction.
#[derive(Clone, Copy, Debug)]
pub struct EndpointAuthority<'a>(Kind<'a>);

#[derive(Clone, Copy, Debug)]
enum Kind<'a> {
    /// An owner or admin of their open workspace.
    Admin(&'a Viewer),
    Operator(&'a ConfirmedOperator),
    /// Has the scope `webhooks`.
    Key(&'a InstallationPrincipal),
}

impl<'a> From<&'a Viewer> for EndpointAuthority<'a> {
    fn from(viewer: &'a Viewer) -> Self {
        Self(Kind::Admin(viewer))
    }
}

impl<'a> From<&'a ConfirmedOperator> for EndpointAuthority<'a> {
    fn from(operator: &'a ConfirmedOperator) -> Self {
        Self(Kind::Operator(operator))
    }
}

impl<'a> EndpointAuthority<'a> {
    /// Returns the authority of an installation key; `None` if it lacks the scope.
    pub fn key(principal: &'a InstallationPrincipal) -> Option<Self> {
        principal.scopes.contains(&InstallationScope::Webhooks).then_some(Self(Kind::Key(principal)))
    }

    /// Returns the id of the tenant, or of the installation, whose endpoints may be managed.
    pub(super) fn owner(self) -> Cow<'a, TenantId> {
        match self.0 {
            Kind::Admin(viewer) => Cow::Borrowed(&viewer.current_membership.tenant_id),
            Kind::Operator(_) | Kind::Key(_) => Cow::Owned(TenantId::installation()),
        }
    }

    /// Fails for a member who is no admin.
    pub(super) fn require(self) -> Result<(), ServiceError> {
        match self.0 {
            Kind::Admin(viewer) => require_admin(viewer),
            Kind::Operator(_) | Kind::Key(_) => Ok(()),
        }
    }

    /// Locks the owner's row, which serializes changes of its endpoints, and checks that a viewer is still an admin.
    pub(super) async fn lock(self, tx: &mut Tx) -> Result<(), ServiceError> {
        match self.0 {
            Kind::Admin(viewer) if lock_viewer_role(tx, viewer).await?.is_admin() => Ok(()),
            Kind::Admin(_) => Err(ServiceError::AdminRequired),
            Kind::Operator(_) | Kind::Key(_) => {
                tx.connection().lock_tenant(&TenantId::installation()).await?;
                Ok(())
            }
        }
    }

    pub(super) fn audit_entry(self, action: AuditAction, endpoint: &str, details: Value) -> NewAuditEntry {
        NewAuditEntry { by: self.actor(), action, target: endpoint.to_owned(), details }
    }

    fn actor(self) -> AuditActor {
        match self.0 {
            Kind::Admin(viewer) => by(viewer),
            Kind::Operator(operator) => operator.by(),
            Kind::Key(principal) => principal.actor(),
        }
    }
}
