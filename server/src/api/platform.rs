//! Plans, subscription, usage, upgrade and sync, in the platform document's shapes.

pub mod plans;
pub mod subscription;
pub mod sync;
pub mod upgrade;
pub mod usage;
