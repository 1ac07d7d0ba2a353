//! Workspaces: members, keys, secrets, endpoints and customers.

mod api_keys;
mod audit;
mod enterprise;
mod secrets;
mod team;
mod webhook_endpoints;
mod white_label;
mod workspace_api;
