//! Records the calls that Dues makes at the provider.

use std::sync::{Arc, Mutex};

use axum::{
    extract::{Request, State},
    http::header,
    middleware::Next,
    response::Response,
};

/// The calls of Dues, as method and path. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorder {
    calls: Arc<Mutex<Vec<String>>>,
    /// The header `traceparent` of the calls that have one.
    traceparents: Arc<Mutex<Vec<String>>>,
}

impl Recorder {
    /// Returns how many calls were made since the last [`Self::take`].
    pub(crate) fn count(&self) -> usize {
        self.calls.lock().unwrap().len()
    }

    /// Returns the calls since the last call of this method.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }

    /// Returns the `traceparent` of each call that has one.
    pub(crate) fn traceparents(&self) -> Vec<String> {
        self.traceparents.lock().unwrap().clone()
    }
}

pub(super) async fn record(State(recorder): State<Recorder>, request: Request, next: Next) -> Response {
    let agent = request.headers().get(header::USER_AGENT);
    if agent.is_some_and(|agent| agent.as_bytes().starts_with(b"Dues/")) {
        if let Some(traceparent) = request.headers().get("traceparent") {
            recorder.traceparents.lock().unwrap().push(traceparent.to_str().unwrap().to_owned());
        }
        recorder.calls.lock().unwrap().push(format!("{} {}", request.method(), request.uri().path()));
    }
    next.run(request).await
}
