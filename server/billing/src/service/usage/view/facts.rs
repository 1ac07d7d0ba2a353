//! The facts that decide what a tenant may use, read from the store.

use std::{collections::HashMap, slice, sync::Arc};

use domain::{
    catalog::Catalog,
    ids::{FeatureKey, TenantId},
    subscription::{Subscription, current_subscription},
};

use crate::{
    service::base::internal_features::{SECRETS, TEAM_MEMBERS},
    store::{
        Connection, StoreResult,
        tenant::tenants::{CountedTenant, Tenant},
    },
};

/// The facts that decide what a tenant may use, as of a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::service) struct Facts {
    pub(in crate::service::usage) revision: i64,
    pub(in crate::service) tenant: Tenant,
    pub(in crate::service::usage) subscription: Option<Subscription>,
    pub(in crate::service::usage) members: u64,
    pub(in crate::service::usage) secrets: u64,
    /// The number of stored unmanaged subscriptions, including those that are not shown.
    pub(in crate::service::usage) unmanaged: u64,
    /// The number of stored duplicate subscriptions, including those that are settled.
    pub(in crate::service::usage) duplicates: u64,
}

impl Facts {
    /// Returns the count of a feature that Dues counts itself; `None` for any other.
    pub(in crate::service::usage) fn counted_by_dues(&self, feature: &FeatureKey) -> Option<u64> {
        match feature.as_str() {
            TEAM_MEMBERS => Some(self.members),
            SECRETS => Some(self.secrets),
            _ => None,
        }
    }
}

/// Reads the facts about a tenant; `None` if it does not exist.
pub(in crate::service::usage) async fn find_facts(
    link: &mut Connection<'_>,
    tenant: &TenantId,
    catalog: &Catalog,
) -> StoreResult<Option<Arc<Facts>>> {
    Ok(list_facts(link, slice::from_ref(tenant), catalog).await?.remove(tenant))
}

/// Reads the facts about tenants. Tenants that do not exist are left out.
pub(in crate::service::usage) async fn list_facts(
    link: &mut Connection<'_>,
    tenants: &[TenantId],
    catalog: &Catalog,
) -> StoreResult<HashMap<TenantId, Arc<Facts>>> {
    if tenants.is_empty() {
        return Ok(HashMap::new());
    }
    // Read revisions first: facts that change while the rest is read have the old revision, and are found stale.
    let counted = link.list_counted_tenants(tenants).await?;
    let subscriptions = link.list_subscriptions_of_many(tenants).await?;
    let facts = counted.into_iter().map(|counted| {
        let CountedTenant { tenant, revision, members, secrets, unmanaged, duplicates } = counted;
        let subscription = subscriptions.get(&tenant.id).and_then(|all| current_subscription(catalog, all)).cloned();
        (tenant.id.clone(), Arc::new(Facts { revision, tenant, subscription, members, secrets, unmanaged, duplicates }))
    });
    Ok(facts.collect())
}
