//! Tenants, their members, keys, secrets, requests and audit log.

pub mod api_keys;
pub mod audit_log;
pub mod enterprise_requests;
pub mod erasure;
pub mod idempotency_keys;
pub mod import_decisions;
pub mod import_rows;
pub mod import_totals;
pub mod imports;
pub mod installation_keys;
pub mod invitations;
pub mod mail_preferences;
pub mod members;
pub mod portal_sessions;
pub mod sealed;
pub mod secrets;
pub(super) mod signing_keys;
pub mod tenant_notes;
pub mod tenants;
