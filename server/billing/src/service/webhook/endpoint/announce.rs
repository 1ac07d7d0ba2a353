//! Enqueues messages to endpoints, in the transaction that causes the event.

use domain::{ids::TenantId, time::Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::event::{EndpointEvent, TenantChange};
use crate::{
    service::Endpoints,
    store::{
        StoreResult, Tx,
        tenant::tenants::{Tenant, revisions::Revision},
        webhook::{webhook_endpoints::EnabledEndpoint, webhook_messages::NewMessage},
    },
};

/// The event that an admin sends by hand to test an endpoint.
pub const PING: &str = "ping";

impl Endpoints {
    /// Returns the event for the current state of a subscription, and stores it as announced. The caller announces the
    /// event in the same transaction. Returns `None` if the state equals the last announced one. If none was announced
    /// yet, the state is compared with `before`.
    ///
    /// Thus a change is announced once, whether a provider or the passing of time caused it.
    pub(in crate::service) async fn note_subscription(
        &self,
        tx: &mut Tx,
        before: &EndpointEvent,
        now: EndpointEvent,
    ) -> StoreResult<Option<EndpointEvent>> {
        let announced = tx.connection().find_notified_subscription(&now.tenant).await?;
        if announced.as_ref().unwrap_or(&before.data) == &now.data {
            return Ok(None);
        }
        tx.connection().upsert_notified_subscription(&now.tenant, &now.data).await?;
        Ok(Some(now))
    }

    /// Enqueues messages about a change of a tenant's record. The caller has written the change.
    pub(in crate::service) async fn announce_tenant(
        &self,
        tx: &mut Tx,
        change: TenantChange,
        tenant: &Tenant,
    ) -> StoreResult<()> {
        self.announce(tx, &[EndpointEvent::tenant(change, tenant, self.billing_now())]).await
    }

    /// Enqueues a message for each endpoint that subscribes to the event: those of its tenant and of the installation.
    /// The workers' next poll finds the messages.
    ///
    /// A transaction calls this once, with all its events: two calls could lock endpoints in another order than another
    /// transaction does.
    pub(in crate::service) async fn announce(&self, tx: &mut Tx, news: &[EndpointEvent]) -> StoreResult<()> {
        if news.is_empty() {
            return Ok(());
        }
        let installation = TenantId::installation();
        let mut owners: Vec<_> = news.iter().map(|news| news.tenant.clone()).collect();
        owners.push(installation.clone());
        owners.sort_unstable();
        owners.dedup();
        let subscribers = tx.connection().list_enabled_endpoints(&owners).await?;
        let (of_installation, of_tenants): (Vec<_>, Vec<_>) =
            subscribers.into_iter().partition(|subscriber| subscriber.tenant == installation);
        let mut messages = Vec::new();
        for news in news.iter().filter(|news| news.event.is_for_workspaces()) {
            let subscribers = of_tenants.iter().filter(|subscriber| subscriber.tenant == news.tenant);
            messages.extend(messages_to(subscribers, news, &news.data));
        }
        messages.extend(messages_to_installation(tx, &of_installation, news).await?);
        if messages.is_empty() {
            return Ok(());
        }
        tx.connection().insert_messages(&messages, self.wall_now()).await
    }
}

/// Returns the messages to endpoints of the installation. Each event that an endpoint subscribes to raises the tenant's
/// revision, so that the revisions of two messages about a tenant are in the order of their events.
async fn messages_to_installation(
    tx: &mut Tx,
    subscribers: &[EnabledEndpoint],
    news: &[EndpointEvent],
) -> StoreResult<Vec<NewMessage>> {
    let is_wanted = |news: &&EndpointEvent| subscribers.iter().any(|subscriber| subscriber.wants(news.event));
    let mut wanted: Vec<_> = news.iter().filter(is_wanted).collect();
    // All transactions lock tenants in this order, which avoids deadlocks. Events of one tenant keep their order.
    wanted.sort_by(|one, other| one.tenant.cmp(&other.tenant));
    let mut messages = Vec::new();
    for news in wanted {
        let Some(revision) = tx.connection().raise_revision(&news.tenant).await? else { continue };
        messages.extend(messages_to(subscribers.iter(), news, &with_revision(&news.data, &revision)));
    }
    Ok(messages)
}

/// Returns a message for each of these endpoints that subscribes to the event.
fn messages_to<'a>(
    subscribers: impl Iterator<Item = &'a EnabledEndpoint>,
    news: &EndpointEvent,
    data: &Value,
) -> Vec<NewMessage> {
    let EndpointEvent { tenant, event, happened_at, data: _ } = news;
    let body = body(event.as_str(), *happened_at, data);
    let wanting = subscribers.filter(|subscriber| subscriber.wants(*event));
    let messages = wanting.map(|subscriber| NewMessage {
        tenant: subscriber.tenant.clone(),
        id: message_id(),
        endpoint: subscriber.endpoint.clone(),
        event: event.as_str(),
        body: body.clone(),
        about: (subscriber.tenant != *tenant).then(|| tenant.clone()),
    });
    messages.collect()
}

/// Adds the tenant's external id and revision to a payload.
fn with_revision(data: &Value, revision: &Revision) -> Value {
    let Revision { number, external_id } = revision;
    let mut data = data.clone();
    if let Some(fields) = data.as_object_mut() {
        fields.insert("externalId".to_owned(), json!(external_id));
        fields.insert("revision".to_owned(), json!(number));
    }
    data
}

/// Returns a new message id. Ids sort by creation time.
pub(super) fn message_id() -> String {
    format!("msg_{}", Uuid::now_v7().simple())
}

/// Returns the body of a message, which every try sends byte for byte (Standard Webhooks: "Payload structure").
pub(super) fn body(event: &str, happened_at: Timestamp, data: &Value) -> String {
    json!({ "type": event, "timestamp": happened_at.rfc3339_millis(), "data": data }).to_string()
}
