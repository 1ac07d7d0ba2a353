//! The facts that decide about a tenant, read from the store.

use std::sync::Arc;

use domain::{
    ids::{FeatureKey, TenantId},
    subscription::{Subscription, current_subscription},
};

use crate::{
    service::base::internal_features::{SECRETS, TEAM_MEMBERS},
    store::{Connection, StoreResult, tenant::tenants::Tenant},
};

/// The facts that decide about a tenant, as of a revision.
#[derive(Clone, Debug)]
pub(in crate::service) struct Facts {
    pub(in crate::service::usage) revision: i64,
    pub(in crate::service::usage) tenant: Tenant,
    pub(in crate::service::usage) subscription: Option<Subscription>,
    pub(in crate::service::usage) members: u64,
    pub(in crate::service::usage) secrets: u64,
}

impl Facts {
    pub(in crate::service) const fn revision(&self) -> i64 {
        self.revision
    }

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
pub(in crate::service::usage) async fn read_facts(
    link: &mut Connection<'_>,
    tenant: &TenantId,
) -> StoreResult<Option<Arc<Facts>>> {
    // Read first: a change while the rest is read makes this revision stale.
    let Some(revision) = link.find_revision(tenant).await? else { return Ok(None) };
    let Some(tenant) = link.find_tenant(tenant).await? else { return Ok(None) };
    let subscription = current_subscription(&link.list_subscriptions(&tenant.id).await?).cloned();
    let (members, secrets) = link.count_members_and_secrets(&tenant.id).await?;
    Ok(Some(Arc::new(Facts { revision, tenant, subscription, members, secrets })))
}
