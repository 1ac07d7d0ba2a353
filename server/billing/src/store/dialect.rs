//! The few statements that the two engines can't share.

use serde::{Serialize, Serializer};

use super::{Link, StoreError, StoreResult};

/// Claims the job that is due longest. `PostgreSQL` passes over jobs that another node is just claiming; `SQLite` has one writer.
pub(super) const CLAIM_JOB_SQLITE: &str = "UPDATE jobs SET locked_until = $2, attempts = attempts + 1 \
     WHERE job_id = (SELECT job_id FROM jobs WHERE run_at <= $1 AND locked_until <= $1 ORDER BY run_at, job_id LIMIT 1) \
     RETURNING job_id, task, attempts, wanted";
pub(super) const CLAIM_JOB_POSTGRES: &str = "UPDATE jobs SET locked_until = $2, attempts = attempts + 1 \
     WHERE job_id = (SELECT job_id FROM jobs WHERE run_at <= $1 AND locked_until <= $1 ORDER BY run_at, job_id LIMIT 1 \
     FOR UPDATE SKIP LOCKED) \
     RETURNING job_id, task, attempts, wanted";

impl Link<'_> {
    pub(super) const fn claim_job_statement(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => CLAIM_JOB_SQLITE,
            Self::Postgres(_) => CLAIM_JOB_POSTGRES,
        }
    }
}

/// A statement over many rows at once, which are sent as one JSON array of arrays: `value ->> 0` is a row's first field.
/// Both engines read such an array, each by a function of its own name.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowStatement {
    pub(super) sqlite: &'static str,
    pub(super) postgres: &'static str,
}

/// Rows as such a statement takes them: each a tuple.
pub(super) fn sent<R: Serialize>(rows: impl IntoIterator<Item = R>) -> StoreResult<String> {
    let mut text = Vec::with_capacity(1024);
    let unwritable = StoreError::Corrupt("what is sent to the database");
    if serde_json::Serializer::new(&mut text).collect_seq(rows).is_err() {
        return Err(unwritable);
    }
    String::from_utf8(text).map_err(|_| unwritable)
}

impl Link<'_> {
    pub(super) const fn over_rows(&self, statement: RowStatement) -> &'static str {
        match self {
            Self::Sqlite(_) => statement.sqlite,
            Self::Postgres(_) => statement.postgres,
        }
    }
}

/// Declares statements over rows; `ROWS` stands where the rows do. Each row is made a text once, not once a field. What is needed
/// to hold rows that others may change ends the text on `PostgreSQL`: on `SQLite` whoever writes is alone.
macro_rules! row_statements {
    ($($name:ident = $before:literal ROWS $after:literal $(HELD $held:literal)?;)+) => {
        $(const $name: $crate::store::dialect::RowStatement = $crate::store::dialect::RowStatement {
            sqlite: concat!("WITH sent AS MATERIALIZED (SELECT value FROM json_each($1)) ", $before, "sent", $after),
            postgres: concat!(
                "WITH sent AS MATERIALIZED (SELECT value FROM json_array_elements($1::json)) ",
                $before,
                "sent",
                $after
                $(, $held)?
            ),
        };)+
        #[cfg(test)]
        pub(in crate::store) const ROW_STATEMENTS: &[$crate::store::dialect::RowStatement] = &[$($name),+];
    };
}
pub(super) use row_statements;
