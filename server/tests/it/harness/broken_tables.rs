//! Breaks a database, by renaming a table, holding its lock or refusing rows, and restores it.

use billing::store::Tx;

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

    /// Takes the write lock of the file of `SQLite`, as another process, until the transaction is rolled back.
    pub(crate) async fn lock_the_file(&self) -> Tx {
        self.database.store.begin().await.unwrap()
    }

    /// Makes `PostgreSQL` refuse usage as it does when its disk is full.
    pub(crate) async fn refuse_usage_as_on_a_full_disk(&self) {
        self.alter(
            "CREATE FUNCTION refuse_usage() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$",
        )
        .await;
        self.alter(
            "CREATE TRIGGER full_disk BEFORE INSERT ON usage_events FOR EACH ROW EXECUTE FUNCTION refuse_usage()",
        )
        .await;
    }

    pub(crate) async fn accept_usage_again(&self) {
        self.alter("DROP TRIGGER full_disk ON usage_events").await;
    }
}
