//! Links tenants to customers that exist at a provider already.

use domain::{
    ids::TenantId,
    subscription::{Provider, lifecycle::order_beside},
    tenant::{
        audit::{AuditAction, AuditActor, NewAuditEntry},
        external_id::ExternalId,
        import::outcome::{ImportConflict, RowStanding},
    },
};
use serde_json::json;

use crate::{
    service::{ServiceError, Tenants},
    store::{Connection, StoreResult, Tx, subscription::customers::Customer},
};

/// Linked, one of the two subscriptions would be a duplicate, which Dues ends.
pub(in crate::service) const ORDER_ELSEWHERE: ServiceError = ServiceError::Conflict(
    "The customer has a subscription, and the tenant has one that it ordered through Dues at another payment provider. \
     End one of the two first.",
);

/// Serializes the transactions that link customers, so that no two tenants get the same one.
pub(in crate::service) async fn lock_customer_links(tx: &mut Tx) -> StoreResult<()> {
    tx.connection().lock_tenant(&TenantId::installation()).await.map(drop)
}

/// Returns what the store says about an external id and a customer. For [`RowStanding::Linked`] also the customer.
pub(in crate::service) async fn find_standing(
    link: &mut Connection<'_>,
    external: &ExternalId,
    (provider, customer): (Provider, &str),
) -> StoreResult<(RowStanding, Option<Customer>)> {
    let tenant = link.find_any_by_external_id(external).await?;
    let owner = link.find_customer_by_external_id(provider, customer).await?;
    let standing = match (tenant, owner) {
        (Some(tenant), _) if tenant.deleted_at.is_some() => RowStanding::Conflict(ImportConflict::TenantDeleted),
        (Some(tenant), Some(owner)) if owner.tenant == tenant.id => {
            return Ok((RowStanding::Linked(tenant.id), Some(owner)));
        }
        (_, Some(owner)) => {
            let is_deleted = link.find_tenant(&owner.tenant).await?.is_none_or(|owner| owner.deleted_at.is_some());
            let conflict = if is_deleted {
                ImportConflict::CustomerOfDeleted(owner.tenant)
            } else {
                ImportConflict::CustomerTaken(owner.tenant)
            };
            RowStanding::Conflict(conflict)
        }
        (Some(tenant), None) => match link.find_customer(&tenant.id, provider).await? {
            Some(other) => RowStanding::Conflict(ImportConflict::OtherCustomer(other.external_id)),
            None => RowStanding::Unlinked(tenant.id),
        },
        (None, None) => RowStanding::Free,
    };
    Ok((standing, None))
}

/// Returns another provider at which the tenant has a live subscription that a checkout of Dues began; `None` if there
/// is none.
pub(in crate::service) async fn find_order_beside(
    link: &mut Connection<'_>,
    tenant: &TenantId,
    at: Provider,
) -> StoreResult<Option<Provider>> {
    Ok(order_beside(at, &link.list_subscriptions(tenant).await?))
}

/// A customer that a tenant is to be linked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::service) struct NewLink {
    pub(in crate::service) provider: Provider,
    /// The provider's id.
    pub(in crate::service) customer: String,
    /// Whether the provider has shown that the customer has no live subscription.
    pub(in crate::service) pays_nothing: bool,
}

impl Tenants {
    /// Links a tenant to a customer as [`Self::link_customer`] does, unless the customer may have a live subscription
    /// and the tenant has one that a checkout of Dues began at another provider: [`ORDER_ELSEWHERE`].
    pub(in crate::service) async fn link_beside_orders(
        &self,
        tx: &mut Tx,
        by: AuditActor,
        tenant: &TenantId,
        new: &NewLink,
    ) -> Result<Customer, ServiceError> {
        let NewLink { provider, customer, pays_nothing } = new;
        if !pays_nothing
            && tx.connection().find_customer_by_external_id(*provider, customer).await?.is_none()
            && tx.connection().find_customer(tenant, *provider).await?.is_none()
            && find_order_beside(&mut tx.connection(), tenant, *provider).await?.is_some()
        {
            return Err(ORDER_ELSEWHERE);
        }
        self.link_customer(tx, by, tenant, (*provider, customer.as_str())).await
    }

    /// Links a tenant to a customer, in the caller's transaction, which has called [`lock_customer_links`]. No-op if it
    /// is linked already. [`ServiceError::CustomerTaken`] if another tenant has the customer, and a conflict if the
    /// tenant has another customer at the provider.
    pub(in crate::service) async fn link_customer(
        &self,
        tx: &mut Tx,
        by: AuditActor,
        tenant: &TenantId,
        (provider, customer): (Provider, &str),
    ) -> Result<Customer, ServiceError> {
        match tx.connection().find_customer_by_external_id(provider, customer).await? {
            Some(owner) if owner.tenant == *tenant => return Ok(owner),
            Some(_) => return Err(ServiceError::CustomerTaken),
            None => {}
        }
        tx.connection().insert_customer(tenant, provider, customer, self.billing_now()).await?;
        // The tenant may have had a customer, or a checkout may have made one meanwhile.
        let linked = tx.connection().find_customer(tenant, provider).await?;
        let linked = linked.filter(|linked| linked.external_id == customer).ok_or(ServiceError::Conflict(
            "The tenant is linked to another customer of this payment provider. Name that customer, or none.",
        ))?;
        let details = json!({ "provider": provider });
        let entry = NewAuditEntry { by, action: AuditAction::CustomerLinked, target: customer.to_owned(), details };
        self.record_audit(tx, tenant, entry).await?;
        Ok(linked)
    }
}
