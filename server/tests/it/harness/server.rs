//! A running `server serve`, in this process or in one of its own.

mod in_process;
mod process;

use std::{
    io::{self, Write},
    net::SocketAddr,
    process::ExitStatus,
    sync::{Arc, Mutex},
    time::Duration,
};

use self::{in_process::InProcess, process::Process};

use super::Browser;

pub(crate) use process::command;

/// A setting by name.
pub(crate) type Setting = (&'static str, String);

/// The `RUST_LOG` for every line of this repository's crates.
pub(crate) const LOG_EVERYTHING: &str = "info,sqlx=warn,app=trace,billing=trace,domain=trace,server=trace";

/// The process in which a server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// In the process of the test, on threads of its own.
    TestProcess,
    /// The binary, in a process of its own.
    OwnProcess,
}

/// A running server. Dropping it ends it, and prints its log if the test failed.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// Where the metrics are served, if they are.
    metrics: Option<SocketAddr>,
    running: Running,
    log: Log,
}

/// Where a server listens.
#[derive(Debug)]
struct Addresses {
    requests: SocketAddr,
    metrics: Option<SocketAddr>,
}

#[derive(Debug)]
enum Running {
    InProcess(InProcess),
    Process(Process),
}

impl Server {
    /// Starts the server and waits until it listens.
    pub(crate) async fn start(host: Host, settings: &[Setting]) -> Self {
        let log = Log::default();
        let (running, addresses) = match host {
            Host::TestProcess => {
                let (server, addresses) = InProcess::start(settings, &log).await;
                (Running::InProcess(server), addresses)
            }
            Host::OwnProcess => {
                let (server, addresses) = Process::start(settings, &log).await;
                (Running::Process(server), addresses)
            }
        };
        let Addresses { requests, metrics } = addresses;
        Self { address: requests, metrics, running, log }
    }

    /// The client of a scraper, for `GET /metrics`.
    pub(crate) fn scraper(&self) -> Browser {
        Browser::at(self.metrics_address())
    }

    pub(crate) fn metrics_address(&self) -> SocketAddr {
        self.metrics.unwrap()
    }

    /// Kills the server with SIGKILL: it drains and writes nothing.
    pub(crate) fn kill(&mut self) {
        match &mut self.running {
            Running::InProcess(_) => panic!("only a process can be killed: start it with `in_a_process`"),
            Running::Process(process) => process.kill(),
        }
    }

    /// Stops the server as a service manager does, by SIGTERM if it is a process, and waits for its end.
    pub(crate) async fn terminate(&mut self) -> ExitStatus {
        match &mut self.running {
            Running::InProcess(server) => server.terminate().await,
            Running::Process(process) => process.terminate().await,
        }
    }

    /// Stops the process in whatever it does, until [`Self::resume`].
    pub(crate) async fn pause(&self) {
        self.process().signal("-STOP").await;
    }

    pub(crate) async fn resume(&self) {
        self.process().signal("-CONT").await;
    }

    /// Waits until the process has ended by itself.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        match &mut self.running {
            Running::InProcess(_) => panic!("only a process ends by itself: start it with `in_a_process`"),
            Running::Process(process) => process.ended().await,
        }
    }

    /// Returns the processor time used so far, user and system.
    pub(crate) fn cpu(&self) -> Duration {
        self.process().cpu()
    }

    /// Returns the limit of open files.
    pub(crate) fn open_files_limit(&self) -> u64 {
        self.process().open_files_limit()
    }

    fn process(&self) -> &Process {
        match &self.running {
            Running::InProcess(_) => {
                panic!("only a process can be measured and logs everything: start it with `in_a_process`")
            }
            Running::Process(process) => process,
        }
    }

    /// Returns the complete log of a server in a process of its own, for checks that something is not in it. Panics for
    /// a server in the process of the test, whose log may lack lines.
    pub(crate) fn whole_log(&self) -> String {
        let _ = self.process();
        let log = self.log();
        assert!(log.contains(r#""message":"listening""#), "the log lacks the first lines: {log}");
        log
    }

    /// Panics if `secret` is in the log. The server must have been started with `logging_everything`.
    pub(crate) fn assert_not_logged(&self, what: &str, secret: &str) {
        let log = self.whole_log();
        assert!(log.contains(r#""level":"DEBUG""#), "no line of level debug: start it with `logging_everything`");
        assert!(!log.contains(secret), "{what} is in the log");
    }

    /// Returns what the server has logged so far, a JSON object a line.
    pub(crate) fn log(&self) -> String {
        self.log.text()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        match &mut self.running {
            Running::InProcess(server) => server.end(),
            Running::Process(process) => process.end(),
        }
        if std::thread::panicking() {
            println!("The server logged:\n{}", self.log());
        }
    }
}

/// The log of a server. Clones write to the same one.
#[derive(Clone, Debug, Default)]
struct Log(Arc<Mutex<String>>);

impl Log {
    fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().push_str(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
