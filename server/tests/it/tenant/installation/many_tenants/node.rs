//! A server that the product's back end calls, and services with keys of workspaces.

use std::net::SocketAddr;

use domain::tenant::installation_scope::InstallationScope::{Read, Tenants, Usage};
use reqwest::{Method, RequestBuilder};

use crate::harness::{Browser, TestApp};

/// The feature of the checks and consumes.
pub(super) const CALLS: &str = "telemetry_events_monthly";

pub(super) struct Node {
    /// The client that sends the installation's key.
    pub(super) product: Browser,
    /// The client for requests with a key of a workspace.
    visitor: Browser,
}

impl Node {
    /// Returns a node for each address. All nodes get the same installation key.
    pub(super) async fn of_product(app: &TestApp, addresses: impl Iterator<Item = SocketAddr>) -> Vec<Self> {
        let (product, visitor) = (app.product(&[Tenants, Read, Usage]).await, app.visitor());
        addresses
            .map(|address| Self { product: product.with_address(address), visitor: visitor.with_address(address) })
            .collect()
    }

    /// Builds a request about the tenant with this external id.
    pub(super) fn request_for(&self, external: &str, method: Method, path: &str) -> RequestBuilder {
        self.product.request(method, path).header("x-tenant-external-id", encoded(external))
    }

    /// Returns the status of a check of the tenant with this external id.
    pub(super) async fn check(&self, external: &str) -> u16 {
        self.product.send(self.request_for(external, Method::GET, &check_path())).await.status
    }

    /// Returns the status of a check of the tenant with this id at Dues.
    pub(super) async fn check_by_id(&self, id: &str) -> u16 {
        self.product.send(self.product.request(Method::GET, &check_path()).header("x-tenant-id", id)).await.status
    }

    /// Returns the status of a check with a workspace's key.
    pub(super) async fn check_with_key(&self, key: &str) -> u16 {
        self.visitor.send(self.visitor.request(Method::GET, &check_path()).bearer_auth(key)).await.status
    }
}

fn check_path() -> String {
    format!("/api/v1/billing/features/{CALLS}/check")
}

/// Returns the external id percent-encoded, as in a header and a path.
fn encoded(external: &str) -> String {
    external.replace('/', "%2F")
}

/// Returns the path of the tenant with this external id.
pub(super) fn tenant_path(external: &str) -> String {
    format!("/api/v1/tenants/external:{}", encoded(external))
}
