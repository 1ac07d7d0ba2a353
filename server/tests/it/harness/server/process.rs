//! Runs the `server` binary as a child process.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ExitStatus, Stdio},
    time::Duration,
};

use serde_json::Value;
use tokio::sync::oneshot;

use super::{Addresses, Log, Setting};
use crate::harness::POLL_INTERVAL;

/// `USER_HZ`, the same on every Linux.
const TICKS_PER_SEC: u64 = 100;

/// A process of the binary.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
}

impl Process {
    /// Starts the server and waits until it listens.
    pub(super) async fn start(settings: &[Setting], log: &Log) -> (Self, Addresses) {
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
        let (listening, listens) = oneshot::channel();
        let (stderr, mut written) = (child.stderr.take().unwrap(), log.clone());
        std::thread::spawn(move || {
            let mut listening = Some(listening);
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if let Some(addresses) = addresses_in(&line)
                    && let Some(listening) = listening.take()
                {
                    listening.send(addresses).ok();
                }
                writeln!(written, "{line}").unwrap();
            }
        });
        let Ok(addresses) = listens.await else { panic!("the server stopped before it listened: {}", log.text()) };
        (Self { child }, addresses)
    }

    /// Kills the process with SIGKILL.
    pub(super) fn kill(&mut self) {
        self.child.kill().ok();
        self.child.wait().unwrap();
    }

    /// Stops the process with SIGTERM and waits for its exit.
    pub(super) async fn terminate(&mut self) -> ExitStatus {
        self.signal("-TERM").await;
        self.ended().await
    }

    /// Sends a signal, an option of `kill`.
    pub(super) async fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let status = tokio::process::Command::new("kill").args([signal, &pid]).status().await.unwrap();
        assert!(status.success());
    }

    /// Waits until the process has ended.
    pub(super) async fn ended(&mut self) -> ExitStatus {
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    pub(super) fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // The command name may contain anything and ends at the last parenthesis; the state follows.
        let fields: Vec<_> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks: u64 = fields[11..13].iter().map(|ticks| ticks.parse::<u64>().unwrap()).sum();
        Duration::from_millis(ticks * 1000 / TICKS_PER_SEC)
    }

    pub(super) fn open_files_limit(&self) -> u64 {
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", self.child.id())).unwrap();
        let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
        line.split_whitespace().nth(3).unwrap().parse().unwrap_or(u64::MAX)
    }

    /// Kills the process if it still runs.
    pub(super) fn end(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn addresses_in(line: &str) -> Option<Addresses> {
    let line: Value = serde_json::from_str(line).ok()?;
    let fields = line.get("fields").filter(|fields| fields["message"] == "listening")?;
    let address = |name: &str| fields[name].as_str()?.parse().ok();
    Some(Addresses { requests: address("address")?, metrics: address("metrics") })
}

/// Builds a command of the binary with an empty environment.
pub(crate) fn command(arguments: &[&str]) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_server"));
    command.args(arguments).env_clear().stdin(Stdio::null()).kill_on_drop(true);
    command
}
