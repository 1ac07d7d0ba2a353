//! Reads the views of many tenants from the store, in a constant number of statements.

use std::{
    collections::HashMap,
    slice,
    sync::{Arc, atomic::Ordering},
};

use domain::{ids::TenantId, subscription::current_subscription};

use super::{super::super::Services, FRESH_FOR, Facts, KnownView, millis};
use crate::store::{Connection, StoreResult, tenants::CountedTenant, usage_counters::Reading};

/// The reading of a counter that does not exist yet.
const NO_READING: Reading = Reading { used: 0, version: -1 };

impl Services {
    /// Reads the facts and current counters of tenants, each named once, into their views. Tenants that do not exist
    /// are left out.
    pub(super) async fn load_views(&self, tenants: &[TenantId]) -> StoreResult<HashMap<TenantId, KnownView>> {
        if tenants.is_empty() {
            return Ok(HashMap::new());
        }
        let views = &self.0.views;
        let began = views.now();
        let mut cold: HashMap<_, _> = tenants
            .iter()
            .map(|tenant| {
                let view = views.of(tenant);
                let generation = view.generation.load(Ordering::SeqCst);
                (tenant, (view, generation))
            })
            .collect();
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let found = list_facts(&mut link, tenants).await?;
        let keys: Vec<_> = found.values().flat_map(|facts| self.current_counters(facts)).collect();
        let mut readings = vec![NO_READING; keys.len()];
        for (place, reading) in link.find_counters(&keys).await? {
            if let Some(known) = readings.get_mut(place) {
                *known = reading;
            }
        }
        for (key, reading) in keys.into_iter().zip(readings) {
            if let Some((view, _)) = cold.get(&key.tenant) {
                view.update_reading(key, reading);
            }
        }
        let mut loaded = HashMap::with_capacity(found.len());
        for (tenant, facts) in found {
            let Some((view, generation)) = cold.remove(&tenant) else { continue };
            view.update_facts(facts.clone());
            view.mark_fresh_until(began + millis(FRESH_FOR), generation);
            loaded.insert(tenant, (view, facts));
        }
        for tenant in cold.into_keys() {
            views.tenants.remove(tenant);
        }
        Ok(loaded)
    }
}

/// Reads the facts about a tenant; `None` if it does not exist.
pub(in crate::service::usage) async fn find_facts(
    link: &mut Connection<'_>,
    tenant: &TenantId,
) -> StoreResult<Option<Arc<Facts>>> {
    Ok(list_facts(link, slice::from_ref(tenant)).await?.remove(tenant))
}

/// Reads the facts about tenants. Tenants that do not exist are left out.
pub(super) async fn list_facts(
    link: &mut Connection<'_>,
    tenants: &[TenantId],
) -> StoreResult<HashMap<TenantId, Arc<Facts>>> {
    if tenants.is_empty() {
        return Ok(HashMap::new());
    }
    // Revisions come first: a change while the rest is read makes them stale.
    let counted = link.list_counted_tenants(tenants).await?;
    let subscriptions = link.list_subscriptions_of_many(tenants).await?;
    let facts = counted.into_iter().map(|CountedTenant { tenant, revision, members, secrets }| {
        let subscription = subscriptions.get(&tenant.id).and_then(|all| current_subscription(all)).cloned();
        (tenant.id.clone(), Arc::new(Facts { revision, tenant, subscription, members, secrets }))
    });
    Ok(facts.collect())
}
