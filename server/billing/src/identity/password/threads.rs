//! A few threads for CPU-bound work.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

use tokio::sync::oneshot;

type Work = Box<dyn FnOnce() + Send>;

/// Threads for CPU-bound work. They end when this value is dropped. At most one piece of work per thread waits.
#[derive(Debug)]
pub(super) struct Threads {
    work: SyncSender<Work>,
}

impl Threads {
    pub(super) fn start(name: &str, count: usize) -> io::Result<Self> {
        let (work, waiting) = sync_channel(count);
        let waiting = Arc::new(Mutex::new(waiting));
        for number in 0..count {
            let waiting = waiting.clone();
            thread::Builder::new().name(format!("{name}-{number}")).spawn(move || run_thread(&waiting))?;
        }
        Ok(Self { work })
    }

    /// Returns the result of `work`; `None` if it panicked, or if all threads are busy and no more work may wait.
    pub(super) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let (done, made) = oneshot::channel();
        let work = move || {
            if let Ok(made) = catch_unwind(AssertUnwindSafe(work)) {
                // The caller may have disconnected and no longer wait for the result.
                drop(done.send(made));
            }
        };
        self.work.try_send(Box::new(work)).ok()?;
        made.await.ok()
    }
}

fn run_thread(waiting: &Mutex<Receiver<Work>>) {
    loop {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(work) => work(),
            Err(_) => return,
        }
    }
}
