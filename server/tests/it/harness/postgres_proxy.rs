//! A proxy before `PostgreSQL` that cuts one connection off at a commit.

use std::sync::{Arc, Mutex};

use memchr::memmem;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
};
use url::Url;

use super::TestDatabase;

/// `COMMIT` as a message of the protocol: a simple query.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";
const BUFFER_BYTES: usize = 64 * 1024;
const DEFAULT_PORT: u16 = 5432;

/// Where a commit is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CutAt {
    /// `COMMIT` does not arrive.
    BeforeCommit,
    /// `COMMIT` is executed, and its answer does not arrive.
    AfterCommit,
}

/// The commit to cut off.
struct Cut {
    /// A text that the transaction sends before its commit.
    marker: String,
    at: CutAt,
    /// Whether the client's connection stays open, without an answer.
    is_held: bool,
}

/// A proxy between Dues and `PostgreSQL`.
pub(crate) struct PostgresProxy {
    /// The value for `DATABASE_URL`.
    pub(crate) url: String,
    cut: Arc<Mutex<Option<Cut>>>,
    is_cut: Arc<Notify>,
}

impl PostgresProxy {
    pub(crate) async fn before(database: &TestDatabase) -> Self {
        let mut url: Url = database.url.parse().unwrap();
        let server = (url.host_str().unwrap().to_owned(), url.port().unwrap_or(DEFAULT_PORT));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        let (cut, is_cut) = (Arc::new(Mutex::new(None)), Arc::new(Notify::new()));
        let proxy = Self { url: url.into(), cut: cut.clone(), is_cut: is_cut.clone() };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, cut, is_cut) = (server.clone(), cut.clone(), is_cut.clone());
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(server).await {
                        forward(client, server, &cut, &is_cut).await;
                    }
                });
            }
        });
        proxy
    }

    /// Cuts off the next commit of a transaction that has sent `marker`.
    pub(crate) fn cut_off(&self, marker: &str, at: CutAt, is_held: bool) {
        *self.cut.lock().unwrap() = Some(Cut { marker: marker.to_owned(), at, is_held });
    }

    pub(crate) async fn wait_for_cut(&self) {
        self.is_cut.notified().await;
    }
}

/// Forwards a connection until an end closes it or its commit is cut off.
async fn forward(mut client: TcpStream, mut server: TcpStream, cut: &Mutex<Option<Cut>>, is_cut: &Notify) {
    let (mut asked, mut answered) = (vec![0; BUFFER_BYTES], vec![0; BUFFER_BYTES]);
    // What the client has sent since its last commit.
    let mut sent = Vec::new();
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(length @ 1..) = read else { return };
                let message = &asked[..length];
                sent.extend_from_slice(message);
                let commits = memmem::find(&sent, COMMIT).is_some();
                let due = if commits { take_due(cut, &sent) } else { None };
                if commits || sent.len() > 16 * BUFFER_BYTES {
                    sent.clear();
                }
                let is_executed = due.as_ref().is_none_or(|due| due.at == CutAt::AfterCommit);
                if is_executed && server.write_all(message).await.is_err() {
                    return;
                }
                let Some(due) = due else { continue };
                if due.at == CutAt::AfterCommit {
                    let _answer = server.read(&mut answered).await;
                }
                is_cut.notify_one();
                if due.is_held {
                    let _request = client.read(&mut asked).await;
                }
                return;
            }
            read = server.read(&mut answered) => {
                let Ok(length @ 1..) = read else { return };
                if client.write_all(&answered[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Takes the commit to cut off if it is that of a transaction which has sent these bytes.
fn take_due(cut: &Mutex<Option<Cut>>, sent: &[u8]) -> Option<Cut> {
    cut.lock().unwrap().take_if(|cut| memmem::find(sent, cut.marker.as_bytes()).is_some())
}
