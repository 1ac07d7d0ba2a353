//! Breaks a database by renaming a table, and restores it.

use super::TestApp;

impl TestApp {
    /// Makes every request with a session fail.
    pub(crate) async fn hide_the_memberships_table(&self) {
        self.alter("ALTER TABLE memberships RENAME TO hidden_memberships").await;
    }

    /// Makes every page with a portal session fail.
    pub(crate) async fn hide_the_portal_sessions_table(&self) {
        self.alter("ALTER TABLE portal_sessions RENAME TO hidden_portal_sessions").await;
    }

    /// Makes the worker and the count of jobs fail.
    pub(crate) async fn hide_the_jobs_table(&self) {
        self.alter("ALTER TABLE jobs RENAME TO hidden_jobs").await;
    }

    pub(crate) async fn restore_the_jobs_table(&self) {
        self.alter("ALTER TABLE hidden_jobs RENAME TO jobs").await;
    }
}
