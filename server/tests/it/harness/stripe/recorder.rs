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
pub(crate) struct Recorder(Arc<Mutex<Vec<String>>>);

impl Recorder {
    /// Returns how many calls were made since the last [`Self::take`].
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// Returns the calls since the last call of this method.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

pub(super) async fn record(State(recorder): State<Recorder>, request: Request, next: Next) -> Response {
    let agent = request.headers().get(header::USER_AGENT);
    if agent.is_some_and(|agent| agent.as_bytes().starts_with(b"Dues/")) {
        recorder.0.lock().unwrap().push(format!("{} {}", request.method(), request.uri().path()));
    }
    next.run(request).await
}
