//! Reads views: from memory if they are fresh, else from the store.

use std::sync::{Arc, atomic::Ordering};

use domain::{
    entitlement::window,
    ids::{PlanId, TenantId},
};

use super::{FRESH_FOR, Facts, PageVersion, View, millis, read_facts};
use crate::{
    service::{ServiceError, Usage, subscription::membership::Holding},
    store::{
        StoreResult,
        usage::usage_counters::{CounterKey, Reading},
    },
};

/// The reading of a counter that does not exist yet.
const NO_READING: Reading = Reading { used: 0, version: -1 };

impl Usage {
    /// Returns the tenant's view and facts, however stale. The caller must compare revisions afterwards.
    pub(in crate::service::usage) async fn cached_view(
        &self,
        tenant: &TenantId,
    ) -> Result<(Arc<View>, Arc<Facts>), ServiceError> {
        let known = self.0.views.tenants.get(tenant).map(|view| view.clone());
        let known = known.and_then(|view| view.facts().map(|facts| (view, facts)));
        match known {
            Some((view, facts)) if view.fresh_until.load(Ordering::SeqCst) > 0 => Ok((view, facts)),
            _ => Box::pin(self.view(tenant)).await,
        }
    }

    /// Returns the tenant's current plan from a fresh view; `None` if the store would have to be read.
    pub(in crate::service) fn remembered_plan(&self, tenant: &TenantId) -> Option<PlanId> {
        let (_, facts) = self.0.views.fresh(tenant)?;
        Some(self.entitlements(&facts.tenant, facts.subscription.as_ref()).plan)
    }

    /// Returns the tenant's view and facts, no older than [`FRESH_FOR`].
    pub(in crate::service) async fn view(&self, tenant: &TenantId) -> Result<(Arc<View>, Arc<Facts>), ServiceError> {
        let views = &self.0.views;
        if let Some(found) = views.fresh(tenant) {
            return Ok(found);
        }
        let view = views.of(tenant);
        let _guard = view.reading.lock().await;
        if let Some(found) = views.fresh(tenant) {
            return Ok(found);
        }
        let (began, generation) = (views.now(), view.generation.load(Ordering::SeqCst));
        let read = Box::pin(self.read_view(tenant, &view)).await;
        let Some(facts) = read? else {
            views.tenants.remove(tenant);
            return Err(ServiceError::TenantNotFound);
        };
        view.mark_fresh_until(began + millis(FRESH_FOR), generation);
        Ok((view.clone(), facts))
    }

    /// Returns the current version of pages about a tenant. Reads memory only, if the view is fresh.
    pub async fn page_version(&self, tenant: &TenantId) -> Result<PageVersion, ServiceError> {
        let (view, facts) = self.view(tenant).await?;
        Ok(PageVersion {
            revision: facts.revision,
            changes: view.changes.load(Ordering::SeqCst),
            generation: view.generation.load(Ordering::SeqCst),
            minute: self.billing_now().as_secs().div_euclid(60),
        })
    }

    async fn read_view(&self, tenant: &TenantId, view: &View) -> StoreResult<Option<Arc<Facts>>> {
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let Some(facts) = read_facts(&mut link, tenant).await? else { return Ok(None) };
        let keys = self.current_counters(&facts);
        let mut found = vec![NO_READING; keys.len()];
        for (place, reading) in link.find_counters(&keys).await? {
            if let Some(found) = found.get_mut(place) {
                *found = reading;
            }
        }
        for (key, reading) in keys.into_iter().zip(found) {
            view.update_reading(key, reading);
        }
        view.update_facts(facts.clone());
        Ok(Some(facts))
    }

    /// Returns the view with all counters of the current periods. Reads the store if a period has just started.
    pub(in crate::service::usage) async fn complete_view(
        &self,
        tenant: &TenantId,
    ) -> Result<(Arc<View>, Arc<Facts>), ServiceError> {
        let (view, facts) = self.view(tenant).await?;
        let is_known = |key: &CounterKey| view.reading(&key.feature, key.period_start).is_some();
        if self.current_counters(&facts).iter().all(is_known) {
            return Ok((view, facts));
        }
        self.0.views.invalidate(tenant);
        self.view(tenant).await
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

    pub(in crate::service::usage) fn holding_of(&self, facts: &Facts) -> Holding {
        let entitlements = self.entitlements(&facts.tenant, facts.subscription.as_ref());
        Holding { tenant: facts.tenant.clone(), subscription: facts.subscription.clone(), entitlements }
    }
}
