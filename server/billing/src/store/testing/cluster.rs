//! A throwaway `PostgreSQL` cluster: started from the installed binaries on a free port, and gone with the process.

use std::{
    io::Write,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const TIMEOUT: Duration = Duration::from_mins(1);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub struct Cluster {
    port: u16,
    keeper: Child,
}

impl Cluster {
    pub(super) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Starts a cluster and waits until it listens. It may refuse connections for a moment longer.
    pub fn start() -> Self {
        let binaries = binaries();
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        // The keeper outlives the test process by a moment: when the pipe to it closes, for any reason, it stops the
        // cluster and deletes its folder. Each line that it reads crashes and restarts the cluster.
        let script = format!(
            r#"set -e
               folder=$(mktemp -d)
               trap 'rm -rf "$folder"' EXIT
               cd "$folder"
               '{bin}/initdb' -D data -U postgres -A trust -N -E UTF8 --locale=C >log 2>&1 || {{ cat log >&2; exit 1; }}
               start() {{
                 '{bin}/postgres' -D data -p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
                   -c fsync=off -c max_connections=400 -c shared_buffers=32MB >log 2>&1 &
                 server=$!
               }}
               start
               while read -r _; do
                 kill -QUIT $server
                 wait $server || true
                 sleep 1
                 start
               done
               kill -INT $server
               wait $server || true"#,
            bin = binaries.display()
        );
        let keeper = as_ordinary_user()
            .args(["sh", "-c", &script])
            .current_dir("/tmp")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("a shell can be started");
        let mut cluster = Self { port, keeper };
        let deadline = Instant::now() + TIMEOUT;
        while !cluster.listens() {
            if let Ok(Some(status)) = cluster.keeper.try_wait() {
                panic!("PostgreSQL did not start ({status}); what it said stands above");
            }
            assert!(Instant::now() < deadline, "PostgreSQL did not answer within a minute");
            std::thread::sleep(POLL_INTERVAL);
        }
        cluster
    }

    /// Ends every connection at once, as a crash would. The cluster recovers from its log a second later.
    pub fn crash(&mut self) {
        let stdin = self.keeper.stdin.as_mut().expect("the keeper reads its input");
        stdin.write_all(b"crash\n").expect("the keeper lives");
    }

    fn listens(&self) -> bool {
        std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok()
    }
}

/// Returns a command that runs as an ordinary user, because `PostgreSQL` refuses to run as root.
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
