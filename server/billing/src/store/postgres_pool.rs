//! The pool of connections to `PostgreSQL`, which survives a failover: it keeps no dead connection, and takes none to a
//! server that accepts no writes.

use std::{io, str::FromStr, time::Duration};

use sqlx::{
    ConnectOptions, Connection, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{ACQUIRE_TIMEOUT, StoreResult};

const MAX_CONNECTIONS: u32 = 16;
const PING_IF_IDLE_FOR: Duration = Duration::from_secs(1);
/// A connection whose peer is gone without a word answers no ping.
const PING_TIMEOUT: Duration = Duration::from_secs(2);
/// Ends the transactions of a node that stands still (paused, or cut off): its locks would block the other nodes. Between
/// two statements of a transaction a node that runs needs milliseconds.
const PREPARE_SESSION: &str = "SELECT set_config('idle_in_transaction_session_timeout', '10s', false), \
     current_setting('transaction_read_only')";
/// Bounds how long a connection stays with a server after a proxy or a host name leads to another one.
const MAX_LIFETIME: Duration = Duration::from_mins(30);

/// Connects to the server of the URL, which must accept writes: a standby is not taken, as with libpq's
/// `target_session_attrs=read-write`. A pool that finds none tries again until its time-out, because during a failover
/// a proxy may lead to the former primary.
pub(super) async fn connect(url: &str) -> StoreResult<PgPool> {
    let options = PgConnectOptions::from_str(url)?;
    let pool = PgPoolOptions::new()
        .max_connections(MAX_CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .max_lifetime(MAX_LIFETIME)
        .test_before_acquire(false)
        .after_connect(|connection, _| Box::pin(prepare_session(connection)))
        // A connection that was used a moment ago is taken as alive. One that was idle is pinged, and replaced if it
        // is dead.
        .before_acquire(|connection, seen| {
            Box::pin(async move { Ok(seen.idle_for < PING_IF_IDLE_FOR || is_alive(connection).await) })
        });
    match pool.connect_with(options.clone()).await {
        Ok(pool) => Ok(pool),
        // The pool retries until its time-out and hides the cause. A single connection reports it.
        Err(sqlx::Error::PoolTimedOut) => Err(find_cause(&options).await.into()),
        Err(error) => Err(error.into()),
    }
}

async fn is_alive(connection: &mut PgConnection) -> bool {
    tokio::time::timeout(PING_TIMEOUT, connection.ping()).await.is_ok_and(|answer| answer.is_ok())
}

/// Fails for a standby, and for a server or database that is set to read only.
pub(super) async fn prepare_session(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let (_, read_only): (String, String) = sqlx::query_as(PREPARE_SESSION).fetch_one(connection).await?;
    if read_only == "on" {
        return Err(io::Error::other("the server accepts no writes: it is a standby or set to read only").into());
    }
    Ok(())
}

async fn find_cause(options: &PgConnectOptions) -> sqlx::Error {
    let attempt = async {
        let mut connection = options.connect().await?;
        prepare_session(&mut connection).await
    };
    match tokio::time::timeout(PING_TIMEOUT, attempt).await {
        Ok(Err(error)) => error,
        Ok(Ok(())) | Err(_) => sqlx::Error::PoolTimedOut,
    }
}
