//! The few statements that differ between the two engines.

use serde::{Serialize, Serializer};

use super::{Connection, StoreError, StoreResult};

/// Claims the first due job of a lane, in fair order. `PostgreSQL` skips jobs that another node is claiming; `SQLite`
/// has one writer. No due job has a `fair_at` above `$4`, which bounds the scan when no job is due.
pub(super) const CLAIM_JOB_SQLITE: &str = "UPDATE jobs SET locked_until = $2, attempts = attempts + 1, claim = $5 \
     WHERE job_id = (SELECT job_id FROM jobs WHERE lane = $3 AND fair_at <= $4 \
     AND run_at <= $1 AND locked_until <= $1 ORDER BY fair_at, run_at, job_id LIMIT 1) \
     RETURNING job_id, task, attempts, wanted, traceparent";
pub(super) const CLAIM_JOB_POSTGRES: &str = "UPDATE jobs SET locked_until = $2, attempts = attempts + 1, claim = $5 \
     WHERE job_id = (SELECT job_id FROM jobs WHERE lane = $3 AND fair_at <= $4 \
     AND run_at <= $1 AND locked_until <= $1 ORDER BY fair_at, run_at, job_id LIMIT 1 FOR UPDATE SKIP LOCKED) \
     RETURNING job_id, task, attempts, wanted, traceparent";

impl Connection<'_> {
    pub(super) const fn claim_job_statement(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => CLAIM_JOB_SQLITE,
            Self::Postgres(_) => CLAIM_JOB_POSTGRES,
        }
    }
}

/// A statement over many rows, bound as one JSON array of arrays: `value ->> 0` is a row's first field. Each engine has
/// its own function to read such an array. On `PostgreSQL` the array is `jsonb`: of `json` each field would be found by
/// parsing its row once more.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowStatement {
    pub(super) sqlite: &'static str,
    pub(super) postgres: &'static str,
}

/// Encodes rows, each a tuple, as the JSON array that a [`RowStatement`] takes.
pub(super) fn json_rows<R: Serialize>(rows: impl IntoIterator<Item = R>) -> StoreResult<String> {
    let mut text = Vec::with_capacity(1024);
    let unencodable = StoreError::Corrupt("the bound rows");
    if serde_json::Serializer::new(&mut text).collect_seq(rows).is_err() {
        return Err(unencodable);
    }
    String::from_utf8(text).map_err(|_| unencodable)
}

/// Several row statements in one round trip. The parameters are each statement's rows, in order, and then the value of
/// `$2`, which all statements share.
#[derive(Debug)]
pub(super) struct SqlBatch {
    /// The number of statements before the last.
    pub(super) changes: usize,
    pub(super) sqlite: String,
    pub(super) postgres: String,
}

/// The text of a row statement whose rows are the parameter `$rows`, and whose `$2` is the parameter `$shared`.
fn renumbered(text: &str, rows: usize, shared: usize) -> String {
    text.replace("$2", &format!("${shared}")).replace("$1", &format!("${rows}"))
}

impl SqlBatch {
    /// Combines `changes` with the query `look`, whose rows are the result.
    ///
    /// `SQLite` runs one statement after the other. `PostgreSQL` allows parameters only in a single statement, so there
    /// the statements are parts of one, and each part sees the state before all of them.
    pub(super) fn of(changes: &[RowStatement], look: RowStatement) -> Self {
        let shared = changes.len() + 2;
        let all = changes.iter().chain([&look]).enumerate();
        let sqlite: Vec<_> = all.map(|(at, statement)| renumbered(statement.sqlite, at + 1, shared)).collect();
        Self { changes: changes.len(), sqlite: sqlite.join("; "), postgres: Self::on_postgres(None, changes, look) }
    }

    /// Replaces the text for `PostgreSQL` by one of the statement `arrays`, of `changes` and of `look`. The parameters of
    /// `arrays` follow those of the others, whose shared parameter is the last of theirs.
    pub(super) fn with_arrays_on_postgres(self, arrays: &str, changes: &[RowStatement], look: RowStatement) -> Self {
        Self { postgres: Self::on_postgres(Some(arrays), changes, look), ..self }
    }

    fn on_postgres(arrays: Option<&str>, changes: &[RowStatement], look: RowStatement) -> String {
        let shared = changes.len() + 2;
        let numbered = changes.iter().enumerate();
        let numbered = numbered.map(|(at, change)| renumbered(change.postgres, at + 1, shared));
        let changes_and_arrays: Vec<_> = arrays.map(str::to_owned).into_iter().chain(numbered).collect();
        let parts = changes_and_arrays.iter().enumerate();
        let parts: Vec<_> = parts.map(|(at, change)| format!("changed{at} AS ({change} RETURNING 1)")).collect();
        let counts: Vec<_> = (0..parts.len()).map(|at| format!("(SELECT count(*) FROM changed{at})")).collect();
        format!(
            "WITH {}, looked AS ({}) SELECT {} AS changed, looked.* FROM (SELECT 1) AS always LEFT JOIN looked ON true",
            parts.join(", "),
            renumbered(look.postgres, changes.len() + 1, shared),
            counts.join(" + ")
        )
    }
}

impl Connection<'_> {
    pub(super) const fn row_statement(&self, statement: RowStatement) -> &'static str {
        match self {
            Self::Sqlite(_) => statement.sqlite,
            Self::Postgres(_) => statement.postgres,
        }
    }
}

/// Declares row statements; `ROWS` marks the place of the rows. Each row is parsed once instead of once for each field.
/// An optional suffix (`LOCK`) locks rows on `PostgreSQL`; `SQLite` has only one writer.
macro_rules! row_statements {
    ($($visible:vis $name:ident = $before:literal ROWS $after:literal $(LOCK $lock:literal)?;)+) => {
        $($visible const $name: $crate::store::dialect::RowStatement = $crate::store::dialect::RowStatement {
            sqlite: concat!("WITH sent AS MATERIALIZED (SELECT value FROM json_each($1)) ", $before, "sent", $after),
            postgres: concat!(
                "WITH sent AS MATERIALIZED (SELECT value FROM jsonb_array_elements($1::jsonb)) ",
                $before,
                "sent",
                $after
                $(, $lock)?
            ),
        };)+
        #[cfg(test)]
        pub(in crate::store) const ROW_STATEMENTS: &[$crate::store::dialect::RowStatement] = &[$($name),+];
    };
}
pub(super) use row_statements;
