//! Imports of customers from a payment provider. Times are wall time.

use std::collections::BTreeMap;

use domain::{
    ids::{ImportId, UserId},
    subscription::Provider,
    tenant::import::{ImportOutcome, ImportState},
    time::Timestamp,
};

use crate::store::{Connection, StoreError, StoreResult, on_backend, parse, statements};

/// The columns of [`ImportRow`].
macro_rules! columns {
    () => {
        "imports.import_id, imports.provider, imports.account_id, imports.source, imports.is_dry_run, imports.state, \
         imports.adopts, imports.cursor, imports.position, imports.counts, imports.read_rows, imports.written_rows, \
         imports.failures, imports.error, imports.created_by, users.email, imports.created_at, imports.updated_at \
         FROM imports LEFT JOIN users ON users.user_id = imports.created_by"
    };
}

statements! {
    // Violates `imports_running` while another import of the provider runs.
    INSERT_IMPORT = "INSERT INTO imports (import_id, provider, account_id, source, is_dry_run, state, position, counts, \
         read_rows, written_rows, failures, created_by, created_at, updated_at, locked_until) \
         VALUES ($1, $2, $3, $4, $5, $6, 0, '{}', $7, 0, 0, $8, $9, $9, 0)";
    FIND_IMPORT = concat!("SELECT ", columns!(), " WHERE imports.import_id = $1");
    FIND_RUNNING_IMPORT = concat!(
        "SELECT ",
        columns!(),
        " WHERE imports.provider = $1 AND imports.state IN ('reading', 'planning', 'writing')"
    );
    LIST_IMPORTS = concat!("SELECT ", columns!(), " ORDER BY imports.created_at DESC, imports.import_id DESC LIMIT 20");
    CLAIM_IMPORT = "UPDATE imports SET holder = $2, locked_until = $4 WHERE import_id = $1 \
         AND state IN ('reading', 'planning', 'writing') AND (locked_until <= $3 OR holder = $2)";
    // No-op for a holder that has lost its claim.
    RENEW_IMPORT = "UPDATE imports SET locked_until = $3 WHERE import_id = $1 AND holder = $2";
    RELEASE_IMPORT = "UPDATE imports SET holder = NULL, locked_until = 0 WHERE import_id = $1 AND holder = $2";
    // No-op for a holder that has lost its claim, and for an import that was canceled meanwhile.
    UPDATE_IMPORT = "UPDATE imports SET state = $3, cursor = $4, position = $5, counts = $6, read_rows = $7, written_rows = $8, \
         failures = $9, error = $10, updated_at = $11, is_dry_run = $12, locked_until = $13 WHERE import_id = $1 AND holder = $2 \
         AND state IN ('reading', 'planning', 'writing')";
    CANCEL_IMPORT = "UPDATE imports SET state = 'canceled', error = NULL, updated_at = $2, holder = NULL, locked_until = 0 \
         WHERE import_id = $1 AND state IN ('reading', 'planning', 'writing')";
    // Violates `imports_running` while another import of the provider runs.
    // The claim of the dry run ends, so that the workers need not wait for it to lapse.
    ADOPT_IMPORT = "UPDATE imports SET state = 'writing', adopts = $2, position = 0, failures = 0, error = NULL, updated_at = $3, \
         holder = NULL, locked_until = 0 WHERE import_id = $1 AND state = 'done' AND is_dry_run = $4";
}

/// An import as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredImport {
    pub id: ImportId,
    pub provider: Provider,
    /// The account at the provider that it reads.
    pub account: Option<String>,
    /// `csv`, or where the external ids come from.
    pub source: String,
    pub is_dry_run: bool,
    pub state: ImportState,
    /// Which rows of a finished dry run are made real.
    pub adopts: Option<Adoption>,
    /// The provider's cursor of the next page of customers.
    pub cursor: Option<String>,
    /// The last row that was read, or decided.
    pub position: u64,
    pub counts: BTreeMap<ImportOutcome, u64>,
    pub read: u64,
    pub written: u64,
    /// How many steps in a row failed.
    pub failures: u64,
    pub error: Option<String>,
    /// The operator who started it; `None` for the command line.
    pub created_by: Option<UserId>,
    /// The operator's current address; `None` also if the account is gone.
    pub created_by_email: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Which rows of a finished dry run are made real.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adoption {
    All,
    /// Rows with `is_selected`.
    Selected,
}

impl Adoption {
    const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Selected => "selected",
        }
    }
}

impl std::str::FromStr for Adoption {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::All, Self::Selected].into_iter().find(|adoption| adoption.as_str() == text).ok_or(())
    }
}

/// What an import is stored from.
#[derive(Clone, Copy, Debug)]
pub struct NewImport<'a> {
    pub id: &'a ImportId,
    pub provider: Provider,
    pub account: &'a str,
    pub source: &'a str,
    pub is_dry_run: bool,
    pub state: ImportState,
    /// How many rows it has already: those of a CSV.
    pub rows: u64,
    pub created_by: Option<&'a UserId>,
}

#[derive(sqlx::FromRow)]
struct ImportRow {
    import_id: String,
    provider: String,
    account_id: Option<String>,
    source: String,
    is_dry_run: bool,
    state: String,
    adopts: Option<String>,
    cursor: Option<String>,
    position: i64,
    counts: String,
    read_rows: i64,
    written_rows: i64,
    failures: i64,
    error: Option<String>,
    created_by: Option<String>,
    email: Option<String>,
    created_at: i64,
    updated_at: i64,
}

impl ImportRow {
    fn read(self) -> StoreResult<StoredImport> {
        let Self {
            import_id,
            provider,
            account_id,
            source,
            is_dry_run,
            state,
            adopts,
            cursor,
            position,
            counts,
            read_rows,
            written_rows,
            failures,
            error,
            created_by,
            email,
            created_at,
            updated_at,
        } = self;
        Ok(StoredImport {
            id: parse(&import_id, "imports.import_id")?,
            provider: parse(&provider, "imports.provider")?,
            account: account_id,
            source,
            is_dry_run,
            state: parse(&state, "imports.state")?,
            adopts: adopts.map(|adopts| parse(&adopts, "imports.adopts")).transpose()?,
            cursor,
            position: position.unsigned_abs(),
            counts: serde_json::from_str(&counts).map_err(|_| StoreError::Corrupt("imports.counts"))?,
            read: read_rows.unsigned_abs(),
            written: written_rows.unsigned_abs(),
            failures: failures.unsigned_abs(),
            error,
            created_by: created_by.map(|user| parse(&user, "imports.created_by")).transpose()?,
            created_by_email: email,
            created_at: Timestamp::from_micros(created_at),
            updated_at: Timestamp::from_micros(updated_at),
        })
    }
}

/// Converts a count or a position to a column's value.
pub(super) fn column(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl Connection<'_> {
    /// Inserts an import. Conflict while another import of the provider runs.
    pub async fn insert_import(&mut self, new: &NewImport<'_>, now: Timestamp) -> StoreResult<()> {
        let NewImport { id, provider, account, source, is_dry_run, state, rows, created_by } = *new;
        on_backend!(self, connection => sqlx::query(INSERT_IMPORT)
            .bind(id.as_str())
            .bind(provider.as_str())
            .bind(account)
            .bind(source)
            .bind(is_dry_run)
            .bind(state.as_str())
            .bind(column(rows))
            .bind(created_by.map(UserId::as_str))
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    pub async fn find_import(&mut self, id: &ImportId) -> StoreResult<Option<StoredImport>> {
        let row: Option<ImportRow> = on_backend!(self, connection => sqlx::query_as(FIND_IMPORT)
            .bind(id.as_str())
            .fetch_optional(&mut **connection)
            .await?);
        row.map(ImportRow::read).transpose()
    }

    /// Finds the import of the provider that runs, or waits to be tried again.
    pub async fn find_running_import(&mut self, provider: Provider) -> StoreResult<Option<StoredImport>> {
        let row: Option<ImportRow> = on_backend!(self, connection => sqlx::query_as(FIND_RUNNING_IMPORT)
            .bind(provider.as_str())
            .fetch_optional(&mut **connection)
            .await?);
        row.map(ImportRow::read).transpose()
    }

    /// Lists the newest 20 imports, newest first.
    pub async fn list_imports(&mut self) -> StoreResult<Vec<StoredImport>> {
        let rows: Vec<ImportRow> = on_backend!(self, connection => sqlx::query_as(LIST_IMPORTS)
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(ImportRow::read).collect()
    }

    /// Claims a running import until `locked_until`, or extends the claim of `holder`. `false` while another holder has
    /// it, and for an import that does not run.
    pub async fn claim_import(
        &mut self,
        id: &ImportId,
        holder: &str,
        now: Timestamp,
        locked_until: Timestamp,
    ) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(CLAIM_IMPORT)
            .bind(id.as_str())
            .bind(holder)
            .bind(now.as_micros())
            .bind(locked_until.as_micros())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    /// Extends the claim of `holder`. No-op if another holder has the import by now.
    pub async fn renew_import(&mut self, id: &ImportId, holder: &str, locked_until: Timestamp) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(RENEW_IMPORT)
            .bind(id.as_str())
            .bind(holder)
            .bind(locked_until.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Ends a claim. No-op for another holder.
    pub async fn release_import(&mut self, id: &ImportId, holder: &str) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(RELEASE_IMPORT)
            .bind(id.as_str())
            .bind(holder)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Stores the progress of an import and extends the claim of `holder`. `false`, and nothing is written, if the claim
    /// is lost or the import was canceled.
    pub async fn update_import(
        &mut self,
        import: &StoredImport,
        holder: &str,
        now: Timestamp,
        locked_until: Timestamp,
    ) -> StoreResult<bool> {
        let counts = serde_json::to_string(&import.counts).map_err(|_| StoreError::Corrupt("imports.counts"))?;
        let rows = on_backend!(self, connection => sqlx::query(UPDATE_IMPORT)
            .bind(import.id.as_str())
            .bind(holder)
            .bind(import.state.as_str())
            .bind(import.cursor.as_deref())
            .bind(column(import.position))
            .bind(&counts)
            .bind(column(import.read))
            .bind(column(import.written))
            .bind(column(import.failures))
            .bind(import.error.as_deref())
            .bind(now.as_micros())
            .bind(import.is_dry_run)
            .bind(locked_until.as_micros())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    /// Cancels a running import. `false` if it does not run.
    pub async fn cancel_import(&mut self, id: &ImportId, now: Timestamp) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(CANCEL_IMPORT)
            .bind(id.as_str())
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    /// Makes a finished dry run write. `false` if it is none. Conflict while another import of the provider runs.
    pub async fn adopt_import(&mut self, id: &ImportId, adopts: Adoption, now: Timestamp) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(ADOPT_IMPORT)
            .bind(id.as_str())
            .bind(adopts.as_str())
            .bind(now.as_micros())
            .bind(true)
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }
}

#[cfg(test)]
mod tests;
