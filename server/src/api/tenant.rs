//! `/api/v1/tenant/…`: what a workspace's admins look after.

pub mod api_keys;
pub mod invitations;
pub mod members;
pub mod webhook_endpoints;
