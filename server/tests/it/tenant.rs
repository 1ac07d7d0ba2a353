//! Workspaces: members, keys, secrets, endpoints and customers; and calls of the product's back end about them.

mod api_keys;
mod audit;
mod enterprise;
mod installation;
mod secrets;
mod team;
mod webhook_endpoints;
mod white_label;
mod workspace_api;
mod workspace_settings;
