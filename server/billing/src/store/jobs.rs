//! Work that must be done, kept until it is. Times are wall time.

use domain::{
    account::Email,
    entitlement::alert::AlertKind,
    ids::{CheckoutAttemptId, FeatureKey, InvitationId, TenantId, UserId},
    lifecycle::DunningKind,
    subscription::Provider,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use super::{
    Link, StoreError, StoreResult,
    dialect::{row_statements, sent},
    on_backend,
};
use crate::payment::EventSubject;

mod fairness;
mod lane;
use fairness::{BatchPlaces, MOST_AHEAD_SECS, SPAN_SECS};
pub use lane::Lane;

/// A change to a secret, as its mail says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretNotice {
    pub secret: String,
    pub is_deleted: bool,
    /// The actor, as the store writes one.
    pub by: String,
    /// The address that the request came from.
    pub from: Option<String>,
    pub at: Timestamp,
}

/// What of an account was changed, as its mail says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountNotice {
    PasswordChanged,
    /// By a link that was mailed, or that the installation printed.
    PasswordReset,
    /// By an ID token.
    PasswordSetByToken,
    SecondFactorEnabled,
    SecondFactorRemoved,
    RecoveryCodesRenewed,
    SignInLinked,
}

/// When a job runs that was given up: the last second of the year 9999.
pub const NEVER: Timestamp = Timestamp::from_secs(253_402_300_799);

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Task {
    /// Fetch what events in the inbox hint at.
    FollowHints { provider: Provider, subject: EventSubject },
    /// Close the hosted page of an attempt that was superseded.
    ExpireCheckout { tenant: TenantId, attempt: CheckoutAttemptId },
    /// Send an invitation to the address that it is for.
    MailInvitation { tenant: TenantId, invitation: InvitationId },
    /// Tell whoever sells of an enterprise request.
    MailEnterpriseRequest { request: String },
    /// See how a tenant's counters stand to limits that have changed.
    LookAtLimits { tenant: TenantId },
    /// Have every admin told of a limit.
    TellAdmins { tenant: TenantId, feature: FeatureKey, told_since: Timestamp, kind: AlertKind },
    /// Tell one.
    MailAlert { tenant: TenantId, feature: FeatureKey, told_since: Timestamp, kind: AlertKind, to: UserId },
    /// The same, of what was found in the provider's own list.
    FollowListed { provider: Provider, subject: EventSubject },
    /// Read what has happened at a provider since that was last read.
    CatchUp { provider: Provider },
    /// Compare subscriptions with what the provider says, those first that were not compared for longest.
    WalkSubscriptions,
    /// Ask the provider about one tenant, whom the walk could not finish with.
    Reconcile { tenant: TenantId, provider: Provider },
    /// Cancel a subscription that is paid beside another, and give the money back.
    SettleDoubled { tenant: TenantId, provider: Provider, subscription: String },
    /// A period or a grace has ended: see what holds now.
    TurnPeriod { tenant: TenantId },
    /// Tell an admin of a payment that is due, or no longer is.
    MailDunning {
        tenant: TenantId,
        provider: Provider,
        subscription: String,
        since: Timestamp,
        kind: DunningKind,
        to: UserId,
    },
    /// Tell an admin of an endpoint that is told nothing more.
    MailEndpointDisabled { tenant: TenantId, endpoint: String, to: UserId },
    /// Send a way to a new password, if the address has an account: whether it has is not looked up where somebody waits.
    MailPasswordReset { email: Email, asked_at: Timestamp },
    /// Have every admin told of a change to a secret that directs money.
    NotifySecretChanged { tenant: TenantId, notice: SecretNotice },
    /// Tell one.
    MailSecretChanged { tenant: TenantId, notice: SecretNotice, to: UserId },
    /// Send a link that proves the address of an account.
    MailAddressProof { user: UserId, email: Email, asked_at: Timestamp },
    /// Send a link that gives an account another address.
    MailAddressChange { user: UserId, email: Email, asked_at: Timestamp },
    /// Send a notice to the address that an account has that `new` was asked for.
    MailAddressChangeNotice { old: Email, new: Email, asked_at: Timestamp },
    /// Tell the owner of an account what opens it from now on.
    MailAccountNotice { user: UserId, email: Email, notice: AccountNotice, at: Timestamp },
}

impl Task {
    /// Where it waits.
    const fn lane(&self) -> Lane {
        match self {
            Self::FollowHints { provider, .. }
            | Self::FollowListed { provider, .. }
            | Self::CatchUp { provider }
            | Self::Reconcile { provider, .. }
            | Self::SettleDoubled { provider, .. } => Lane::of(*provider),
            Self::ExpireCheckout { .. } | Self::WalkSubscriptions | Self::TurnPeriod { .. } => Lane::AnyProvider,
            Self::MailInvitation { .. }
            | Self::MailEnterpriseRequest { .. }
            | Self::MailAlert { .. }
            | Self::MailDunning { .. }
            | Self::MailEndpointDisabled { .. }
            | Self::MailPasswordReset { .. }
            | Self::MailSecretChanged { .. }
            | Self::MailAddressProof { .. }
            | Self::MailAddressChange { .. }
            | Self::MailAddressChangeNotice { .. }
            | Self::MailAccountNotice { .. } => Lane::Mail,
            Self::LookAtLimits { .. } | Self::TellAdmins { .. } | Self::NotifySecretChanged { .. } => {
                Lane::Housekeeping
            }
        }
    }

    /// The tenant that it is about, where that is known.
    const fn tenant(&self) -> Option<&TenantId> {
        match self {
            Self::ExpireCheckout { tenant, .. }
            | Self::MailInvitation { tenant, .. }
            | Self::LookAtLimits { tenant }
            | Self::TellAdmins { tenant, .. }
            | Self::MailAlert { tenant, .. }
            | Self::Reconcile { tenant, .. }
            | Self::SettleDoubled { tenant, .. }
            | Self::TurnPeriod { tenant }
            | Self::MailDunning { tenant, .. }
            | Self::MailEndpointDisabled { tenant, .. }
            | Self::NotifySecretChanged { tenant, .. }
            | Self::MailSecretChanged { tenant, .. } => Some(tenant),
            Self::FollowHints { .. }
            | Self::FollowListed { .. }
            | Self::CatchUp { .. }
            | Self::WalkSubscriptions
            | Self::MailEnterpriseRequest { .. }
            | Self::MailPasswordReset { .. }
            | Self::MailAddressProof { .. }
            | Self::MailAddressChange { .. }
            | Self::MailAddressChangeNotice { .. }
            | Self::MailAccountNotice { .. } => None,
        }
    }
}

/// A job that this worker has for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedJob {
    pub id: String,
    /// As it was written, perhaps by a version that knows other tasks: read it with [`ClaimedJob::task`].
    text: String,
    /// With this one.
    pub attempts: i64,
    /// How often it had been asked for when it was claimed.
    wanted: i64,
}

super::statements! {
    RENEW_JOB = "UPDATE jobs SET locked_until = $3 WHERE job_id = $1 AND attempts = $2";
    DELETE_JOB = "DELETE FROM jobs WHERE job_id = $1 AND wanted = $2";
    RETURN_JOB = "UPDATE jobs SET locked_until = 0, attempts = 0, last_error = NULL WHERE job_id = $1";
    DELAY_JOB = "UPDATE jobs SET run_at = $2, fair_at = fair_at + $2 - run_at, locked_until = 0, last_error = $3 \
         WHERE job_id = $1";
    FIND_NEXT_RUN = "SELECT min(CASE WHEN run_at > locked_until THEN run_at ELSE locked_until END) FROM jobs \
         WHERE lane = $1";
    DELETE_GIVEN_UP_JOBS = "DELETE FROM jobs WHERE run_at = $1 AND created_at < $2";
    COUNT_JOBS = "SELECT count(*) FROM jobs";
}

row_statements! {
    // `start_at` is where the lane is now (`$3` is `SPAN_SECS` ago); `own` are jobs of the tenant that wait, at most a span ahead: see
    // `fairness`. On conflict, a job that is being done is due again when the last who asked says; one that waits, when the first does.
    WRITE_JOBS = "INSERT INTO jobs (job_id, task, run_at, attempts, locked_until, created_at, tenant_id, lane, fair_at) \
         SELECT placed.value ->> 0, placed.value ->> 1, placed.run_at, 0, 0, $2, placed.tenant_id, placed.lane, \
         COALESCE((SELECT max(own.fair_at) + 1000000 FROM \
         (SELECT waiting.fair_at, waiting.run_at FROM jobs AS waiting WHERE waiting.tenant_id = placed.tenant_id \
         AND waiting.lane = placed.lane AND waiting.fair_at > placed.start_at - 1000000 \
         AND waiting.fair_at <= placed.run_at + 900000000 ORDER BY waiting.fair_at DESC LIMIT 900) AS own \
         WHERE own.run_at <= placed.run_at), placed.start_at) + 1000000 * CAST(placed.value ->> 5 AS BIGINT) \
         FROM (SELECT sent.value, CAST(sent.value ->> 2 AS BIGINT) AS run_at, sent.value ->> 3 AS tenant_id, \
         sent.value ->> 4 AS lane, CAST(sent.value ->> 2 AS BIGINT) - COALESCE($2 - (SELECT ahead.fair_at \
         FROM jobs AS ahead WHERE ahead.lane = sent.value ->> 4 AND ahead.fair_at >= $3 AND ahead.fair_at < $2 \
         AND ahead.run_at <= $2 AND ahead.locked_until <= $2 ORDER BY ahead.fair_at LIMIT 1), 0) AS start_at FROM "
        ROWS ") AS placed WHERE true ON CONFLICT (job_id) DO UPDATE SET wanted = jobs.wanted + 1, run_at = CASE \
         WHEN jobs.locked_until > excluded.created_at OR jobs.run_at > excluded.run_at THEN excluded.run_at \
         ELSE jobs.run_at END, fair_at = CASE \
         WHEN jobs.locked_until > excluded.created_at OR jobs.run_at > excluded.run_at THEN excluded.fair_at \
         ELSE jobs.fair_at END";
}

/// Work that is done once however many ask for it: who asks while it is being done has it done again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedJob {
    /// The same for whoever wants the same.
    pub id: String,
    pub task: Task,
    pub run_at: Timestamp,
}

impl ClaimedJob {
    /// Read only once the claim is committed: an unreadable one then waits its turn like any other that fails.
    pub fn task(&self) -> StoreResult<Task> {
        serde_json::from_str(&self.text).map_err(|_| StoreError::Corrupt("jobs.task"))
    }
}

#[derive(sqlx::FromRow)]
struct ClaimedJobRow {
    job_id: String,
    task: String,
    attempts: i64,
    wanted: i64,
}

impl Link<'_> {
    /// Part of the transaction that makes the work necessary. Returns the id of the job.
    pub async fn insert_job(&mut self, task: &Task, run_at: Timestamp, now: Timestamp) -> StoreResult<String> {
        let id = uuid::Uuid::now_v7().to_string();
        // The lines of a job name the job; this one, which request it came of.
        tracing::debug!(job = id, ?task, "a job is written");
        self.want_jobs(&[WantedJob { id: id.clone(), task: task.clone(), run_at }], now).await?;
        Ok(id)
    }

    /// Claims the next due job of a lane until `locked_until`: the order is fair among tenants. A later claim takes the job from a
    /// worker that did not renew it.
    pub async fn claim_job(
        &mut self,
        lane: Lane,
        now: Timestamp,
        locked_until: Timestamp,
    ) -> StoreResult<Option<ClaimedJob>> {
        let statement = self.claim_job_statement();
        let row: Option<ClaimedJobRow> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(now.as_micros())
            .bind(locked_until.as_micros())
            .bind(lane.as_str())
            .bind(now.plus_secs(MOST_AHEAD_SECS).as_micros())
            .fetch_optional(&mut **connection)
            .await?);
        Ok(row.map(|ClaimedJobRow { job_id, task, attempts, wanted }| ClaimedJob {
            id: job_id,
            text: task,
            attempts,
            wanted,
        }))
    }

    /// Keeps a job that nobody else has claimed since.
    pub async fn renew_job(&mut self, job: &ClaimedJob, locked_until: Timestamp) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(RENEW_JOB)
            .bind(&job.id)
            .bind(job.attempts)
            .bind(locked_until.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Asks for jobs, of which no two may have the same id. Jobs of one tenant are claimed in the order in which they stand here.
    pub async fn want_jobs(&mut self, jobs: &[WantedJob], now: Timestamp) -> StoreResult<()> {
        let mut rows = Vec::with_capacity(jobs.len());
        let mut places = BatchPlaces::default();
        for WantedJob { id, task, run_at } in jobs {
            let text = serde_json::to_string(task).map_err(|_| StoreError::Corrupt("jobs.task"))?;
            let (tenant, lane) = (task.tenant().map(TenantId::as_str), task.lane());
            rows.push((id, text, run_at.as_micros(), tenant, lane.as_str(), places.next(tenant, lane)));
        }
        let statement = self.over_rows(WRITE_JOBS);
        on_backend!(self, connection => sqlx::query(statement)
            .bind(sent(rows)?)
            .bind(now.as_micros())
            .bind(now.plus_secs(-SPAN_SECS).as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// A job is done: it goes, unless somebody has asked for it since it was claimed.
    pub async fn finish_job(&mut self, job: &ClaimedJob) -> StoreResult<()> {
        let deleted = on_backend!(self, connection => sqlx::query(DELETE_JOB)
            .bind(&job.id)
            .bind(job.wanted)
            .execute(&mut **connection)
            .await?
            .rows_affected());
        if deleted == 0 {
            on_backend!(self, connection => sqlx::query(RETURN_JOB)
                .bind(&job.id)
                .execute(&mut **connection)
                .await
                .map(drop)?);
        }
        Ok(())
    }

    /// Gives the job back for another try, in the same place among its tenant's jobs.
    pub async fn delay_job(&mut self, id: &str, run_at: Timestamp, error: &str) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(DELAY_JOB)
            .bind(id)
            .bind(run_at.as_micros())
            .bind(error)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Keeps a job that failed for good, so that its reason can be shown.
    pub async fn give_up_job(&mut self, id: &str, error: &str) -> StoreResult<()> {
        self.delay_job(id, NEVER, error).await
    }

    /// Deletes jobs that were given up and made before `before`.
    pub async fn delete_given_up_jobs(&mut self, before: Timestamp) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(DELETE_GIVEN_UP_JOBS)
            .bind(NEVER.as_micros())
            .bind(before.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// When there is next something to do in a lane.
    pub async fn find_next_run(&mut self, lane: Lane) -> StoreResult<Option<Timestamp>> {
        let at: Option<i64> = on_backend!(self, connection => sqlx::query_scalar(FIND_NEXT_RUN)
            .bind(lane.as_str())
            .fetch_one(&mut **connection)
            .await?);
        Ok(at.map(Timestamp::from_micros))
    }

    pub async fn count_jobs(&mut self) -> StoreResult<u64> {
        let count: i64 =
            on_backend!(self, connection => sqlx::query_scalar(COUNT_JOBS).fetch_one(&mut **connection).await?);
        Ok(count.unsigned_abs())
    }
}

/// The claims of both engines, for the test that prepares every statement.
#[cfg(test)]
pub(super) const CLAIMS: [&str; 2] = [super::dialect::CLAIM_JOB_SQLITE, super::dialect::CLAIM_JOB_POSTGRES];

#[cfg(test)]
mod tests;
