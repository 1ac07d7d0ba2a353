//! Stand-ins for Stripe, Polar and Firebase, so that the product runs and is tested without keys or network.
//!
//! Each stand-in serves the provider's API, hosted pages and webhooks, close enough to the real one that the official
//! SDKs and command line work with it. State survives `kill -9`. The billing clock can be moved forward on demand.

// Stripe's objects have many fields, and `json!` recurses once per field.
#![recursion_limit = "256"]

mod billing;
mod deliveries;
mod firebase;
mod page;
mod polar;
mod storage;
mod stripe;

use std::{path::PathBuf, sync::Arc};

use axum::{Router, middleware};
use domain::time::{Clock, ShiftedClock};
use tokio_util::sync::CancellationToken;

pub use storage::journal::JournalError as SandboxError;

use page::{board, clock, same_site};
use storage::World;

/// The default Firebase project. Firebase's tools never contact Google for a project whose id begins with `demo-`.
pub const DEFAULT_FIREBASE_PROJECT: &str = "demo-dues";

/// Settings of a [`Sandbox`].
pub struct SandboxConfig {
    /// Folder of the journal. `None` keeps the state in memory only.
    pub data_dir: Option<PathBuf>,
    /// Base URL of links to the sandbox's pages, such as `http://127.0.0.1:12111`.
    pub public_url: String,
    /// Audience of the ID tokens, which is a Firebase project's id.
    pub firebase_project: String,
    /// Clock for signatures, deliveries, idempotency keys and ID tokens.
    pub wall: Arc<dyn Clock>,
    /// Clock for everything else. [`Sandbox::open`] sets its offset to the one stored in `data_dir`.
    pub billing: Arc<ShiftedClock>,
}

/// A running sandbox: [`Sandbox::router`] answers requests, [`Sandbox::run`] delivers webhooks.
#[derive(Clone)]
pub struct Sandbox {
    world: Arc<World>,
}

impl Sandbox {
    /// Opens the sandbox and restores the state in the data folder. Fails if another sandbox uses the folder.
    pub fn open(config: SandboxConfig) -> Result<Self, SandboxError> {
        Ok(Self { world: Arc::new(World::open(config)?) })
    }

    /// All routes: `/v1`, `/polar/v1`, the hosted pages, Firebase's calls, `/clock`, and the board at `/`.
    pub fn router(&self) -> Router {
        let page_routes = Router::new()
            .merge(board::routes())
            .merge(clock::routes())
            .merge(stripe::hosted::routes())
            .merge(polar::hosted::routes())
            .merge(firebase::verify::routes())
            .layer(middleware::from_fn(same_site::refuse_other_sites));
        Router::new()
            .merge(page_routes)
            .merge(stripe::routes())
            .merge(polar::routes())
            .merge(firebase::routes())
            .merge(page::style_route())
            .fallback(page::not_found)
            .with_state(Arc::clone(&self.world))
    }

    /// Delivers webhooks and renews subscriptions as they become due, until `shutdown` is cancelled. Deliveries without
    /// an answer by then are sent again after the next start.
    pub async fn run(&self, shutdown: CancellationToken) {
        deliveries::run(Arc::clone(&self.world), shutdown).await;
    }
}
