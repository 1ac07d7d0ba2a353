//! Renames, deletes and restores tenants while they are metered.

use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use reqwest::Method;
use serde_json::json;

use super::{
    course::Course,
    fleet::{Fleet, Tenant},
    node::{Node, tenant_path},
};
use crate::harness::STALENESS;

/// Number of concurrent changes.
const LANES: usize = 16;
const POLL_INTERVAL: Duration = Duration::from_millis(50);

impl Fleet {
    /// Applies the changes of its [`Course`] to each tenant, [`LANES`] tenants at a time.
    pub(super) async fn change_tenants(&self) {
        let change = |number: usize| async move {
            let tenant = &self.tenants[number];
            match tenant.course {
                Course::Unchanged => {}
                Course::Renamed => self.rename(number, tenant).await,
                Course::Restored => {
                    self.delete(number, tenant, "").await;
                    self.restore(number + 1, tenant).await;
                }
                Course::Deleted => self.delete(number, tenant, "").await,
                Course::Erased => {
                    self.rename(number, tenant).await;
                    self.delete(number, tenant, "?purge=true").await;
                }
            }
        };
        stream::iter(0..self.tenants.len()).for_each_concurrent(LANES, change).await;
    }

    /// Renames a tenant. Checks that the new external id works at once, and that the former one stops working within
    /// [`STALENESS`].
    async fn rename(&self, number: usize, tenant: &Tenant) {
        let (former, external) = (tenant.external(), format!("{}/second", tenant.mark));
        let product = &self.node(number).product;
        let change = json!({ "name": format!("Works {}", tenant.mark), "externalId": external });
        let renamed = product.send(product.request(Method::PATCH, &tenant_path(&former)).json(&change)).await;
        let since = Instant::now();
        assert_eq!(renamed.expect(200)["id"], tenant.id.as_str());
        tenant.rename(&external);
        for node in &self.nodes {
            assert_eq!(node.check(&external).await, 200, "{external} is new");
        }
        self.everywhere(since, 404, &former, async |node: &Node| node.check(&former).await).await;
    }

    /// Deletes a tenant. Checks that nothing is counted from then on, and that its ids and key are refused within
    /// [`STALENESS`].
    async fn delete(&self, number: usize, tenant: &Tenant, query: &str) {
        let (external, product) = (tenant.external(), &self.node(number).product);
        let path = format!("{}{query}", tenant_path(&external));
        let deleted = product.send(product.request(Method::DELETE, &path)).await;
        let since = Instant::now();
        assert_eq!(deleted.status, 204, "{deleted:#?}");
        self.assert_counts_nothing(tenant).await;
        self.everywhere(since, 404, &external, async |node: &Node| node.check(&external).await).await;
        self.everywhere(since, 404, &tenant.id, async |node: &Node| node.check_by_id(&tenant.id).await).await;
        if let Some(key) = &tenant.key {
            self.everywhere(since, 401, "its key", async |node: &Node| node.check_with_key(key).await).await;
        }
    }

    /// Restores a deleted tenant. Checks that its external id and its key work within [`STALENESS`].
    async fn restore(&self, number: usize, tenant: &Tenant) {
        let (external, product) = (tenant.external(), &self.node(number).product);
        let restored = product.post(&format!("{}/restore", tenant_path(&external)), &json!({})).await;
        let since = Instant::now();
        assert_eq!(restored.expect(200)["id"], tenant.id.as_str());
        self.everywhere(since, 200, &external, async |node: &Node| node.check(&external).await).await;
        if let Some(key) = &tenant.key {
            self.everywhere(since, 200, "its key", async |node: &Node| node.check_with_key(key).await).await;
        }
    }

    /// Waits until every node answers with the expected status. Fails if a request that began [`STALENESS`] after
    /// `since` gets another status.
    async fn everywhere(&self, since: Instant, expected: u16, what: &str, status: impl AsyncFn(&Node) -> u16) {
        for node in &self.nodes {
            loop {
                let begun = since.elapsed();
                let status = status(node).await;
                if status == expected {
                    break;
                }
                assert!(begun < STALENESS, "{what} is answered {status} {begun:?} after the change, not {expected}");
                tokio::time::sleep(POLL_INTERVAL).await;
            }
        }
    }
}
