//! The list of tenants, a page at a time.

use std::collections::HashMap;

use domain::{
    ids::PlanId,
    subscription::{SubscriptionStatus, current_subscription},
};

use super::record::TenantProfile;
use crate::{
    service::{ServiceError, Tenants, base::permission::InstallationPrincipal, operator::Place},
    store::tenant::tenants::profiles::ProfileFilter,
};

/// Number of rows that one batch reads.
const BATCH: i64 = 200;
/// Maximum number of batches that are read for one page. A page may be short for this reason, although more follow.
const MAX_BATCHES: usize = 50;

/// A query for a page of tenants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileQuery {
    /// Part of a name, or an id, external id or address.
    pub search: String,
    /// The provider's id of the customer; empty for all.
    pub customer: String,
    /// The effective plan.
    pub plan: Option<PlanId>,
    /// The status of the subscription, as API responses report it.
    pub status: Option<SubscriptionStatus>,
    pub after: Option<Place>,
}

/// A page of tenants, the newest first.
#[derive(Clone, Debug)]
pub struct ProfilePage {
    pub items: Vec<TenantProfile>,
    /// The cursor of the next page; `None` on the last.
    pub next: Option<Place>,
}

impl Tenants {
    /// Lists at most `most` tenants that match the query, the newest first. Deleted ones are left out. A tenant that is
    /// created while pages are read is on no later page and does not shift the others.
    pub async fn list_profiles(
        &self,
        _: &InstallationPrincipal,
        query: ProfileQuery,
        most: usize,
    ) -> Result<ProfilePage, ServiceError> {
        let ProfileQuery { search, customer, plan, status, mut after } = query;
        let filter = ProfileFilter { search, customer, plan, status };
        let free = &self.catalog().free;
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let mut found = Vec::new();
        for _ in 0..MAX_BATCHES {
            let batch = link.list_profiles(&filter, free, after.as_ref(), BATCH).await?;
            let is_last = i64::try_from(batch.len()).is_ok_and(|rows| rows < BATCH);
            let ids: Vec<_> = batch.iter().map(|tenant| tenant.id.clone()).collect();
            let subscriptions = if filter.plan.is_some() || filter.status.is_some() {
                link.list_subscriptions_of_many(&ids).await?
            } else {
                HashMap::new()
            };
            for tenant in batch {
                let place = Place { at: tenant.created_at, id: tenant.id.to_string() };
                let all = subscriptions.get(&tenant.id).map(Vec::as_slice).unwrap_or_default();
                let entitlements = self.entitlements(&tenant, current_subscription(self.catalog(), all));
                let matches = filter.plan.as_ref().is_none_or(|plan| *plan == entitlements.plan)
                    && filter.status.is_none_or(|status| status == entitlements.status);
                if matches && found.len() == most {
                    let items = self.profiles_of(&mut link, found).await?;
                    return Ok(ProfilePage { items, next: after });
                }
                if matches {
                    found.push(tenant);
                }
                after = Some(place);
            }
            if is_last {
                after = None;
                break;
            }
        }
        Ok(ProfilePage { items: self.profiles_of(&mut link, found).await?, next: after })
    }
}
