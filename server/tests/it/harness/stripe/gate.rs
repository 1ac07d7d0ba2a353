//! A proxy to the payment provider that can refuse or hang.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, watch},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GateState {
    Open,
    /// Connections are dropped.
    Closed,
    /// Connections are accepted and never answered.
    Silent,
}

/// A proxy between Dues and the provider's API.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) address: SocketAddr,
    state: watch::Sender<GateState>,
    unanswered: Arc<Notify>,
    calls: Arc<AtomicUsize>,
}

impl Gate {
    pub(crate) async fn before(provider: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (state, seen) = watch::channel(GateState::Open);
        let unanswered = Arc::new(Notify::new());
        let asked = unanswered.clone();
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = calls.clone();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                if *seen.borrow() == GateState::Silent {
                    asked.notify_one();
                }
                tokio::spawn(forward(connection, provider, seen.clone()));
            }
        });
        Self { address, state, unanswered, calls }
    }

    /// Returns the number of connections so far; Dues opens one for each call.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    pub(crate) fn open(&self) {
        self.state.send_replace(GateState::Open);
    }

    pub(crate) fn close(&self) {
        self.state.send_replace(GateState::Closed);
    }

    pub(crate) fn stop_answering(&self) {
        self.state.send_replace(GateState::Silent);
    }

    /// Waits until a call arrives while the gate does not answer.
    pub(crate) async fn wait_for_call(&self) {
        self.unanswered.notified().await;
    }
}

/// Forwards, drops or holds a connection, as the gate's state requires. The connection ends when the state changes.
async fn forward(mut connection: TcpStream, provider: SocketAddr, mut state: watch::Receiver<GateState>) {
    let now = *state.borrow_and_update();
    let forwarding = async {
        match now {
            GateState::Closed => {}
            GateState::Silent => std::future::pending().await,
            GateState::Open => {
                if let Ok(mut onward) = TcpStream::connect(provider).await {
                    tokio::io::copy_bidirectional(&mut connection, &mut onward).await.ok();
                }
            }
        }
    };
    tokio::select! {
        () = forwarding => {}
        _ = state.changed() => {}
    }
}
