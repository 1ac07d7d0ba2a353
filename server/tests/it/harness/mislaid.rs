//! A database that has lost a table.

use super::TestApp;

impl TestApp {
    /// Breaks the database for everyone who is signed in.
    pub(crate) async fn mislay_the_memberships(&self) {
        self.alter("ALTER TABLE memberships RENAME TO mislaid").await;
    }

    /// Breaks it for the worker, and for whoever counts jobs.
    pub(crate) async fn mislay_the_jobs(&self) {
        self.alter("ALTER TABLE jobs RENAME TO mislaid_jobs").await;
    }

    pub(crate) async fn find_the_jobs_again(&self) {
        self.alter("ALTER TABLE mislaid_jobs RENAME TO jobs").await;
    }
}
