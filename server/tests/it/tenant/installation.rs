//! The product's back end: keys of the installation, the calls that they may make, and links into the portal.

mod billing;
mod customers;
mod keys;
mod many_tenants;
mod metering;
mod portal;
mod tenants;
mod webhooks;
