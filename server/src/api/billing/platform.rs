//! Plans, subscription, usage, upgrade, sync and Polar's webhook, in the shapes of the platform document
//! (`end2end/conformance/platform.json`).

pub mod plans;
pub mod polar_webhook;
pub mod subscription;
pub mod sync;
pub mod upgrade;
pub mod usage;
