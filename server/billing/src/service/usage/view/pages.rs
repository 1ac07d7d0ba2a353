//! The versions by which open pages about a tenant notice changes.

use std::sync::atomic::Ordering;

use domain::{ids::TenantId, time::Timestamp};

use super::{Facts, View, summaries::AsOf};
use crate::{
    service::{ServiceError, Services},
    store::StoreResult,
};

/// The version of pages about a tenant. Equal as long as nothing that they show has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service::usage) struct PageVersion {
    pub(in crate::service::usage) revision: i64,
    changes: u64,
    generation: u64,
    /// Pages show times in minutes, and periods start on a minute.
    minute: i64,
}

impl View {
    pub(in crate::service::usage) fn as_of(&self, hour_end: Timestamp) -> AsOf {
        let (changes, generation) = (self.changes.load(Ordering::SeqCst), self.generation.load(Ordering::SeqCst));
        AsOf { changes, generation, hour_end }
    }

    /// Returns the version of pages that show this view at `now`, in billing time.
    fn page_version(&self, facts: &Facts, now: Timestamp) -> PageVersion {
        PageVersion {
            revision: facts.revision,
            changes: self.changes.load(Ordering::SeqCst),
            generation: self.generation.load(Ordering::SeqCst),
            minute: now.as_secs().div_euclid(60),
        }
    }
}

impl Services {
    /// Returns the current version of pages about a tenant.
    pub(in crate::service::usage) async fn page_version(&self, tenant: &TenantId) -> Result<PageVersion, ServiceError> {
        let (view, facts) = self.view(tenant).await?;
        Ok(view.page_version(&facts, self.billing_now()))
    }

    /// Returns the current versions of pages about tenants, in order; `None` for a tenant that does not exist. Runs a
    /// constant number of statements, and none if all views are fresh.
    pub(in crate::service::usage) async fn page_versions(
        &self,
        tenants: &[TenantId],
    ) -> StoreResult<Vec<Option<PageVersion>>> {
        let fresh = |tenant: &TenantId| {
            let (view, facts) = self.0.views.fresh(tenant)?;
            self.is_complete(&view, &facts).then_some((view, facts))
        };
        let mut known: Vec<_> = tenants.iter().map(fresh).collect();
        let stale = tenants.iter().zip(&known).filter(|(_, known)| known.is_none()).map(|(tenant, _)| tenant.clone());
        let mut loaded = Box::pin(self.load_views(&stale.collect::<Vec<_>>())).await?;
        for (tenant, known) in tenants.iter().zip(&mut known) {
            if known.is_none() {
                *known = loaded.remove(tenant);
            }
        }
        let now = self.billing_now();
        Ok(known.into_iter().map(|known| known.map(|(view, facts)| view.page_version(&facts, now))).collect())
    }
}
