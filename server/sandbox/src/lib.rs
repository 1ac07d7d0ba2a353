//! A stand-in for the outside world, so that one command shows the whole product without keys or network, and tests
//! walk the real path: today Stripe's and Polar's APIs, hosted pages and webhooks, and Firebase's accounts and ID
//! tokens.
//!
//! It speaks the provider's wire protocol faithfully enough for the official SDKs and command line to drive it, keeps
//! what it answered through `kill -9`, and moves its billing clock on demand.

// Stripe's objects are wide, and `json!` takes a step of recursion a field.
#![recursion_limit = "256"]

mod board;
mod clock;
mod deliveries;
mod firebase;
mod ids;
mod input;
mod journal;
mod page;
mod polar;
mod same_site;
mod stripe;
mod world;

use std::{path::PathBuf, sync::Arc};

use axum::{Router, middleware};
use domain::time::{Clock, ShiftedClock};
use tokio_util::sync::CancellationToken;

pub use journal::JournalError as SandboxError;

use world::World;

/// The project where nobody says otherwise. Firebase's tools never go to Google for one that begins with `demo-`.
pub const DEFAULT_FIREBASE_PROJECT: &str = "demo-dues";

/// What a sandbox is opened with.
pub struct SandboxConfig {
    /// Where its state is kept; in memory only without it.
    pub data_dir: Option<PathBuf>,
    /// What links to its pages begin with, as `http://127.0.0.1:12111`.
    pub public_url: String,
    /// The Firebase project that its ID tokens are made for.
    pub firebase_project: String,
    /// For signatures, deliveries, idempotency keys and ID tokens.
    pub wall: Arc<dyn Clock>,
    /// For everything else. Its offset is set to what `data_dir` remembers.
    pub billing: Arc<ShiftedClock>,
}

/// The stand-in: its router answers, its runner delivers webhooks.
#[derive(Clone)]
pub struct Sandbox {
    world: Arc<World>,
}

impl Sandbox {
    /// Restores the state in the data folder, which one sandbox at a time may use.
    pub fn open(config: SandboxConfig) -> Result<Self, SandboxError> {
        Ok(Self { world: Arc::new(World::open(config)?) })
    }

    /// Everything that it serves: `/v1`, `/polar/v1`, the hosted pages, Firebase's calls, `/clock`, and the board at `/`.
    pub fn router(&self) -> Router {
        let for_people = Router::new()
            .merge(board::routes())
            .merge(clock::routes())
            .merge(stripe::hosted::routes())
            .merge(polar::hosted::routes())
            .merge(firebase::verify::routes())
            .layer(middleware::from_fn(same_site::refuse_other_sites));
        Router::new()
            .merge(for_people)
            .merge(stripe::routes())
            .merge(polar::routes())
            .merge(firebase::routes())
            .merge(page::style_route())
            .fallback(page::not_found)
            .with_state(Arc::clone(&self.world))
    }

    /// Delivers webhooks and renews subscriptions as they fall due, until told to stop. Nothing is lost at the end: what
    /// is unanswered by then is sent again after the next start.
    pub async fn run(&self, shutdown: CancellationToken) {
        deliveries::run(Arc::clone(&self.world), shutdown).await;
    }
}
