//! What follows from a change of a subscription, and the periodic jobs that compare subscriptions with the provider.

mod backfill_events;
mod cause;
mod dunning;
mod duplicates;
mod jobs;
mod reconcile_all;
mod scheduled_transitions;

pub(crate) use self::cause::Cause;
pub(in crate::service) use self::jobs::RECONCILE_ALL_JOB;

use domain::{
    ids::TenantId,
    subscription::{
        Subscription, current_subscription,
        lifecycle::{DriftSource, DuplicateState, detect_payment, drift, find_duplicates, next_transition_at},
    },
    time::Timestamp,
};

use super::unmanaged;
use crate::{
    service::{ServiceError, Subscriptions, usage::limit_check::enqueue_limit_check, webhook::endpoint::EndpointEvent},
    store::{StoreResult, Tx, tenant::tenants::Tenant},
};

const DRIFT: &str = "dues_drift_mended_total";

/// Consequences of a write, to be published after its commit.
#[derive(Debug, Default)]
#[must_use]
pub(in crate::service) struct FollowUp {
    pub(in crate::service) has_jobs: bool,
    drift: Option<(DriftSource, u64)>,
}

impl FollowUp {
    /// Adds the corrected drift to the metrics. Call it after the commit.
    pub(in crate::service) fn count(&self) {
        if let Some((found_by, corrected)) = self.drift {
            metrics::counter!(DRIFT, "found_by" => found_by.as_str()).increment(corrected);
        }
    }
}

/// Registers and describes the metrics of the lifecycle.
pub fn describe_counts() {
    metrics::describe_counter!(
        DRIFT,
        "Stored subscriptions that differed from the provider's and were corrected, by source."
    );
    super::provider_account::describe();
    for found_by in DriftSource::ALL {
        metrics::counter!(DRIFT, "found_by" => found_by.as_str()).absolute(0);
    }
    unmanaged::describe_counts();
}

impl Subscriptions {
    /// Records what follows from a change of a tenant's subscriptions: drift, duplicates, dunning notices and the next
    /// scheduled transition. Announces `news` and the events about payments. `tx` is the transaction that changed the
    /// subscriptions.
    pub(in crate::service) async fn follow_up(
        &self,
        tx: &mut Tx,
        tenant: &TenantId,
        cause: Cause,
        (before, after): (&[Subscription], &[Subscription]),
        news: Option<EndpointEvent>,
        now: Timestamp,
    ) -> StoreResult<FollowUp> {
        let mut follow_up = FollowUp::default();
        if let Some(found_by) = cause.drift_source() {
            let mut found = drift(before, after, found_by, now);
            if !found.is_empty() {
                // A duplicate that Dues is canceling is no drift.
                let ending = tx.connection().list_duplicates(tenant).await?;
                let ending: Vec<_> =
                    ending.iter().filter(|subscription| subscription.state == DuplicateState::Canceling).collect();
                found.retain(|one| {
                    !ending.iter().any(|subscription| {
                        (subscription.provider, &subscription.external_id) == (one.provider, &one.external_id)
                    })
                });
            }
            for one in &found {
                tracing::warn!(%tenant, drift = ?one, "corrected a stored subscription that differed from the provider's");
                tx.connection().insert_drift(tenant, one).await?;
            }
            follow_up.drift = Some((found_by, u64::try_from(found.len()).unwrap_or_default()));
        }
        // A subscription that the provider does not know now is neither kept nor canceled as a duplicate.
        let unknown = tx.connection().list_unknown(tenant).await?;
        let is_known = |subscription: &&Subscription| {
            !unknown.iter().any(|unknown| {
                (unknown.provider, &unknown.external_id) == (subscription.provider, &subscription.external_id)
            })
        };
        let paid: Vec<_> = after.iter().filter(is_known).cloned().collect();
        if let Some((kept, mut beside)) = find_duplicates(self.catalog(), &paid) {
            // A subscription that was ever unmanaged is never canceled as a duplicate.
            let unmanaged = tx.connection().list_unmanaged(tenant).await?;
            beside.retain(|subscription| {
                !unmanaged.iter().any(|unmanaged| unmanaged.matches(subscription.provider, &subscription.external_id))
            });
            follow_up.has_jobs |= self.note_duplicates(tx, tenant, kept, &beside, now).await?;
        }
        let Some(workspace) = tx.connection().find_tenant(tenant).await? else { return Ok(follow_up) };
        let current = current_subscription(self.catalog(), after);
        let mut news: Vec<_> = news.into_iter().collect();
        if let Some(current) = current {
            let entitlements = self.entitlements(&workspace, Some(current));
            let id = (current.provider, &current.external_id);
            let stored = before.iter().find(|old| (old.provider, &old.external_id) == id);
            let paid = detect_payment(stored, current).filter(|_| cause.announces_payments());
            news.extend(paid.map(|payment| EndpointEvent::invoice_paid(tenant, current, payment, now)));
            let noted = self.note_dunning(tx, tenant, (stored, current), &entitlements, now).await?;
            follow_up.has_jobs |= noted.has_jobs;
            news.extend(noted.event);
        }
        self.schedule_next_transition(tx, &workspace, current, now).await?;
        self.endpoints().announce(tx, &news).await?;
        Ok(follow_up)
    }

    /// Schedules the tenant's next transition: the next time at which the billing clock alone changes its entitlements.
    pub(in crate::service) async fn schedule_next_transition(
        &self,
        tx: &mut Tx,
        workspace: &Tenant,
        current: Option<&Subscription>,
        now: Timestamp,
    ) -> StoreResult<()> {
        let of_subscription = current.and_then(|subscription| {
            next_transition_at(subscription, &self.entitlements(workspace, Some(subscription)), now)
        });
        let next_at = [of_subscription, workspace.overrides.next_end(now)].into_iter().flatten().min();
        tx.connection().upsert_scheduled_transition(&workspace.id, next_at, now).await
    }

    /// Applies a transition of the billing clock: a period, a trial, grace or an override has ended. Notifies admins
    /// and endpoints of a change of entitlements, and fetches the subscription if its period has ended. Safe to repeat.
    pub(crate) async fn apply_scheduled_transition(&self, tenant: &TenantId) -> Result<(), ServiceError> {
        let now = self.billing_now();
        let mut tx = self.store().begin().await?;
        // Serializes with changes of overrides.
        tx.connection().lock_tenant(tenant).await?;
        let all = tx.connection().list_subscriptions(tenant).await?;
        // The same order of writes as in `reconcile`, so that the two can't deadlock.
        enqueue_limit_check(&mut tx, tenant, self.wall_now()).await?;
        let mut event = None;
        if let Some(workspace) = tx.connection().find_tenant(tenant).await? {
            let current = current_subscription(self.catalog(), &all);
            let news =
                |at| EndpointEvent::subscription(tenant, &self.entitlements_at(&workspace, current, at), current, now);
            let moment = self.latest_transition(&workspace, current, now);
            let before = moment.map_or_else(|| news(now), |at| news(Timestamp::from_micros(at.as_micros() - 1)));
            event = self.endpoints().note_subscription(&mut tx, &before, news(now)).await?;
        }
        self.follow_up(&mut tx, tenant, Cause::Transition, (&all, &all), event, now).await?.count();
        tx.commit().await?;
        self.0.views.invalidate(tenant);
        self.jobs_written().notify_one();
        let current = current_subscription(self.catalog(), &all);
        match current.filter(|stored| stored.status.is_live() && stored.current_period_end() <= now) {
            Some(stored) if self.sender(stored.provider).is_some() => {
                self.reconcile_tenant(tenant, stored.provider, Cause::Transition).await
            }
            _ => Ok(()),
        }
    }

    /// Returns the latest time at which the billing clock alone changed the entitlements.
    fn latest_transition(
        &self,
        workspace: &Tenant,
        current: Option<&Subscription>,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let grace = self.entitlements_at(workspace, current, now).grace_until;
        workspace.overrides.ends().chain(grace).filter(|at| *at <= now).max()
    }

    /// Enqueues the periodic reconciliation and the backfill of events, to run now: they find what happened while the
    /// server was down.
    pub async fn enqueue_reconciliation(&self) -> StoreResult<()> {
        if self.settings().reconcile_every_secs.is_none() {
            return Ok(());
        }
        let now = self.wall_now();
        let names = self.0.parts.webhook_senders.iter().filter_map(|sender| sender.name());
        let mut jobs: Vec<_> = names.map(|provider| Self::backfill_job(provider, now)).collect();
        jobs.push(Self::reconcile_all_job(now));
        let mut tx = self.store().begin().await?;
        tx.connection().upsert_jobs(&jobs, now).await?;
        tx.commit().await?;
        self.jobs_written().notify_one();
        Ok(())
    }
}
