//! `/api/v1/tenant/api-keys`: keys for services and scripts, which speak for one workspace.

pub mod create;
pub mod list;
pub mod revoke;
