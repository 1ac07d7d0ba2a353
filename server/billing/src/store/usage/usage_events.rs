//! The ledger: every counted event, unique by source and id, and the result of counting it.

use domain::{
    catalog::Limit,
    entitlement::{
        change::{Change, ChangeKind},
        check::{Check, FailureReason},
    },
    ids::{FeatureKey, TenantId},
    time::Timestamp,
};
use serde::Serialize;

use super::usage_counters::{CounterKey, start_micros};
use crate::store::{
    Connection, StoreError, StoreResult,
    dialect::{json_rows, row_statements},
    on_backend, parse,
};

row_statements! {
    FIND_EVENTS = "SELECT CAST(sent.value ->> 3 AS BIGINT) AS place, known.feature, known.change, known.wanted, \
         known.used_after, known.limit_then, known.failure, known.warning FROM "
        ROWS " JOIN usage_events AS known ON known.tenant_id = sent.value ->> 0 AND known.source = sent.value ->> 1 \
         AND known.event_id = sent.value ->> 2 ORDER BY 1, known.part";
    pub(in crate::store) INSERT_EVENTS = "INSERT INTO usage_events (tenant_id, source, event_id, part, feature, period_start, change, wanted, \
         amount, event_at, counted_at, used_after, limit_then, failure, warning, recorded_at) \
         SELECT sent.value ->> 0, sent.value ->> 1, sent.value ->> 2, CAST(sent.value ->> 3 AS BIGINT), sent.value ->> 4, \
         CAST(sent.value ->> 5 AS BIGINT), sent.value ->> 6, CAST(sent.value ->> 7 AS BIGINT), \
         CAST(sent.value ->> 8 AS BIGINT), CAST(sent.value ->> 9 AS BIGINT), CAST(sent.value ->> 10 AS BIGINT), \
         CAST(sent.value ->> 11 AS BIGINT), CAST(sent.value ->> 12 AS BIGINT), sent.value ->> 13, sent.value ->> 14, $2 FROM "
        ROWS " WHERE true ON CONFLICT (tenant_id, source, event_id, part) DO NOTHING";
}

/// An event's identity within a tenant: its source and its id there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventId {
    pub tenant: TenantId,
    pub source: String,
    pub id: String,
}

/// The part of an event that counts one feature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub event: EventId,
    /// Its index among the event's features.
    pub part: usize,
    pub counter: CounterKey,
    pub change: Change,
    /// How much the event adds to the counter; negative if it decreases the counter.
    pub amount: i64,
    /// When the event happened, as stated by the source.
    pub event_at: Timestamp,
    /// When it was counted. Differs from `event_at` if the period of `event_at` had ended already.
    pub counted_at: Timestamp,
    /// The result: the counter after this event, and the limit at that time.
    pub answer: Check,
}

/// The part of a recorded event that counts one feature, with its outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedPart {
    pub feature: FeatureKey,
    pub change: Change,
    /// The counter after the event. The caller computes the percentage, because it knows the feature.
    pub used: u64,
    pub limit: Limit,
    pub failure: Option<FailureReason>,
    pub warning: Option<String>,
}

#[derive(sqlx::FromRow)]
pub(super) struct KnownRow {
    pub(super) place: i64,
    pub(super) feature: String,
    pub(super) change: String,
    pub(super) wanted: i64,
    pub(super) used_after: i64,
    pub(super) limit_then: Option<i64>,
    pub(super) failure: Option<String>,
    pub(super) warning: Option<String>,
}

impl KnownRow {
    pub(super) fn read(self) -> StoreResult<(usize, RecordedPart)> {
        let Self { place, feature, change, wanted, used_after, limit_then, failure, warning } = self;
        let kind: ChangeKind = parse(&change, "usage_events.change")?;
        let part = RecordedPart {
            feature: parse(&feature, "usage_events.feature")?,
            change: kind.of(wanted.unsigned_abs()),
            used: used_after.unsigned_abs(),
            limit: crate::store::limit_from_column(limit_then),
            failure: failure.map(|reason| parse(&reason, "usage_events.failure")).transpose()?,
            warning,
        };
        Ok((usize::try_from(place).map_err(|_| StoreError::Corrupt("a row's index"))?, part))
    }
}

/// An entry as a JSON row.
pub(in crate::store) fn entry_row(entry: &Entry) -> impl Serialize {
    let Entry { event, part, counter, change, amount, event_at, counted_at, answer } = entry;
    let EventId { tenant, source, id } = event;
    let CounterKey { tenant: _, feature, period_start } = counter;
    let Check { failure, warning, used, limit, permille: _ } = answer;
    (
        tenant.as_str(),
        source,
        id,
        part,
        feature.as_str(),
        start_micros(*period_start),
        change.kind().as_str(),
        change.amount(),
        amount,
        event_at.as_micros(),
        counted_at.as_micros(),
        used,
        crate::store::limit_to_column(*limit),
        failure.map(FailureReason::as_str),
        warning,
    )
}

impl Connection<'_> {
    /// Finds known events, part by part, each with the event's index in `ids`.
    pub async fn find_events(&mut self, ids: &[&EventId]) -> StoreResult<Vec<(usize, RecordedPart)>> {
        let ids = json_rows(ids.iter().enumerate().map(|(place, event)| {
            let EventId { tenant, source, id } = event;
            (tenant.as_str(), source, id, place)
        }))?;
        let statement = self.row_statement(FIND_EVENTS);
        let rows: Vec<KnownRow> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(ids)
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(KnownRow::read).collect()
    }
}
