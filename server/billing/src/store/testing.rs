//! Databases for tests: a fresh one each, on `SQLite` and on a throwaway `PostgreSQL` cluster.
//!
//! The cluster is started from the installed binaries on a free port, once a test process, and ends with it; with
//! `TEST_POSTGRES_URL` set, databases are made on that server instead. A missing `PostgreSQL` is a failure, not a skip.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test that has no database can only stop"
)]

use std::{
    io::Write,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::LazyLock,
    time::{Duration, Instant},
};

use sqlx::{Connection, Executor, PgConnection};
use tempfile::TempDir;

use super::Store;

const PATIENCE: Duration = Duration::from_mins(1);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Both engines, for `rstest` to go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A migrated database of one's own; its file is gone when this is dropped.
#[derive(Debug)]
pub struct TestDatabase {
    pub store: Store,
    /// What a server would be given as `DATABASE_URL`.
    pub url: String,
    _folder: Option<TempDir>,
}

impl TestDatabase {
    pub async fn new(engine: Engine) -> Self {
        let database = Self::empty(engine).await;
        database.store.migrate().await.expect("the migrations apply");
        database
    }

    /// A database without migrations.
    pub async fn empty(engine: Engine) -> Self {
        let (url, folder) = match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder");
                (format!("sqlite://{}", folder.path().join("dues.db").display()), Some(folder))
            }
            Engine::Postgres => (new_postgres_database().await, None),
        };
        let store = Store::connect(&url).await.expect("the database can be reached");
        Self { store, url, _folder: folder }
    }
}

async fn new_postgres_database() -> String {
    static SERVER: LazyLock<Server> = LazyLock::new(Server::find_or_start);
    let name = format!("dues_{}", uuid::Uuid::now_v7().simple());
    let mut connection = first_connection(&SERVER.url("postgres")).await;
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    connection.execute(sqlx::raw_sql(create)).await.expect("a database can be made");
    SERVER.url(&name)
}

/// A cluster listens a moment before it takes anybody in.
async fn first_connection(url: &str) -> PgConnection {
    const CANNOT_CONNECT_NOW: &str = "57P03";
    let deadline = Instant::now() + PATIENCE;
    loop {
        match PgConnection::connect(url).await {
            Err(sqlx::Error::Database(error))
                if error.code().as_deref() == Some(CANNOT_CONNECT_NOW) && Instant::now() < deadline =>
            {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            outcome => return outcome.expect("the test PostgreSQL can be reached"),
        }
    }
}

enum Server {
    Given(url::Url),
    Started { port: u16, _keeper: Child },
}

impl Server {
    fn find_or_start() -> Self {
        match std::env::var("TEST_POSTGRES_URL") {
            Ok(url) => Self::Given(url.parse().expect("TEST_POSTGRES_URL is a URL")),
            Err(_) => Self::start(),
        }
    }

    fn url(&self, database: &str) -> String {
        match self {
            Self::Given(url) => {
                let mut url = url.clone();
                url.set_path(database);
                url.into()
            }
            Self::Started { port, .. } => format!("postgres://postgres@127.0.0.1:{port}/{database}"),
        }
    }

    fn start() -> Self {
        let binaries = binaries();
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        // The keeper outlives the test process by a moment: when the pipe to it closes, however that came, it ends the cluster
        // and deletes its folder.
        let script = format!(
            r#"set -e
               folder=$(mktemp -d)
               trap 'rm -rf "$folder"' EXIT
               cd "$folder"
               '{bin}/initdb' -D data -U postgres -A trust -N -E UTF8 --locale=C >log 2>&1 || {{ cat log >&2; exit 1; }}
               '{bin}/postgres' -D data -p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
                 -c fsync=off -c max_connections=400 -c shared_buffers=32MB >log 2>&1 &
               server=$!
               read -r _ || true
               kill -INT $server
               wait $server || true"#,
            bin = binaries.display()
        );
        let mut keeper = as_ordinary_user()
            .args(["sh", "-c", &script])
            .current_dir("/tmp")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("a shell can be started");
        let deadline = Instant::now() + Duration::from_mins(1);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Ok(Some(status)) = keeper.try_wait() {
                panic!("PostgreSQL did not start ({status}); what it said stands above");
            }
            if Instant::now() > deadline {
                if let Some(stdin) = keeper.stdin.as_mut() {
                    stdin.write_all(b"\n").ok();
                }
                panic!("PostgreSQL did not answer within a minute");
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        Self::Started { port, _keeper: keeper }
    }
}

/// `PostgreSQL` refuses to run as root.
fn as_ordinary_user() -> Command {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout.starts_with(b"0\n"));
    if is_root {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]);
        command
    } else {
        Command::new("env")
    }
}

fn binaries() -> PathBuf {
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found = installed.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").is_file());
    let newest = found.max_by_key(|bin| {
        let version = bin.parent().and_then(Path::file_name).and_then(|name| name.to_str());
        version.and_then(|version| version.parse::<u32>().ok())
    });
    newest.unwrap_or_else(|| {
        panic!("no PostgreSQL under /usr/lib/postgresql: install the package postgresql, or set TEST_POSTGRES_URL")
    })
}
