//! A database that has lost a table.

use super::TestApp;

impl TestApp {
    /// Breaks the database for everyone who is signed in.
    pub(crate) async fn hide_the_memberships_table(&self) {
        self.alter("ALTER TABLE memberships RENAME TO hidden_memberships").await;
    }

    /// Breaks it for the worker, and for whoever counts jobs.
    pub(crate) async fn hide_the_jobs_table(&self) {
        self.alter("ALTER TABLE jobs RENAME TO hidden_jobs").await;
    }

    pub(crate) async fn restore_the_jobs_table(&self) {
        self.alter("ALTER TABLE hidden_jobs RENAME TO jobs").await;
    }
}
