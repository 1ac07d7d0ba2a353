//! The binary as a process.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, ExitStatus, Stdio},
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tokio::sync::oneshot;

/// A setting by name.
pub(crate) type Setting = (&'static str, String);

/// A `server serve` that listens. It is killed when this is dropped, and what it logged is shown if the test failed.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    log: Arc<Mutex<String>>,
}

impl Server {
    /// Waits until it listens.
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
        let Ok(address) = listens.await else { panic!("the server ended at once: {}", log.lock().unwrap()) };
        Self { child, address, log }
    }

    /// `kill -9`: nothing is drained, nothing is put down.
    pub(crate) fn kill(&mut self) {
        self.child.kill().ok();
        self.child.wait().unwrap();
    }

    /// Asks for a clean end, as a service manager does.
    pub(crate) async fn terminate(&mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        let told = tokio::process::Command::new("kill").args(["-TERM", &pid]).status().await.unwrap();
        assert!(told.success());
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            tokio::time::sleep(super::LOOK_AGAIN).await;
        }
    }

    /// What it has written to standard error so far.
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

/// Another command of the binary, with nothing in its environment.
pub(crate) fn command(arguments: &[&str]) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_server"));
    command.args(arguments).env_clear().stdin(Stdio::null()).kill_on_drop(true);
    command
}
