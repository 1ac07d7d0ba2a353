//! Limits on concurrent checks of URLs, in all and for each tenant.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::ids::TenantId;

/// Resolving a host that does not answer takes seconds, in which a caller waits.
const MOST_CHECKS: usize = 32;
const MOST_CHECKS_PER_TENANT: usize = 2;

/// Counts checks in progress by tenant, at most [`MOST_CHECKS`] entries. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Checks(Arc<Mutex<HashMap<TenantId, usize>>>);

/// A slot for one check, released when dropped.
#[derive(Debug)]
pub(super) struct Place {
    checks: Checks,
    tenant: TenantId,
}

impl Checks {
    /// Takes a slot for a check; `None` if all are taken or the tenant has its maximum.
    pub(super) fn place(&self, tenant: &TenantId) -> Option<Place> {
        let mut taken = self.taken();
        if taken.values().sum::<usize>() >= MOST_CHECKS {
            return None;
        }
        let own = taken.entry(tenant.clone()).or_default();
        if *own >= MOST_CHECKS_PER_TENANT {
            return None;
        }
        *own += 1;
        Some(Place { checks: self.clone(), tenant: tenant.clone() })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<TenantId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.checks.taken();
        if let Some(own) = taken.get_mut(&self.tenant) {
            *own -= 1;
            if *own == 0 {
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
    fn a_tenant_has_its_share_and_gives_it_back() {
        let checks = Checks::default();
        let held: Vec<_> = (0..2).map(|_| checks.place(&tenant(0)).unwrap()).collect();
        assert!(checks.place(&tenant(0)).is_none());
        let others: Vec<_> = (1..=30).map(|number| checks.place(&tenant(number)).unwrap()).collect();
        assert!(checks.place(&tenant(31)).is_none(), "all places are taken");
        drop((held, others));
        assert!(checks.taken().is_empty(), "nothing is remembered of those who have left");
    }
}
