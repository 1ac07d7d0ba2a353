//! The steps of an import. A step is bounded: a page of customers, or a batch of rows.
//!
//! The process that takes a step holds a claim on the import, so that the command line and the workers of all nodes never
//! take steps at once. It renews the claim meanwhile: that of a killed process lapses soon. A step is committed with the
//! position it has reached. Repeating an interrupted step changes nothing.

use std::{pin::pin, time::Duration};

use domain::tenant::import::{ImportId, ImportState};

use super::{Imports, ServiceError, StoredImport, job::import_job};
use crate::store::Tx;

/// How long a claim lasts unless it is renewed.
const CLAIM_SECS: i64 = 30;
/// How often a claim is renewed during a step, and while its holder waits.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(10);
/// How many steps a job takes before other jobs of its lane have their turn.
const STEPS_PER_JOB: usize = 10;
/// When a job looks again at an import that another holder takes further.
const HELD_SECS: i64 = 15;
/// The delay after the first failed step. It doubles with each further one.
const FIRST_DELAY_SECS: i64 = 5;
const LONGEST_DELAY_SECS: i64 = 300;

/// What follows a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportProgress {
    /// The import has ended.
    Over,
    /// There is more to do.
    More,
    /// The provider does not answer. Try again after this many seconds.
    Wait { secs: i64 },
    /// Another holder takes the import further.
    Held,
}

impl Imports {
    /// Returns a new holder of claims.
    pub fn new_holder() -> String {
        uuid::Uuid::now_v7().to_string()
    }

    /// Takes an import some steps further, as a job, and requests the next run.
    pub(crate) async fn run(&self, id: &ImportId) -> Result<(), ServiceError> {
        let holder = Self::new_holder();
        let mut progress = ImportProgress::More;
        for _ in 0..STEPS_PER_JOB {
            progress = self.step(id, &holder).await?;
            if progress != ImportProgress::More {
                break;
            }
        }
        let wait_secs = match progress {
            ImportProgress::Over => return Ok(()),
            ImportProgress::More => 0,
            ImportProgress::Wait { secs } => secs,
            ImportProgress::Held => HELD_SECS,
        };
        self.release(id, &holder).await?;
        let found = self.store().read().await?.connection().find_import(id).await?;
        let Some(import) = found else { return Ok(()) };
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        tx.connection().upsert_jobs(&[import_job(id, import.provider, now.plus_secs(wait_secs))], now).await?;
        tx.commit().await?;
        self.jobs_written().notify_one();
        Ok(())
    }

    /// Takes one step, under the claim of `holder`. Safe to repeat and to interrupt at any time.
    ///
    /// An error of the provider is stored with the import: after one that may pass, the import waits; any other fails it.
    /// An error of the database is returned.
    pub async fn step(&self, id: &ImportId, holder: &str) -> Result<ImportProgress, ServiceError> {
        let Some(before) = self.claim(id, holder).await? else {
            let found = self.store().read().await?.connection().find_import(id).await?;
            let is_running = found.is_some_and(|import| import.state.is_running());
            return Ok(if is_running { ImportProgress::Held } else { ImportProgress::Over });
        };
        let mut import = before.clone();
        let outcome = self.holding(id, holder, Box::pin(self.advance(&mut import, holder))).await;
        match outcome {
            Ok(true) if import.state.is_running() => Ok(ImportProgress::More),
            Ok(true) => Ok(ImportProgress::Over),
            Ok(false) => Ok(ImportProgress::Held),
            Err(error) => self.note_failure(before, holder, error).await,
        }
    }

    /// Waits so many seconds and keeps the claim of `holder`, so that no other holder takes a step sooner.
    pub async fn wait(&self, id: &ImportId, holder: &str, secs: i64) {
        self.holding(id, holder, tokio::time::sleep(Duration::from_secs(secs.unsigned_abs()))).await;
    }

    /// Does `work` and renews the claim of `holder` meanwhile. The two run concurrently, because `work` may hold the
    /// writer that the renewal waits for.
    async fn holding<T>(&self, id: &ImportId, holder: &str, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            let renewal = async {
                tokio::time::sleep(RENEWAL_INTERVAL).await;
                if let Err(error) = self.renew(id, holder).await {
                    tracing::warn!(import = %id, error = &error as &dyn std::error::Error, "failed to renew the claim of an import");
                }
            };
            tokio::select! {
                outcome = &mut work => return outcome,
                () = renewal => {}
            }
        }
    }

    async fn renew(&self, id: &ImportId, holder: &str) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        let locked_until = self.wall_now().plus_secs(CLAIM_SECS);
        tx.connection().renew_import(id, holder, locked_until).await?;
        Ok(tx.commit().await?)
    }

    /// Ends the claim of `holder`, so that another need not wait for it to lapse.
    pub async fn release(&self, id: &ImportId, holder: &str) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        tx.connection().release_import(id, holder).await?;
        Ok(tx.commit().await?)
    }

    /// Claims a running import; `None` while another holder has it, or if it does not run.
    async fn claim(&self, id: &ImportId, holder: &str) -> Result<Option<StoredImport>, ServiceError> {
        let mut tx = self.store().begin().await?;
        let now = self.wall_now();
        let is_claimed = tx.connection().claim_import(id, holder, now, now.plus_secs(CLAIM_SECS)).await?;
        let import = if is_claimed { tx.connection().find_import(id).await? } else { None };
        tx.commit().await?;
        Ok(import)
    }

    /// Does the work of a step. `false` if the claim was lost or the import was canceled: then nothing was committed.
    async fn advance(&self, import: &mut StoredImport, holder: &str) -> Result<bool, ServiceError> {
        self.require_same_account(import).await?;
        match import.state {
            ImportState::Reading => self.read_page(import, holder).await,
            ImportState::Planning | ImportState::Writing => Box::pin(self.decide_batch(import, holder)).await,
            ImportState::Done | ImportState::Failed | ImportState::Canceled => Ok(true),
        }
    }

    /// Fails if an operator has made the installation use another account of the provider since the import began.
    async fn require_same_account(&self, import: &StoredImport) -> Result<(), ServiceError> {
        let stored = self.store().read().await?.connection().find_provider_account(import.provider).await?;
        match (&import.account, stored) {
            (Some(account), Some(stored)) if *account != stored.id => Err(ServiceError::field(
                "account",
                format!("The installation uses another account at {} since. Start again.", import.provider.title()),
            )),
            _ => Ok(()),
        }
    }

    /// Stores the progress of a step in its transaction, and commits. `false`, and nothing is committed, if the claim was
    /// lost or the import was canceled.
    pub(super) async fn commit_step(
        &self,
        mut tx: Tx,
        import: &mut StoredImport,
        holder: &str,
    ) -> Result<bool, ServiceError> {
        (import.failures, import.error) = (0, None);
        let now = self.wall_now();
        let is_held = tx.connection().update_import(import, holder, now, now.plus_secs(CLAIM_SECS)).await?;
        if is_held {
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
        Ok(is_held)
    }

    async fn note_failure(
        &self,
        mut import: StoredImport,
        holder: &str,
        error: ServiceError,
    ) -> Result<ImportProgress, ServiceError> {
        if matches!(error, ServiceError::Store(_) | ServiceError::Unavailable | ServiceError::Internal(_)) {
            return Err(error);
        }
        let progress = if may_pass(&error) {
            import.failures = import.failures.saturating_add(1);
            let asked = match &error {
                ServiceError::ProviderUnavailable { cause, .. } => cause.retry_after_secs().unwrap_or_default(),
                _ => 0,
            };
            ImportProgress::Wait { secs: delay_secs(import.failures).max(asked.into()) }
        } else {
            import.state = ImportState::Failed;
            ImportProgress::Over
        };
        import.error = Some(error.reason());
        let id = import.id.clone();
        tracing::warn!(import = %id, ?progress, error = &error as &dyn std::error::Error, "failed to take a step of an import");
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        let is_held = tx.connection().update_import(&import, holder, now, now.plus_secs(CLAIM_SECS)).await?;
        tx.commit().await?;
        Ok(if is_held { progress } else { ImportProgress::Held })
    }
}

/// Whether the error may pass without a change of the settings or of the import.
const fn may_pass(error: &ServiceError) -> bool {
    matches!(
        error,
        ServiceError::ProviderUnavailable { .. }
            | ServiceError::ProviderAccountChanged { .. }
            | ServiceError::Conflict(_)
            | ServiceError::Busy { .. }
    )
}

fn delay_secs(failures: u64) -> i64 {
    let doubled = u32::try_from(failures.saturating_sub(1)).unwrap_or(u32::MAX).min(16);
    FIRST_DELAY_SECS.saturating_mul(1 << doubled).min(LONGEST_DELAY_SECS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_doubles_up_to_five_minutes() {
        assert_eq!([1, 2, 3, 7, 100, u64::MAX].map(delay_secs), [5, 10, 20, 300, 300, 300]);
    }
}
