//! The provider's billing portal.

use domain::{
    account::Viewer,
    audit::{AuditAction, NewAuditEntry},
    subscription::Provider,
};
use serde::Serialize;
use serde_json::json;

use super::{ServiceError, Services, audit::by, reconcile::admin};
use crate::payment::{NewPortal, PortalFlow};

/// What the portal opens on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PortalDoor {
    #[default]
    Home,
    Cancel,
    UpdateCard,
}

impl Services {
    /// Opens the portal and answers its address. Admins only.
    pub async fn open_portal(&self, viewer: &Viewer, door: PortalDoor) -> Result<String, ServiceError> {
        admin(viewer)?;
        let tenant = &viewer.current_membership.tenant_id;
        let own = self.holding(tenant).await?.subscription;
        let live = own.clone().filter(|own| own.status.is_live());
        // Where it is paid, or was, also where another takes new checkouts by now.
        let name = match own.filter(|own| own.status.is_live() || self.sender(own.provider).is_some()) {
            Some(own) => own.provider,
            None => self.configured()?,
        };
        let provider = self.sender(name).ok_or(ServiceError::BillingNotConfigured)?;
        let customer = self.store().read().await?.link().find_customer(tenant, name).await?;
        let customer = customer.ok_or(ServiceError::NoCustomer)?.external_id;
        let flow = match (door, live) {
            (PortalDoor::Cancel, Some(own)) if own.ends_at().is_none() && own.pending.is_none() => {
                PortalFlow::Cancel { subscription: own.external_id }
            }
            (PortalDoor::UpdateCard, _) => PortalFlow::UpdateCard,
            _ => PortalFlow::Home,
        };
        self.spend_provider_change(tenant).await?;
        // The page that it comes back to asks the provider: the webhook may take longer than the way back.
        let return_url = self.page("membership?from=portal");
        let target = customer.clone();
        let opened =
            provider.create_portal(&NewPortal { customer, flow, done_url: return_url.clone(), return_url }).await;
        let url = match opened {
            Ok(url) => url,
            Err(error) => return Err(self.failed_call(tenant, name, error).await),
        };
        let details = json!({ "provider": name, "door": door });
        let deed = NewAuditEntry { by: by(viewer), action: AuditAction::PortalOpened, target, details };
        self.write_down_done(tenant, deed).await?;
        Ok(url.into())
    }

    /// Who takes payments, or why nobody does.
    pub(super) fn configured(&self) -> Result<Provider, ServiceError> {
        self.provider().name().ok_or(ServiceError::BillingNotConfigured)
    }

    /// The address of one of our pages.
    pub(super) fn page(&self, path: &str) -> String {
        format!("{}/{path}", self.settings().app_url.as_str().trim_end_matches('/'))
    }
}
