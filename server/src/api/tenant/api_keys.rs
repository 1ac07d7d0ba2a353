//! `/api/v1/tenant/api-keys`: keys for services and scripts. Each key is valid for one workspace.

pub mod create;
pub mod list;
pub mod revoke;
