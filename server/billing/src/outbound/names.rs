//! Looks up the names of hosts that tenants chose, within a time-out and on a bounded number of threads.

use std::{io, net::IpAddr, net::ToSocketAddrs, time::Duration};

use tokio::{
    sync::Semaphore,
    task::{JoinError, spawn_blocking},
    time::timeout,
};

/// The whole of a look-up, the wait for a thread included.
const LOOK_UP: Duration = Duration::from_secs(4);

/// Threads for look-ups. The system's resolver cannot be interrupted: a look-up that timed out holds its thread until the resolver
/// gives up, so that slow name servers use these threads and leave the other 384 of the runtime's pool to the rest of the process.
static THREADS: Semaphore = Semaphore::const_new(128);

/// Why a name has no addresses.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LookUpError {
    #[error("the name can't be looked up")]
    Failed(#[from] io::Error),
    #[error("the look-up ended early")]
    Ended(#[from] JoinError),
    #[error("the name servers take too long")]
    TooSlow,
}

/// The addresses of a host, in the order in which they are to be tried.
pub(super) async fn addresses(name: &str) -> Result<Vec<IpAddr>, LookUpError> {
    let name = name.to_owned();
    let found = within(LOOK_UP, &THREADS, move || (name.as_str(), 0).to_socket_addrs()).await?;
    Ok(found?.map(|address| address.ip()).collect())
}

/// Runs `look_up` on a thread of its own. The permit of `threads` is held until the thread is done, also after the time-out.
async fn within<T: Send + 'static>(
    limit: Duration,
    threads: &'static Semaphore,
    look_up: impl FnOnce() -> T + Send + 'static,
) -> Result<T, LookUpError> {
    let on_a_thread = async {
        let permit = threads.acquire().await.map_err(|_| LookUpError::TooSlow)?;
        let done = spawn_blocking(move || {
            let _permit = permit;
            look_up()
        });
        Ok(done.await?)
    };
    timeout(limit, on_a_thread).await.map_err(|_| LookUpError::TooSlow)?
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_look_up_that_timed_out_holds_its_thread_until_it_is_done() {
        static ONE: Semaphore = Semaphore::const_new(1);
        let short = Duration::from_millis(50);
        let (finish, finished) = mpsc::channel::<()>();
        let slow = within(short, &ONE, move || finished.recv()).await;
        assert!(matches!(slow, Err(LookUpError::TooSlow)), "{slow:?}");
        let next = within(short, &ONE, || 1).await;
        assert!(matches!(next, Err(LookUpError::TooSlow)), "the only thread is still taken: {next:?}");
        finish.send(()).unwrap();
        assert_eq!(within(Duration::from_secs(10), &ONE, || 2).await.unwrap(), 2);
    }
}
