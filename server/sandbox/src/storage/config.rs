//! Settings of the sandbox.

use std::{path::PathBuf, sync::Arc};

use domain::time::{Clock, ShiftedClock};

/// The merchant's name unless the settings have another.
pub const DEFAULT_MERCHANT: &str = "Dues";

/// Settings of a [`Sandbox`](crate::Sandbox).
pub struct SandboxConfig {
    /// Folder of the journal. `None` keeps the state in memory only.
    pub data_dir: Option<PathBuf>,
    /// Base URL of links to the sandbox's pages, such as `http://127.0.0.1:12111`.
    pub public_url: String,
    /// The merchant's name on pages and invoices.
    pub merchant: String,
    /// Audience of the ID tokens, which is a Firebase project's id.
    pub firebase_project: String,
    /// Clock for signatures, deliveries, idempotency keys and ID tokens.
    pub wall: Arc<dyn Clock>,
    /// Clock for everything else. [`Sandbox::open`](crate::Sandbox::open) sets its offset to the one stored in
    /// `data_dir`.
    pub billing: Arc<ShiftedClock>,
}
