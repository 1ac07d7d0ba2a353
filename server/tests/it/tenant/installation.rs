//! The product's back end: keys of the installation, and what they open; its links into the portal.

mod billing;
mod keys;
mod many_tenants;
mod metering;
mod portal;
mod tenants;
mod webhooks;
