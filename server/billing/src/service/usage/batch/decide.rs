//! Decides each operation of a batch, in order, over the locked counters.

use domain::{
    catalog::Feature,
    entitlement::{
        FeatureUsage,
        change::{Change, ChangeOutcome, decide_change, state_after},
        check::Check,
        history::{Span, Step},
        window,
    },
    ids::TenantId,
    subscription::{Entitlements, Subscription},
    time::Timestamp,
};

use super::{
    super::{
        batch::{Operation, Outcome},
        reading::feature_usage,
    },
    Batch,
};
use crate::store::usage::{
    usage_counters::CounterKey,
    usage_events::{Entry, RecordedPart},
};

impl<'a> Batch<'a> {
    /// Decides one operation, and enters it in the ledger and the counters unless it is refused. `known` are the parts
    /// that the ledger has of a repeat, which gets the first answer.
    pub(super) fn decide(&mut self, operation: &'a Operation, known: Option<&Vec<RecordedPart>>) -> Outcome {
        if let Some(parts) = known.or_else(|| self.counted.get(&operation.event)) {
            return self.repeated(operation, parts);
        }
        let Some(Some(known)) = self.tenants.get(operation.tenant()) else { return Outcome::TenantNotFound };
        let (entitlements, facts) = (known.entitlements.clone(), known.facts.clone());
        let event_at = operation.event_at.unwrap_or(self.now).min(self.now);
        let mut made: Vec<DecidedPart<'a>> = Vec::with_capacity(operation.parts.len());
        for (feature, change) in &operation.parts {
            let Some(feature) = self.feature(*feature) else { return Outcome::TenantNotFound };
            let place = self.place(operation.tenant(), feature, facts.subscription.as_ref());
            // An earlier part of the same operation may have changed the same counter.
            let earlier = made.iter().rev().find(|made| made.place == place && place.is_some()).map(|made| made.used);
            let used = earlier.or_else(|| Some(self.held.get(place?)?.used)).unwrap_or_default();
            let usage = self.usage(feature, &entitlements, place, used);
            match decide_change(self.service.catalog(), feature, &entitlements, &usage, *change, self.now) {
                ChangeOutcome::To(now_used) => {
                    made.push(DecidedPart { feature, change: *change, place, before: used, used: now_used });
                }
                ChangeOutcome::Refused(refusal) => return Outcome::Refused(feature.key.clone(), refusal),
                ChangeOutcome::TooLarge => return Outcome::TooLarge,
                ChangeOutcome::BelowZero => return Outcome::BelowZero,
            }
        }
        Outcome::Counted(self.enter(operation, &entitlements, event_at, &made))
    }

    /// Returns the index of a feature's current counter in `held`; `None` for a feature that is not counted.
    fn place(&self, tenant: &TenantId, feature: &Feature, subscription: Option<&Subscription>) -> Option<usize> {
        let period_start = window(feature.kind, subscription, self.now).map(|(start, _)| start);
        let key = CounterKey { tenant: tenant.clone(), feature: feature.key.clone(), period_start };
        self.places.get(&key).copied()
    }

    pub(super) fn usage(
        &self,
        feature: &Feature,
        entitlements: &Entitlements,
        place: Option<usize>,
        used: u64,
    ) -> FeatureUsage {
        let held = place.and_then(|place| self.held.get(place));
        let window = held.and_then(|held| Some((held.key.period_start?, held.resets_at?)));
        feature_usage(feature, entitlements.limit(self.service.catalog(), &feature.key), window, used)
    }

    /// Enters a decided operation in the ledger and the counters. Returns its answers, part by part.
    fn enter(
        &mut self,
        operation: &'a Operation,
        entitlements: &Entitlements,
        event_at: Timestamp,
        made: &[DecidedPart<'a>],
    ) -> Vec<Check> {
        let mut answers = Vec::with_capacity(made.len());
        let mut known = Vec::with_capacity(made.len());
        for (part, DecidedPart { feature, change, place, before, used }) in made.iter().enumerate() {
            let usage = self.usage(feature, entitlements, *place, *used);
            let answer = state_after(self.service.catalog(), feature, entitlements, &usage, *change, self.now);
            known.push(RecordedPart {
                feature: feature.key.clone(),
                change: *change,
                used: answer.used,
                limit: answer.limit,
                failure: answer.failure,
                warning: answer.warning.clone(),
            });
            if let Some((place, held)) = place.and_then(|place| Some((place, self.held.get_mut(place)?))) {
                held.used = *used;
                held.is_written = true;
                // An event that arrives after its period ended counts at the current time; the ledger stores both
                // times. A change of a gauge counts at the current time, too.
                let is_in_time = held.key.period_start.is_some_and(|start| event_at >= start);
                let counted_at = if is_in_time { event_at } else { self.now };
                let amount = signed(*used) - signed(*before);
                let hour = Step::Hour.floor(counted_at);
                let span = self.hours.entry((place, hour));
                let span = span.or_insert(Span { starts_at: hour, amount: 0, peak: 0, closing: 0 });
                span.amount += amount;
                span.peak = span.peak.max(*used);
                span.closing = *used;
                self.entries.push(Entry {
                    event: operation.event.clone(),
                    part,
                    counter: held.key.clone(),
                    change: *change,
                    amount,
                    event_at,
                    counted_at,
                    answer: answer.clone(),
                });
            }
            answers.push(answer);
        }
        let audit_entry = operation.audit_entry.clone();
        self.audit_entries.extend(audit_entry.map(|entry| (operation.tenant().clone(), entry)));
        if operation.is_repeatable {
            self.counted.insert(&operation.event, known);
        }
        answers
    }

    /// Answers a repeat from its recorded parts.
    fn repeated(&self, operation: &Operation, parts: &[RecordedPart]) -> Outcome {
        let requested =
            operation.parts.iter().filter_map(|(feature, change)| Some((&self.feature(*feature)?.key, *change)));
        if operation.is_compared && !requested.eq(parts.iter().map(|part| (&part.feature, part.change))) {
            return Outcome::KeyReused;
        }
        let answer = |RecordedPart { feature, change: _, used, limit, failure, warning }: &RecordedPart| {
            let usage =
                FeatureUsage { feature: feature.clone(), used: *used, limit: *limit, since: None, resets_at: None };
            Check {
                failure: *failure,
                warning: warning.clone(),
                used: *used,
                limit: *limit,
                permille: usage.permille(),
            }
        };
        Outcome::Known(parts.iter().map(answer).collect())
    }
}

/// A part of an operation, as decided.
struct DecidedPart<'a> {
    feature: &'a Feature,
    change: Change,
    /// The counter's index in `held`; `None` if the feature is not counted.
    place: Option<usize>,
    before: u64,
    used: u64,
}

/// Converts a counter's value. Counters never exceed `i64::MAX`.
fn signed(used: u64) -> i64 {
    i64::try_from(used).unwrap_or(i64::MAX)
}
