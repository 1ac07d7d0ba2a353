//! Stand-ins for Stripe, Polar and Firebase, so that the product runs and is tested without keys or network.
//!
//! Each stand-in serves the provider's API, hosted pages and webhooks, close enough to the real one that the official
//! SDKs and command line work with it. State survives `kill -9`. The billing clock can be moved forward on demand.

// Stripe's objects have many fields, and `json!` recurses once per field.
#![recursion_limit = "256"]

mod billing;
mod board;
mod firebase;
mod page;
mod polar;
mod records;
mod storage;
mod stripe;
mod webhooks;

use std::sync::Arc;

use axum::{Router, middleware};
use domain::time::Timestamp;
use tokio_util::sync::CancellationToken;

pub use storage::{JournalError as SandboxError, SandboxConfig};

use board::clock;
use page::same_site;
use storage::{Unit, World};

/// The default Firebase project. Firebase's tools never contact Google for a project whose id begins with `demo-`.
pub const DEFAULT_FIREBASE_PROJECT: &str = "demo-dues";

/// A running sandbox: [`Sandbox::router`] answers requests, [`Sandbox::run`] delivers webhooks.
#[derive(Clone)]
pub struct Sandbox {
    world: Arc<World>,
}

impl Sandbox {
    /// Opens the sandbox and restores the state in the data folder. Fails if another sandbox uses the folder.
    pub fn open(config: SandboxConfig) -> Result<Self, SandboxError> {
        let world = World::open(config, records::tables(), process_due)?;
        Ok(Self { world: Arc::new(world) })
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
        webhooks::run(Arc::clone(&self.world), shutdown).await;
    }
}

/// Processes what is due by `until` at each provider. The providers' state is independent.
fn process_due(unit: &mut Unit<'_>, until: Timestamp) {
    stripe::billing::due::process_due(unit, until);
    polar::billing::due::process_due(unit, until);
}
