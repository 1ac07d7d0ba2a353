//! Reads views and their versions: from memory if they are fresh, else from the store.

use std::{
    collections::{HashMap, HashSet},
    slice,
    sync::Arc,
};

use domain::{
    entitlement::window,
    ids::{PlanId, TenantId},
};

use super::{Facts, KnownView, View, pages::PageVersion};
use crate::{
    service::{ServiceError, Usage, subscription::membership::TenantPlan, usage::reading::is_read},
    store::{StoreResult, usage::usage_counters::CounterKey},
};

impl Usage {
    /// Returns the views and facts of tenants, however stale. Reads those that are not cached in a constant number of
    /// statements. Tenants that do not exist are left out. The caller must compare revisions afterwards.
    pub(in crate::service::usage) async fn cached_views(
        &self,
        tenants: &HashSet<&TenantId>,
    ) -> StoreResult<HashMap<TenantId, KnownView>> {
        let (mut known, mut cold) = (HashMap::new(), Vec::new());
        for &tenant in tenants {
            if let Some(found) = self.0.views.cached(tenant) {
                known.insert(tenant.clone(), found);
            } else {
                cold.push(tenant.clone());
            }
        }
        known.extend(Box::pin(self.load_views(&cold)).await?);
        Ok(known)
    }

    /// Returns the tenant's current plan from a fresh view; `None` if the store would have to be read.
    pub(in crate::service) fn remembered_plan(&self, tenant: &TenantId) -> Option<PlanId> {
        let (_, facts) = self.0.views.fresh(tenant)?;
        Some(self.entitlements(&facts.tenant, facts.subscription.as_ref()).plan)
    }

    /// Returns the tenant's view and facts from memory if they are no older than [`super::FRESH_FOR`].
    pub(in crate::service) fn fresh_view(&self, tenant: &TenantId) -> Option<KnownView> {
        self.0.views.fresh(tenant)
    }

    /// Returns the facts of tenants, also of deleted ones, no older than [`super::FRESH_FOR`]. Reads those that are not
    /// in memory in a constant number of statements. Tenants that do not exist are left out.
    pub(in crate::service) async fn facts_of_many(
        &self,
        tenants: &HashSet<TenantId>,
    ) -> StoreResult<HashMap<TenantId, Arc<Facts>>> {
        let (mut known, mut cold) = (HashMap::new(), Vec::new());
        for tenant in tenants {
            match self.fresh_view(tenant) {
                Some((_, facts)) => drop(known.insert(tenant.clone(), facts)),
                None => cold.push(tenant.clone()),
            }
        }
        let loaded = Box::pin(self.load_views(&cold)).await?;
        known.extend(loaded.into_iter().map(|(tenant, (_, facts))| (tenant, facts)));
        Ok(known)
    }

    /// Returns a tenant's name and the plan whose limits apply now, no older than [`super::FRESH_FOR`].
    pub(in crate::service) async fn name_and_plan(&self, tenant: &TenantId) -> Result<(String, PlanId), ServiceError> {
        let (_, facts) = self.view(tenant).await?;
        let plan = self.entitlements(&facts.tenant, facts.subscription.as_ref()).plan;
        Ok((facts.tenant.name.clone(), plan))
    }

    /// Whether unmanaged subscriptions of the tenant are stored, no older than [`super::FRESH_FOR`].
    pub(in crate::service) async fn has_unmanaged(&self, tenant: &TenantId) -> Result<bool, ServiceError> {
        let (_, facts) = self.view(tenant).await?;
        Ok(facts.unmanaged > 0)
    }

    /// Whether duplicate subscriptions of the tenant are stored, no older than [`super::FRESH_FOR`].
    pub(in crate::service) async fn has_duplicates(&self, tenant: &TenantId) -> Result<bool, ServiceError> {
        let (_, facts) = self.view(tenant).await?;
        Ok(facts.duplicates > 0)
    }

    /// Returns the tenant's view and facts, no older than [`super::FRESH_FOR`]. The installation and a deleted tenant
    /// are [`ServiceError::TenantNotFound`] like an unknown one.
    pub(in crate::service) async fn view(&self, tenant: &TenantId) -> Result<(Arc<View>, Arc<Facts>), ServiceError> {
        if tenant.is_installation() {
            return Err(ServiceError::TenantNotFound);
        }
        let (view, facts) = self.view_of_key(tenant).await?;
        if facts.tenant.deleted_at.is_some() { Err(ServiceError::TenantNotFound) } else { Ok((view, facts)) }
    }

    /// Like [`Usage::view`], but also returns the installation and deleted tenants: cached keys are valid only for the
    /// revision of their tenant.
    pub(in crate::service) async fn view_of_key(
        &self,
        tenant: &TenantId,
    ) -> Result<(Arc<View>, Arc<Facts>), ServiceError> {
        let views = &self.0.views;
        if let Some(found) = views.fresh(tenant) {
            return Ok(found);
        }
        let view = views.of(tenant);
        let _guard = view.reading.lock().await;
        if let Some(found) = views.fresh(tenant) {
            return Ok(found);
        }
        let mut found = Box::pin(self.load_views(slice::from_ref(tenant))).await?;
        found.remove(tenant).ok_or(ServiceError::TenantNotFound)
    }

    /// Returns the view with all counters of the current periods. Reads the store if a period has just started.
    pub(in crate::service::usage) async fn complete_view(
        &self,
        tenant: &TenantId,
    ) -> Result<(Arc<View>, Arc<Facts>), ServiceError> {
        let (view, facts) = self.view(tenant).await?;
        if self.is_complete(&view, &facts) {
            return Ok((view, facts));
        }
        self.0.views.invalidate(tenant);
        self.view(tenant).await
    }

    /// Whether the view holds all counters of the current periods.
    fn is_complete(&self, view: &View, facts: &Facts) -> bool {
        let now = self.billing_now();
        self.catalog().features.iter().all(|feature| is_read(view, facts, feature, now))
    }

    /// Returns the keys of all counters of the current periods.
    pub(in crate::service::usage) fn current_counters(&self, facts: &Facts) -> Vec<CounterKey> {
        let now = self.billing_now();
        let counted = self.catalog().features.iter().filter(|feature| feature.kind.is_counted());
        counted
            .map(|feature| CounterKey {
                tenant: facts.tenant.id.clone(),
                feature: feature.key.clone(),
                period_start: window(feature.kind, facts.subscription.as_ref(), now).map(|(start, _)| start),
            })
            .collect()
    }

    pub(in crate::service::usage) fn tenant_plan_of(&self, facts: &Facts) -> TenantPlan {
        let entitlements = self.entitlements(&facts.tenant, facts.subscription.as_ref());
        TenantPlan { tenant: facts.tenant.clone(), subscription: facts.subscription.clone(), entitlements }
    }

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
