//! The binary as a process.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::Value;
use tokio::sync::oneshot;

/// `USER_HZ`, the same on every Linux.
const TICKS_PER_SEC: u64 = 100;

/// A setting by name.
pub(crate) type Setting = (&'static str, String);

/// A running `server serve`. Dropping it kills the process, and prints its log if the test failed.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    log: Arc<Mutex<String>>,
}

impl Server {
    /// Starts the server and waits until it listens.
    pub(crate) async fn start(settings: &[Setting]) -> Self {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_server"))
            .arg("serve")
            .env_clear()
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .env("LOG_FORMAT", "json")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (listening, listens) = oneshot::channel();
        let (stderr, written) = (child.stderr.take().unwrap(), log.clone());
        std::thread::spawn(move || {
            let mut listening = Some(listening);
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if let Some(address) = address_in(&line)
                    && let Some(listening) = listening.take()
                {
                    listening.send(address).ok();
                }
                let mut log = written.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        let Ok(address) = listens.await else {
            panic!("the server stopped before it listened: {}", log.lock().unwrap())
        };
        Self { child, address, log }
    }

    /// Kills the server with SIGKILL: it drains and writes nothing.
    pub(crate) fn kill(&mut self) {
        self.child.kill().ok();
        self.child.wait().unwrap();
    }

    /// Stops the server with SIGTERM, as a service manager does, and waits for its exit.
    pub(crate) async fn terminate(&mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        let output = tokio::process::Command::new("kill").args(["-TERM", &pid]).status().await.unwrap();
        assert!(output.success());
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            tokio::time::sleep(crate::harness::POLL_INTERVAL).await;
        }
    }

    /// Returns the processor time used so far, user and system.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // The command name may contain anything and ends at the last parenthesis; the state follows.
        let fields: Vec<_> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks: u64 = fields[11..13].iter().map(|ticks| ticks.parse::<u64>().unwrap()).sum();
        Duration::from_millis(ticks * 1000 / TICKS_PER_SEC)
    }

    /// Returns the limit of open files.
    pub(crate) fn open_files_limit(&self) -> u64 {
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", self.child.id())).unwrap();
        let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
        line.split_whitespace().nth(3).unwrap().parse().unwrap_or(u64::MAX)
    }

    /// Returns what the server has written to standard error so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        if std::thread::panicking() {
            println!("The server logged:\n{}", self.log());
        }
    }
}

fn address_in(line: &str) -> Option<SocketAddr> {
    let line: Value = serde_json::from_str(line).ok()?;
    let fields = line.get("fields").filter(|fields| fields["message"] == "listening")?;
    fields["address"].as_str()?.parse().ok()
}

/// Builds a command of the binary with an empty environment.
pub(crate) fn command(arguments: &[&str]) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_server"));
    command.args(arguments).env_clear().stdin(Stdio::null()).kill_on_drop(true);
    command
}
