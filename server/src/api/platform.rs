//! Plans, subscription, usage, upgrade, sync and Polar's webhook, in the platform document's shapes.

pub mod plans;
pub mod polar_webhook;
pub mod subscription;
pub mod sync;
pub mod upgrade;
pub mod usage;
