//! Limits on concurrent checks of URLs, in total and for each tenant.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::ids::TenantId;

/// Maximum number of checks in progress, over all tenants. Each holds its caller for seconds if the name servers do not
/// answer.
const MOST_CHECKS: usize = 32;
const MOST_CHECKS_PER_TENANT: usize = 2;

/// Counts checks in progress by tenant, at most [`MOST_CHECKS`] entries. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Checks(Arc<Mutex<HashMap<TenantId, usize>>>);

/// A slot for one check, released when dropped.
#[derive(Debug)]
pub(super) struct Slot {
    checks: Checks,
    tenant: TenantId,
}

impl Checks {
    /// Takes a slot for a check; `None` if all are taken or the tenant has its maximum.
    pub(super) fn slot(&self, tenant: &TenantId) -> Option<Slot> {
        let mut taken = self.in_progress();
        if taken.values().sum::<usize>() >= MOST_CHECKS {
            return None;
        }
        let running = taken.entry(tenant.clone()).or_default();
        if *running >= MOST_CHECKS_PER_TENANT {
            return None;
        }
        *running += 1;
        Some(Slot { checks: self.clone(), tenant: tenant.clone() })
    }

    fn in_progress(&self) -> MutexGuard<'_, HashMap<TenantId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.checks.in_progress();
        if let Some(running) = taken.get_mut(&self.tenant) {
            *running -= 1;
            if *running == 0 {
                taken.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(number: usize) -> TenantId {
        format!("tenant-{number}").parse().unwrap()
    }

    #[test]
    fn a_tenant_has_a_maximum_of_checks_and_releases_them() {
        let checks = Checks::default();
        let held: Vec<_> = (0..2).map(|_| checks.slot(&tenant(0)).unwrap()).collect();
        assert!(checks.slot(&tenant(0)).is_none());
        let others: Vec<_> = (1..=30).map(|number| checks.slot(&tenant(number)).unwrap()).collect();
        assert!(checks.slot(&tenant(31)).is_none(), "all slots are taken");
        drop((held, others));
        assert!(checks.in_progress().is_empty(), "no entry is left");
    }
}
