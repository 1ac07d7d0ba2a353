//! Errors of the store, and which of them pass by themselves.

use sqlx::postgres::{PgDatabaseError, PgSeverity};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("database error")]
    Sqlx(#[source] sqlx::Error),
    /// During a commit the connection was lost or an fsync failed: the transaction is either committed or rolled back.
    #[error("the outcome of the commit is unknown")]
    CommitUnknown(#[source] sqlx::Error),
    /// Another row has this unique key, or another transaction changed the row first.
    #[error("the row conflicts with another one")]
    Conflict,
    /// A stored value is not one that this version writes.
    #[error("invalid stored value: {0}")]
    Corrupt(&'static str),
    #[error("failed to apply the migrations")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("the database is being restored: wait until `server backup restore` has ended")]
    BeingRestored,
    #[error("the URL of the database must begin with sqlite:// or postgres://")]
    UnknownEngine,
}

pub type StoreResult<T> = Result<T, StoreError>;

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        super::fsync::note(&error);
        // Match by kind, because only PostgreSQL names the violated constraint.
        match &error {
            sqlx::Error::Database(database) if database.is_unique_violation() => Self::Conflict,
            _ => Self::Sqlx(error),
        }
    }
}

/// `PostgreSQL`'s `serialization_failure`, `deadlock_detected` and `foreign_key_violation`. A foreign key is violated
/// if a row is deleted between a statement that finds it and one that refers to it.
const LOST_RACES: [&str; 3] = ["40001", "40P01", "23503"];
/// `PostgreSQL`: `serialization_failure` and `deadlock_detected` (of a caller that does not retry),
/// `read_only_sql_transaction` (the server became a standby, or accepts no writes now),
/// `idle_in_transaction_session_timeout`, `transaction_timeout`, `lock_not_available`, `query_canceled`,
/// `admin_shutdown`, `crash_shutdown`, `cannot_connect_now`, `idle_session_timeout`, `system_error`, `io_error`.
/// `SQLite`: `BUSY`, `IOERR`, `FULL`, `IOERR_WRITE`, `IOERR_FSYNC`.
const TRANSIENT: [&str; 18] = [
    "40001", "40P01", "25006", "25P03", "25P04", "55P03", "57014", "57P01", "57P02", "57P03", "57P05", "58000",
    "58030", "5", "10", "13", "778", "1034",
];
/// The class of `PostgreSQL` and of proxies for a lost connection.
const CONNECTION_EXCEPTIONS: &str = "08";
/// Classes of `PostgreSQL`: connection exceptions, and insufficient resources, such as a full disk or too many
/// connections.
const TRANSIENT_CLASSES: [&str; 2] = [CONNECTION_EXCEPTIONS, "53"];
/// The length of a SQLSTATE. Codes of `SQLite` are shorter.
const SQLSTATE_LENGTH: usize = 5;

impl StoreError {
    /// Converts an error of `COMMIT`. An answer with the severity `ERROR` means a rollback, unless a proxy reports that
    /// it has lost the server. After any other end the transaction may be committed: `PostgreSQL` ends a session that
    /// waits for a synchronous standby with `FATAL` although the commit is in its log.
    pub(super) fn of_postgres_commit(error: sqlx::Error) -> Self {
        let is_rolled_back = match &error {
            sqlx::Error::Database(database) => database.try_downcast_ref::<PgDatabaseError>().is_some_and(|answer| {
                answer.severity() == PgSeverity::Error && !answer.code().starts_with(CONNECTION_EXCEPTIONS)
            }),
            _ => false,
        };
        if is_rolled_back { error.into() } else { Self::CommitUnknown(error) }
    }

    /// Converts an error of `SQLite`'s commit. After a failed fsync the next process may find the transaction in the
    /// log.
    pub(super) fn of_sqlite_commit(error: sqlx::Error) -> Self {
        if super::fsync::is_failed_fsync(&error) {
            super::fsync::note(&error);
            return Self::CommitUnknown(error);
        }
        error.into()
    }

    /// Whether an immediate retry may succeed: another transaction won the race.
    pub fn is_lost_race(&self) -> bool {
        match self {
            Self::Conflict => true,
            Self::Sqlx(sqlx::Error::Database(error)) => {
                error.code().is_some_and(|code| LOST_RACES.contains(&code.as_ref()))
            }
            _ => false,
        }
    }

    /// Whether the database is unreachable, starting, failing over, or out of room for now. Neither the caller nor a
    /// stored value is at fault.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::CommitUnknown(_)
            | Self::Sqlx(
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed,
            ) => true,
            Self::Sqlx(sqlx::Error::Database(error)) => error.code().is_some_and(|code| is_transient_code(&code)),
            _ => false,
        }
    }
}

fn is_transient_code(code: &str) -> bool {
    TRANSIENT.contains(&code)
        || (code.len() == SQLSTATE_LENGTH && TRANSIENT_CLASSES.iter().any(|class| code.starts_with(class)))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::read_only("25006", true)]
    #[case::connection_failure("08006", true)]
    #[case::of_a_proxy("08P01", true)]
    #[case::admin_shutdown("57P01", true)]
    #[case::deadlock("40P01", true)]
    #[case::disk_full("53100", true)]
    #[case::sqlite_full("13", true)]
    #[case::unique_violation("23505", false)]
    #[case::undefined_column("42703", false)]
    #[case::sqlite_constraint("19", false)]
    #[case::sqlite_code_that_begins_like_a_class("531", false)]
    fn a_code_is_transient_if_the_database_fails_for_now(#[case] code: &str, #[case] is_transient: bool) {
        assert_eq!(is_transient_code(code), is_transient);
    }

    #[test]
    fn a_commit_without_an_answer_has_an_unknown_outcome() {
        let lost = sqlx::Error::Io(std::io::ErrorKind::UnexpectedEof.into());
        let error = StoreError::of_postgres_commit(lost);
        assert!(matches!(error, StoreError::CommitUnknown(_)), "{error:?}");
        assert!(error.is_transient() && !error.is_lost_race());
    }
}
