//! Sums by key in memory, until the worker writes them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{ids::TenantId, time::Timestamp};

/// Limit of sums that wait for the worker. Usage of further keys is left out of the sums until they are written.
const MAX_PENDING: usize = 20_000;

/// Tenant, index of the feature in the catalog, day and key.
pub(super) type SumKey = (TenantId, usize, Timestamp, Arc<str>);

/// Sums that are not written yet.
#[derive(Debug, Default)]
pub(in crate::service) struct KeySums(Mutex<HashMap<SumKey, u64>>);

impl KeySums {
    pub(super) fn add(&self, amounts: impl Iterator<Item = (SumKey, u64)>) {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, amount) in amounts {
            if let Some(sum) = pending.get_mut(&key) {
                *sum = sum.saturating_add(amount);
            } else if pending.len() < MAX_PENDING {
                pending.insert(key, amount);
            }
        }
    }

    pub(super) fn take(&self) -> HashMap<SumKey, u64> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
