//! An endpoint for tests: stores the requests it receives and answers as configured.
#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a test that has no receiver can only stop")]

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use axum::{Router, body::Bytes, extract::State, response::IntoResponse};
use http::{HeaderMap, StatusCode};
use standardwebhooks::Webhook;
use tokio::{net::TcpListener, task::JoinHandle};

/// A received request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub headers: HeaderMap,
    pub body: String,
}

#[derive(Debug)]
struct Behavior {
    taken: Vec<Taken>,
    /// The statuses of the next responses. When it is empty, responses have the status `usual`.
    next: VecDeque<u16>,
    usual: u16,
    delay: Duration,
}

type Shared = Arc<Mutex<Behavior>>;

/// Listens on this machine until it is dropped.
#[derive(Debug)]
pub struct Receiver {
    pub address: SocketAddr,
    behavior: Shared,
    serving: JoinHandle<()>,
}

impl Taken {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The message's id.
    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("a body in JSON")
    }

    /// Whether one of the signatures was made with this secret. The age of the timestamp is not checked.
    pub fn is_signed_by(&self, secret: &str) -> bool {
        let at = self.header("webhook-timestamp").parse().expect("seconds");
        let webhook = Webhook::new(secret).expect("a secret");
        let expected = webhook.sign(self.id(), at, self.body.as_bytes()).expect("a signature");
        self.header("webhook-signature").split(' ').any(|signature| signature == expected)
    }

    /// Whether the crate `standardwebhooks` accepts the request now: its signature and the age of its timestamp.
    pub fn is_believed(&self, secret: &str) -> bool {
        Webhook::new(secret).expect("a secret").verify(self.body.as_bytes(), &self.headers).is_ok()
    }
}

impl Receiver {
    pub async fn start() -> Self {
        Self::at("127.0.0.1:0".parse().expect("an address")).await
    }

    /// Listens at a given address, for instance a former receiver's.
    pub async fn at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let behavior = Behavior { taken: Vec::new(), next: VecDeque::new(), usual: 200, delay: Duration::ZERO };
        let behavior = Arc::new(Mutex::new(behavior));
        let router = Router::new().fallback(take).with_state(behavior.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { address, behavior, serving }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// Sets the status of all further responses.
    pub fn answers(&self, status: u16) {
        self.behavior().usual = status;
    }

    /// Sets the statuses of the next responses.
    pub fn answers_next(&self, statuses: &[u16]) {
        self.behavior().next.extend(statuses);
    }

    /// Delays every response.
    pub fn delays(&self, by: Duration) {
        self.behavior().delay = by;
    }

    /// All requests received so far.
    pub fn taken(&self) -> Vec<Taken> {
        self.behavior().taken.clone()
    }

    fn behavior(&self) -> MutexGuard<'_, Behavior> {
        self.behavior.lock().expect("no thread panicked while holding the lock")
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn take(State(behavior): State<Shared>, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let (status, delay) = {
        let mut behavior = behavior.lock().expect("no thread panicked while holding the lock");
        behavior.taken.push(Taken { headers, body: String::from_utf8_lossy(&body).into_owned() });
        (behavior.next.pop_front().unwrap_or(behavior.usual), behavior.delay)
    };
    tokio::time::sleep(delay).await;
    (StatusCode::from_u16(status).unwrap_or(StatusCode::IM_A_TEAPOT), format!("answered {status}"))
}
