//! `/api/v1/tenant/…` and `/tenant/…`: what a workspace's admins look after.

pub mod api_keys;
pub mod audit;
pub mod invitations;
pub mod members;
pub mod secrets;
pub mod webhook_endpoints;
