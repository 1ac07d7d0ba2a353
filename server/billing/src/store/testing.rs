//! Databases for tests: a fresh one each, on `SQLite` and on a throwaway `PostgreSQL` cluster.
//!
//! The cluster is started from the installed binaries on a free port, once per test process, and ends with it.
//! If `TEST_POSTGRES_URL` is set, databases are created on that server instead. A missing `PostgreSQL` is a failure,
//! not a skip.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test that has no database can only stop"
)]

mod cluster;
mod reads;
mod template;

use std::{
    path::Path,
    sync::LazyLock,
    time::{Duration, Instant},
};

use sqlx::{Connection, Executor, PgConnection};
use tempfile::TempDir;

use super::Store;

pub use cluster::Cluster;

const TIMEOUT: Duration = Duration::from_mins(1);
const POLL_INTERVAL: Duration = Duration::from_millis(50);
const SQLITE_FILE: &str = "dues.db";
/// The `PostgreSQL` of this process's tests.
static SERVER: LazyLock<Server> = LazyLock::new(Server::find_or_start);

/// Both engines, for `rstest` to iterate over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A migrated database for one test. A `SQLite` file is deleted when this is dropped.
#[derive(Debug)]
pub struct TestDatabase {
    pub store: Store,
    /// The value for `DATABASE_URL`.
    pub url: String,
    _folder: Option<TempDir>,
}

impl TestDatabase {
    /// A migrated database: a copy of one that the process migrated once, because migrations take longer than most
    /// tests.
    pub async fn new(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder");
                template::copy_into(folder.path()).await;
                Self::connect(in_folder(folder.path()), Some(folder)).await
            }
            Engine::Postgres => {
                let name = template::postgres_name().await;
                let url = new_postgres_database(|database| SERVER.url(database), Some(name)).await;
                Self::connect(url, None).await
            }
        }
    }

    /// A database without migrations.
    pub async fn empty(engine: Engine) -> Self {
        let (url, folder) = match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder");
                (in_folder(folder.path()), Some(folder))
            }
            Engine::Postgres => (new_postgres_database(|database| SERVER.url(database), None).await, None),
        };
        Self::connect(url, folder).await
    }

    /// A migrated database on the given cluster, which the test may crash.
    pub async fn on(cluster: &Cluster) -> Self {
        let url = new_postgres_database(|database| cluster.url(database), None).await;
        Self::connect(url, None).await.migrated().await
    }

    /// A migrated `SQLite` file in the given folder.
    pub async fn within(folder: &Path) -> Self {
        Self::connect(in_folder(folder), None).await.migrated().await
    }

    /// Returns once a statement waits for a lock that another transaction holds. For `PostgreSQL`.
    pub async fn wait_for_blocked_statement(&self) {
        const COUNT_BLOCKED: &str =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let Store::Postgres(pool) = &self.store else { panic!("SQLite has no locks of rows") };
        let deadline = Instant::now() + TIMEOUT;
        let mut blocked = 0_i64;
        while blocked == 0 {
            assert!(Instant::now() < deadline, "no statement waited for a lock within a minute");
            tokio::task::yield_now().await;
            blocked = sqlx::query_scalar(COUNT_BLOCKED).fetch_one(pool).await.expect("the statistics can be read");
        }
    }

    async fn connect(url: String, folder: Option<TempDir>) -> Self {
        let store = Store::connect(&url).await.expect("the database can be reached");
        Self { store, url, _folder: folder }
    }

    async fn migrated(self) -> Self {
        self.store.migrate().await.expect("the migrations apply");
        self
    }
}

fn in_folder(folder: &Path) -> String {
    format!("sqlite://{}", folder.join(SQLITE_FILE).display())
}

/// Creates a database, an empty one or a copy of another.
async fn new_postgres_database(url: impl Fn(&str) -> String, copy_of: Option<&str>) -> String {
    let name = format!("dues_{}", uuid::Uuid::now_v7().simple());
    let mut connection = first_connection(&url("postgres")).await;
    let template = copy_of.map(|original| format!(" TEMPLATE {original}")).unwrap_or_default();
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}{template}"));
    connection.execute(sqlx::raw_sql(create)).await.expect("a database can be made");
    url(&name)
}

/// Connects to a new cluster, with retries: a cluster listens a moment before it accepts connections.
async fn first_connection(url: &str) -> PgConnection {
    const CANNOT_CONNECT_NOW: &str = "57P03";
    let deadline = Instant::now() + TIMEOUT;
    loop {
        match PgConnection::connect(url).await {
            Err(sqlx::Error::Database(error))
                if error.code().as_deref() == Some(CANNOT_CONNECT_NOW) && Instant::now() < deadline =>
            {
                tokio::time::sleep(POLL_INTERVAL).await;
            }
            outcome => return outcome.expect("the test PostgreSQL can be reached"),
        }
    }
}

enum Server {
    Given(url::Url),
    Started(Cluster),
}

impl Server {
    fn find_or_start() -> Self {
        match std::env::var("TEST_POSTGRES_URL") {
            Ok(url) => Self::Given(url.parse().expect("TEST_POSTGRES_URL is a URL")),
            Err(_) => Self::Started(Cluster::start()),
        }
    }

    fn url(&self, database: &str) -> String {
        match self {
            Self::Given(url) => {
                let mut url = url.clone();
                url.set_path(database);
                url.into()
            }
            Self::Started(cluster) => cluster.url(database),
        }
    }
}
