//! Servers that return scripted responses, or fail in one way.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
    routing::any,
};
use billing::payment::{NewCheckout, NewCustomer, ProviderError};
use domain::{catalog::Cycle, subscription::checkout_options::CheckoutOptions};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// Upper bound of the duration of a failing call: a page's time budget with some margin.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(12);

/// A recorded request.
#[derive(Clone, Debug)]
pub(crate) struct RecordedRequest {
    pub(crate) line: String,
    pub(crate) key: Option<String>,
    pub(crate) body: String,
    /// The decoded form fields, as `name=value`.
    pub(crate) fields: Vec<String>,
}

/// A server that returns scripted responses in order, and repeats the last one.
#[derive(Clone)]
pub(crate) struct Script {
    answers: Arc<Mutex<VecDeque<(u16, String)>>>,
    heard: Arc<Mutex<Vec<RecordedRequest>>>,
}

impl Script {
    /// Starts the server and returns its base URL.
    pub(crate) async fn start(answers: impl IntoIterator<Item = (u16, String)>) -> (Self, String) {
        let script = Self { answers: Arc::new(Mutex::new(answers.into_iter().collect())), heard: Arc::default() };
        let base = listen(Router::new().fallback(answer).with_state(script.clone())).await;
        (script, base)
    }

    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        self.heard.lock().unwrap().clone()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.requests().into_iter().map(|heard| heard.line).collect()
    }
}

async fn listen(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    base
}

async fn answer(State(script): State<Script>, request: axum::extract::Request) -> impl IntoResponse {
    let line = format!("{} {}", request.method(), request.uri().path());
    let key = request.headers().get("idempotency-key").map(|key| key.to_str().unwrap().to_owned());
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let fields = url::form_urlencoded::parse(&body).map(|(name, value)| format!("{name}={value}")).collect();
    let body = String::from_utf8(body.to_vec()).unwrap();
    script.heard.lock().unwrap().push(RecordedRequest { line, key, body, fields });
    let mut answers = script.answers.lock().unwrap();
    let (status, body) = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() }.unwrap();
    (StatusCode::from_u16(status).unwrap(), body)
}

/// Starts a server with endless response bodies. Returns the count of requests and the base URL.
pub(crate) async fn start_endless_body_server() -> (Arc<AtomicUsize>, String) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let endless = move || {
        counted.fetch_add(1, Ordering::SeqCst);
        let chunks = futures::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 64 << 10]));
        async { axum::body::Body::from_stream(chunks) }
    };
    (asked, listen(Router::new().fallback(endless)).await)
}

/// Returns the base URL of a closed port.
pub(crate) async fn closed_port() -> String {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", free.local_addr().unwrap())
}

/// Starts a server that accepts connections and never answers.
pub(crate) async fn start_silent_server() -> String {
    start_counting_silent_server().await.1
}

/// Starts a server that never answers. Returns the count of connections and the base URL.
pub(crate) async fn start_counting_silent_server() -> (Arc<AtomicUsize>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok(connection) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            open.push(connection);
        }
    });
    (connections, base)
}

/// Starts a server that redirects each request. Returns the count of followed redirects and the base URL.
pub(crate) async fn start_redirect_server() -> (Arc<AtomicUsize>, String) {
    let visits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&visits);
    let elsewhere = any(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        async { "{}" }
    });
    let router = Router::new().route("/elsewhere", elsewhere);
    (visits, listen(router.fallback(|| async { Redirect::temporary("/elsewhere") })).await)
}

/// Starts a server with endless response heads. Returns the count of open connections and the base URL.
pub(crate) async fn start_endless_head_server(
    begins: &'static str,
    goes_on: &'static str,
) -> (Arc<AtomicUsize>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let open = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&open);
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let counted = Arc::clone(&counted);
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let more = goes_on.repeat(4096 / goes_on.len());
                // Read the request first.
                connection.read_u8().await.ok();
                let mut written = connection.write_all(begins.as_bytes()).await;
                while written.is_ok() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    written = connection.write_all(more.as_bytes()).await;
                }
                counted.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    (open, base)
}

/// Returns the memory of this process in bytes (Linux: proc(5), `/proc/self/statm`).
pub(crate) fn memory_bytes() -> usize {
    const PAGE_BYTES: usize = 4096;
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * PAGE_BYTES
}

pub(crate) fn customer() -> NewCustomer {
    NewCustomer {
        tenant: "t1".parse().unwrap(),
        replaced_customer: None,
        name: "Acme".to_owned(),
        email: "ada@example.com".to_owned(),
    }
}

/// Returns a checkout of Pro for a customer.
pub(crate) fn checkout_of(customer: &str) -> NewCheckout {
    NewCheckout {
        attempt: "a1".parse().unwrap(),
        tenant: "t1".parse().unwrap(),
        customer: customer.to_owned(),
        plan: "pro".parse().unwrap(),
        cycle: Cycle::Monthly,
        seats: None,
        success_url: "http://127.0.0.1/paid?session_id={CHECKOUT_SESSION_ID}".to_owned(),
        cancel_url: "http://127.0.0.1/checkout?plan=pro&cycle=monthly".to_owned(),
        trial_days: 0,
        locale: Some("de-AT".to_owned()),
        options: CheckoutOptions::default(),
    }
}

pub(crate) fn reason(error: ProviderError) -> String {
    match error {
        ProviderError::Rejected { reason, .. } => reason,
        other => panic!("not a refusal: {other:?}"),
    }
}
