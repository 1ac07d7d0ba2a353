//! Reads the views of many tenants from the store, in a constant number of statements.

use std::{collections::HashMap, sync::atomic::Ordering};

use domain::ids::TenantId;

use super::{FRESH_FOR, KnownView, facts::list_facts, millis};
use crate::{
    service::Usage,
    store::{StoreResult, usage::usage_counters::Reading},
};

/// The reading of a counter that does not exist yet.
const NO_READING: Reading = Reading { used: 0, version: -1 };

impl Usage {
    /// Reads the facts and current counters of tenants into their views. `tenants` has no duplicates. Tenants that do
    /// not exist are left out.
    pub(in crate::service::usage) async fn load_views(
        &self,
        tenants: &[TenantId],
    ) -> StoreResult<HashMap<TenantId, KnownView>> {
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
        let found = list_facts(&mut link, tenants, self.catalog()).await?;
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
