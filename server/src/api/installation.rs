//! Routes that only keys of the installation may call.

pub mod portal;
pub mod tenants;
pub mod webhook_endpoints;
