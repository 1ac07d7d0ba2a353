//! `/api/v1/tenant/…` and `/tenant/…`: members, invitations, API keys, secrets, webhook endpoints and the audit log.

pub mod api_keys;
pub mod audit;
pub mod enterprise_signup;
pub mod invitations;
pub mod members;
pub mod secrets;
pub mod webhook_endpoints;
