//! What follows from what a provider says, and the rounds that have them asked again.

mod catch_up;
mod dunning;
mod duplicates;
mod turns;
mod walk;

pub(super) use self::walk::WALK_JOB;

use domain::{
    ids::TenantId,
    lifecycle::{DriftSource, DuplicateState, drift, find_duplicates, next_transition_at},
    subscription::{Provider, Subscription, current_subscription},
    time::Timestamp,
};

use super::{ServiceError, Services, unmanaged, usage::alerts::want_a_look, webhook_endpoint::News};
use crate::store::{
    StoreResult, Tx,
    jobs::{Task, WantedJob},
    tenants::Tenant,
};

const DRIFT: &str = "dues_drift_mended_total";

/// Why a provider is asked about a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// They told of something.
    Webhook,
    /// Their own list tells of it, and their webhook had not come.
    Listed,
    Walk,
    /// Somebody wants to know.
    Sync,
    /// Something was just done here or there, so that a change is no surprise.
    Order,
    /// A period has ended, which always changes something.
    Turn,
}

impl Cause {
    /// Whether it is asked for a caller, who has to hear when the provider does not know what it is about.
    pub(super) const fn is_on_behalf(self) -> bool {
        matches!(self, Self::Sync | Self::Order)
    }

    /// Who is to be named for a difference that comes to light; `None` where a change is what is expected.
    const fn found_by(self) -> Option<DriftSource> {
        match self {
            Self::Webhook | Self::Order | Self::Turn => None,
            Self::Listed => Some(DriftSource::Events),
            Self::Walk => Some(DriftSource::Reconciliation),
            Self::Sync => Some(DriftSource::Sync),
        }
    }
}

/// What came of a write, to be told once it is committed.
#[derive(Debug, Default)]
#[must_use]
pub(super) struct Followed {
    pub(super) has_jobs: bool,
    drift: Option<(DriftSource, u64)>,
}

impl Followed {
    /// Counts the drift that was mended, for `/metrics`.
    pub(super) fn count(&self) {
        if let Some((found_by, mended)) = self.drift {
            metrics::counter!(DRIFT, "found_by" => found_by.as_str()).increment(mended);
        }
    }
}

/// Says what is counted here, to whoever reads it.
pub fn describe_counts() {
    metrics::describe_counter!(
        DRIFT,
        "Subscriptions that were stored otherwise than the provider had them, by who found it."
    );
    super::provider_account::describe();
    for found_by in [DriftSource::Reconciliation, DriftSource::Sync, DriftSource::Events] {
        metrics::counter!(DRIFT, "found_by" => found_by.as_str()).absolute(0);
    }
    unmanaged::describe_counts();
}

impl Services {
    /// Writes down what follows from what is stored of a tenant's subscriptions now (`after`, before that `before`): drift, a
    /// second one that is paid, what admins are to be told, and when to look again. Part of the transaction that wrote it.
    pub(super) async fn follow_up(
        &self,
        tx: &mut Tx,
        tenant: &TenantId,
        cause: Cause,
        (before, after): (&[Subscription], &[Subscription]),
        now: Timestamp,
    ) -> StoreResult<Followed> {
        let mut followed = Followed::default();
        if let Some(found_by) = cause.found_by() {
            let mut found = drift(before, after, found_by, now);
            if !found.is_empty() {
                // What Dues itself ends just now surprises nobody.
                let ending = tx.link().list_duplicates(tenant).await?;
                let ending: Vec<_> = ending.iter().filter(|own| own.state == DuplicateState::Canceling).collect();
                found.retain(|one| {
                    !ending.iter().any(|own| (own.provider, &own.external_id) == (one.provider, &one.external_id))
                });
            }
            for one in &found {
                tracing::warn!(%tenant, drift = ?one, "what was stored is not what the provider says");
                tx.link().insert_drift(tenant, one).await?;
            }
            followed.drift = Some((found_by, u64::try_from(found.len()).unwrap_or_default()));
        }
        // What the provider does not know as this tenant's now is neither kept nor canceled for another's sake.
        let unknown = tx.link().list_unknown(tenant).await?;
        let is_known = |own: &&Subscription| {
            !unknown.iter().any(|it| (it.provider, &it.external_id) == (own.provider, &own.external_id))
        };
        let paid: Vec<_> = after.iter().filter(is_known).cloned().collect();
        if let Some((kept, mut beside)) = find_duplicates(&paid) {
            // What was ever kept aside is never canceled from here.
            let unmanaged = tx.link().list_unmanaged(tenant).await?;
            beside.retain(|own| !unmanaged.iter().any(|it| it.is(own.provider, &own.external_id)));
            followed.has_jobs |= self.note_duplicates(tx, tenant, kept, &beside, now).await?;
        }
        let Some(workspace) = tx.link().find_tenant(tenant).await? else { return Ok(followed) };
        let own = current_subscription(after);
        if let Some(own) = own {
            let entitlements = self.entitlements(&workspace, Some(own));
            let stored = before.iter().find(|old| (old.provider, &old.external_id) == (own.provider, &own.external_id));
            followed.has_jobs |= self.note_dunning(tx, tenant, (stored, own), &entitlements, now).await?;
        }
        self.set_next_turn(tx, &workspace, own, now).await?;
        Ok(followed)
    }

    /// Has a tenant looked at when the billing clock alone next changes something.
    pub(super) async fn set_next_turn(
        &self,
        tx: &mut Tx,
        workspace: &Tenant,
        own: Option<&Subscription>,
        now: Timestamp,
    ) -> StoreResult<()> {
        let of_subscription =
            own.and_then(|own| next_transition_at(own, &self.entitlements(workspace, Some(own)), now));
        let turn = [of_subscription, workspace.overrides.next_end(now)].into_iter().flatten().min();
        tx.link().set_turn(&workspace.id, turn, now).await
    }

    /// A period, a trial or a grace has ended, by the billing clock, or what an operator settled: what holds now may be another
    /// plan, and admins and endpoints may have to know. What comes after a period only the provider knows, who is asked. Safe to
    /// repeat.
    pub(crate) async fn turn_period(&self, tenant: &TenantId) -> Result<(), ServiceError> {
        let now = self.billing_now();
        let mut tx = self.store().begin().await?;
        // One at a time, as whoever settles something for it.
        tx.link().lock_tenant(tenant).await?;
        let all = tx.link().list_subscriptions(tenant).await?;
        // In the order of whoever writes what a provider said, so that neither waits for the other in a circle.
        want_a_look(&mut tx, tenant, self.wall_now()).await?;
        if let Some(workspace) = tx.link().find_tenant(tenant).await? {
            let own = current_subscription(&all);
            let news = |at| News::subscription(tenant, &self.entitled_at(&workspace, own, at), own, now);
            let moment = self.latest_moment(&workspace, own, now);
            let before = moment.map_or_else(|| news(now), |at| news(Timestamp::from_micros(at.as_micros() - 1)));
            self.announce_subscription(&mut tx, &before, news(now)).await?;
        }
        self.follow_up(&mut tx, tenant, Cause::Turn, (&all, &all), now).await?.count();
        tx.commit().await?;
        self.0.views.doubt(tenant);
        self.jobs_written().notify_one();
        match current_subscription(&all).filter(|own| own.status.is_live() && own.current_period_end() <= now) {
            Some(own) if self.sender(own.provider).is_some() => {
                self.reconcile_tenant(tenant, own.provider, Cause::Turn).await
            }
            _ => Ok(()),
        }
    }

    /// When time alone last changed what holds.
    fn latest_moment(&self, workspace: &Tenant, own: Option<&Subscription>, now: Timestamp) -> Option<Timestamp> {
        let grace = self.entitled_at(workspace, own, now).grace_until;
        workspace.overrides.ends().chain(grace).filter(|at| *at <= now).max()
    }

    /// Has the rounds made, from now on and at once: what happened while nobody was here is then known.
    pub async fn begin_rounds(&self) -> StoreResult<()> {
        if self.settings().reconcile_every_secs.is_none() {
            return Ok(());
        }
        let now = self.wall_now();
        let names = self.0.parts.webhook_senders.iter().filter_map(|sender| sender.name());
        let mut jobs: Vec<_> = names.map(|provider| Self::catch_up_job(provider, now)).collect();
        jobs.push(Self::walk_job(now));
        let mut tx = self.store().begin().await?;
        tx.link().want_jobs(&jobs, now).await?;
        tx.commit().await?;
        self.jobs_written().notify_one();
        Ok(())
    }
}

/// Compares a tenant's subscriptions by itself. While that fails, its admins can see it, and why.
pub(super) fn compare_job(tenant: &TenantId, provider: Provider, run_at: Timestamp) -> WantedJob {
    let task = Task::Reconcile { tenant: tenant.clone(), provider };
    wanted(format!("{} customer of {tenant}", provider.as_str()), task, run_at)
}

/// A job that is the same for everybody who wants it.
fn wanted(id: String, task: Task, run_at: Timestamp) -> WantedJob {
    WantedJob { id, task, run_at }
}
