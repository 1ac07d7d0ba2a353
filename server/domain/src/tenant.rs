//! A workspace: its names, who acts in it, its audit log, key scopes, secrets, webhook events and enterprise requests.

pub mod actor;
pub mod audit;
pub mod enterprise;
pub mod external_id;
pub mod import;
pub mod installation_scope;
pub mod metadata;
pub mod portal;
pub mod scope;
pub mod secret;
pub mod webhook_event;
