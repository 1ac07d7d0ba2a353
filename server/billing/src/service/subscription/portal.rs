//! The provider's billing portal.

use domain::tenant::audit::{AuditAction, AuditActor, NewAuditEntry};
use locales::Locale;
use serde::Serialize;
use serde_json::json;

use crate::{
    payment::{NewPortal, PortalFlow},
    service::{ServiceError, Subscriptions, base::permission::Biller},
};

/// The page on which the portal opens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PortalTarget {
    #[default]
    Home,
    Cancel,
    UpdateCard,
}

/// The page of Dues to which the portal leads back. `from=portal` makes it reconcile, as the webhook may arrive later
/// than the user.
const MEMBERSHIP: &str = "membership?from=portal";
const BILLING: &str = "settings/billing?from=portal";

impl Subscriptions {
    /// Opens a session of the portal and returns its URL. The portal leads back to the membership page.
    pub async fn open_portal(&self, biller: &Biller, door: PortalTarget) -> Result<String, ServiceError> {
        self.open_portal_from(biller, door, None, None).await
    }

    /// Like [`Self::open_portal`], but the portal leads back to the billing page.
    pub async fn open_portal_from_billing(
        &self,
        biller: &Biller,
        door: PortalTarget,
        language: Option<Locale>,
    ) -> Result<String, ServiceError> {
        let return_url = self.checkouts().return_url("returnUrl", None, BILLING)?;
        self.open_portal_session(biller, door, return_url, language).await
    }

    /// Like [`Self::open_portal`], but the portal leads back to `return_url` unless it is `None`. The URL must have an
    /// origin that is allowed for checkouts. The page is in `language`, or in the browser's.
    pub async fn open_portal_from(
        &self,
        biller: &Biller,
        door: PortalTarget,
        return_url: Option<&str>,
        language: Option<Locale>,
    ) -> Result<String, ServiceError> {
        let return_url = self.checkouts().return_url("returnUrl", return_url, MEMBERSHIP)?;
        self.open_portal_session(biller, door, return_url, language).await
    }

    async fn open_portal_session(
        &self,
        biller: &Biller,
        door: PortalTarget,
        return_url: String,
        language: Option<Locale>,
    ) -> Result<String, ServiceError> {
        let tenant = biller.tenant();
        let current = self.tenant_plan(tenant).await?.subscription;
        let live = current.clone().filter(|current| current.status.is_live());
        // Use the subscription's provider, even if another provider takes new checkouts now.
        let name = match current.filter(|current| current.status.is_live() || self.sender(current.provider).is_some()) {
            Some(current) => current.provider,
            None => self.configured_provider()?,
        };
        let provider = self.sender(name).ok_or(ServiceError::BillingNotConfigured)?;
        let customer = self.store().read().await?.connection().find_customer(tenant, name).await?;
        let customer = customer.ok_or(ServiceError::NoCustomer)?.external_id;
        let flow = match (door, live) {
            (PortalTarget::Cancel, Some(current)) if current.ends_at().is_none() && current.pending.is_none() => {
                PortalFlow::Cancel { subscription: current.external_id }
            }
            (PortalTarget::UpdateCard, _) => PortalFlow::UpdateCard,
            _ => PortalFlow::Home,
        };
        self.providers().spend_provider_change(tenant).await?;
        let target = customer.clone();
        let locale = language.map(|language| language.tag().to_owned());
        let wanted = NewPortal { customer, flow, done_url: return_url.clone(), return_url, locale };
        let url = match provider.create_portal(&wanted).await {
            Ok(url) => url,
            Err(error) => return Err(self.providers().failed_call(tenant, name, error).await),
        };
        let details = json!({ "provider": name, "door": door });
        let by = AuditActor::from(biller.by());
        let entry = NewAuditEntry { by, action: AuditAction::PortalOpened, target, details };
        self.record_audit_separately(tenant, entry).await?;
        Ok(url.into())
    }
}
