//! A server in the process of the test: the code of `server serve` on threads and a runtime of its own.
//!
//! It has only the given settings, and reads no environment variables. The binary installs a logger and a metrics
//! recorder once per process; here they are installed on each thread of a server, so that the servers of a process have
//! separate logs and metrics. Signal handlers, the umask and the panic hook are left out.

use std::{
    cell::Cell,
    os::unix::process::ExitStatusExt,
    process::ExitStatus,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use metrics::{LocalRecorderGuard, set_default_local_recorder};
use metrics_exporter_prometheus::PrometheusRecorder;
use server::{
    config::Config,
    http::metrics::build_recorder,
    run::{PreparedServer, log_filter},
};
use tokio::{runtime, sync::oneshot};
use tokio_util::sync::CancellationToken;
use tracing::{
    Dispatch,
    dispatcher::{DefaultGuard, set_default},
};

use super::{Addresses, Log, Setting};
use crate::harness::POLL_INTERVAL;

const WORKERS: usize = 2;
/// The stack size of a server's first thread: that of a main thread, on which the binary starts.
const STACK_BYTES: usize = 8 << 20;
/// How long a dropped server may take to drain, and how long its tasks may then take to end.
const GRACE: Duration = Duration::from_millis(500);
/// The time between two checks whether a dropped server has ended.
const END_POLL_INTERVAL: Duration = Duration::from_millis(2);
/// The wait status of a process that exits with 1.
const FAILURE: i32 = 1 << 8;

/// A server in this process.
#[derive(Debug)]
pub(super) struct InProcess {
    /// Stops the server as SIGTERM does.
    stop: CancellationToken,
    /// Ends the server without a drain.
    cut: CancellationToken,
    /// The thread that runs it; `None` once it has ended.
    thread: Option<JoinHandle<color_eyre::Result<()>>>,
}

impl InProcess {
    /// Starts the server and waits until it listens.
    pub(super) async fn start(settings: &[Setting], log: &Log) -> (Self, Addresses) {
        let config = Config::from_pairs(settings).unwrap();
        let globals = Globals::new(&config, log);
        let (stop, cut) = (CancellationToken::new(), CancellationToken::new());
        let (listening, listens) = oneshot::channel();
        let (stopped, is_cut) = (stop.clone(), cut.clone());
        let thread = thread::Builder::new()
            .name("server".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || run(config, globals, listening, &stopped, &is_cut))
            .unwrap();
        let Ok(addresses) = listens.await else {
            panic!("the server stopped before it listened: {:?}\n{}", thread.join(), log.text())
        };
        (Self { stop, cut, thread: Some(thread) }, addresses)
    }

    /// Stops the server and waits until it has drained. An error of the server becomes the exit code 1.
    pub(super) async fn terminate(&mut self) -> ExitStatus {
        self.stop.cancel();
        while self.is_running() {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(Ok(()))) | None => ExitStatus::default(),
            Some(failure) => {
                println!("the server failed: {failure:?}");
                ExitStatus::from_raw(FAILURE)
            }
        }
    }

    fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Stops the server, and ends it without a drain after [`GRACE`]. This blocks the thread, so stand-ins on the
    /// test's runtime do not answer meanwhile.
    pub(super) fn end(&mut self) {
        self.stop.cancel();
        let begun = Instant::now();
        while self.is_running() && begun.elapsed() < GRACE {
            thread::sleep(END_POLL_INTERVAL);
        }
        self.cut.cancel();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// Runs a server until it has drained after `stop`, or until `cut`. Sends the server's addresses to `listening`.
fn run(
    config: Config,
    globals: Globals,
    listening: oneshot::Sender<Addresses>,
    stop: &CancellationToken,
    cut: &CancellationToken,
) -> color_eyre::Result<()> {
    globals.enter();
    let recorder = globals.recorder.handle();
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_name("server")
        .enable_all()
        .on_thread_start(move || globals.enter())
        .on_thread_stop(Globals::leave)
        .build()?;
    let serving = async {
        let server = PreparedServer::open(config).await?;
        let metrics = server.metrics_address();
        listening.send(Addresses { requests: server.address()?, metrics }).ok();
        server.run(recorder, stop).await
    };
    let served = runtime.block_on(async {
        tokio::select! {
            served = serving => served,
            () = cut.cancelled() => Ok(()),
        }
    });
    runtime.shutdown_timeout(GRACE);
    Globals::leave();
    served
}

/// State that the binary has once per process. Here each server has a separate one, which all of its threads share.
struct Globals {
    logger: Dispatch,
    /// Leaked: a thread that outlives its server may still record.
    recorder: &'static PrometheusRecorder,
}

thread_local! {
    static ENTERED: Cell<Option<(DefaultGuard, LocalRecorderGuard<'static>)>> = const { Cell::new(None) };
}

impl Globals {
    /// Builds a logger that writes JSON to `log`, and a metrics recorder.
    fn new(config: &Config, log: &Log) -> Self {
        let log = log.clone();
        let logs = tracing_subscriber::fmt()
            .with_env_filter(log_filter(&config.log).unwrap())
            .with_writer(move || log.clone())
            .json();
        Self { logger: Dispatch::new(logs.finish()), recorder: Box::leak(Box::new(build_recorder().unwrap())) }
    }

    /// Installs the logger and the recorder on this thread.
    fn enter(&self) {
        ENTERED.set(Some((set_default(&self.logger), set_default_local_recorder(self.recorder))));
    }

    /// Removes the logger and the recorder from this thread.
    fn leave() {
        drop(ENTERED.take());
    }
}
