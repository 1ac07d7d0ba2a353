//! Verification of ID tokens with real signatures, against a key server on a real socket.

mod cache;
mod tokens;

use std::sync::Arc;

use domain::time::{Clock, ManualClock, SystemClock};

use super::{
    FirebaseConfig, FirebaseVerifier,
    testing::{Draft, KeyServer, PROJECT},
};

/// A verifier, the server of its key set, and the clock of the verifier and of drafts.
struct TestBed {
    verifier: FirebaseVerifier,
    source: KeyServer,
    clock: Arc<ManualClock>,
}

impl TestBed {
    async fn start() -> Self {
        let source = KeyServer::start().await;
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let config = FirebaseConfig { project_id: PROJECT.to_owned(), jwks_url: source.url.clone() };
        let verifier = FirebaseVerifier::new(config, clock.clone()).unwrap();
        Self { verifier, source, clock }
    }

    fn draft(&self) -> Draft {
        Draft::new(self.clock.now())
    }
}
