//! The entries of a batch as `PostgreSQL` takes them: an array for each column. To read rows from JSON would cost more
//! than to store them.

use domain::entitlement::check::{Check, FailureReason};

use super::{
    usage_counters::{CounterKey, start_micros},
    usage_events::{Entry, EventId},
};
use crate::store::limit_to_column;

/// The parameters `$5` to `$19` are the columns of [`EntryColumns`], in their order. `$4` is the time.
pub(in crate::store) const INSERT_ENTRIES: &str = "INSERT INTO usage_events (tenant_id, source, event_id, part, feature, period_start, \
     change, wanted, amount, event_at, counted_at, used_after, limit_then, failure, warning, recorded_at) \
     SELECT sent.*, CAST($4 AS BIGINT) FROM unnest($5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[], \
     $10::bigint[], $11::text[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[], \
     $17::bigint[], $18::text[], $19::text[]) AS sent WHERE true \
     ON CONFLICT (tenant_id, source, event_id, part) DO NOTHING";

/// The columns of entries.
#[derive(Debug, Default)]
pub(super) struct EntryColumns<'a> {
    pub(super) tenants: Vec<&'a str>,
    pub(super) sources: Vec<&'a str>,
    pub(super) ids: Vec<&'a str>,
    pub(super) parts: Vec<i64>,
    pub(super) features: Vec<&'a str>,
    pub(super) period_starts: Vec<i64>,
    pub(super) changes: Vec<&'static str>,
    pub(super) wanted: Vec<i64>,
    pub(super) amounts: Vec<i64>,
    pub(super) event_times: Vec<i64>,
    pub(super) counted_times: Vec<i64>,
    pub(super) used_after: Vec<i64>,
    pub(super) limits: Vec<Option<i64>>,
    pub(super) failures: Vec<Option<&'static str>>,
    pub(super) warnings: Vec<Option<&'a str>>,
}

impl<'a> EntryColumns<'a> {
    pub(super) fn of(entries: &'a [Entry]) -> Self {
        let mut columns = Self::default();
        for entry in entries {
            columns.push(entry);
        }
        columns
    }

    fn push(&mut self, entry: &'a Entry) {
        let Entry { event, part, counter, change, amount, event_at, counted_at, answer } = entry;
        let EventId { tenant, source, id } = event;
        let CounterKey { tenant: _, feature, period_start } = counter;
        let Check { failure, warning, used, limit, permille: _ } = answer;
        self.tenants.push(tenant.as_str());
        self.sources.push(source);
        self.ids.push(id);
        self.parts.push(i64::try_from(*part).unwrap_or(i64::MAX));
        self.features.push(feature.as_str());
        self.period_starts.push(start_micros(*period_start));
        self.changes.push(change.kind().as_str());
        self.wanted.push(column(change.amount()));
        self.amounts.push(*amount);
        self.event_times.push(event_at.as_micros());
        self.counted_times.push(counted_at.as_micros());
        self.used_after.push(column(*used));
        self.limits.push(limit_to_column(*limit));
        self.failures.push(failure.map(FailureReason::as_str));
        self.warnings.push(warning.as_deref());
    }
}

/// A value as a column's. No counter exceeds `i64::MAX`.
fn column(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
