//! Enqueues messages to endpoints, in the transaction that causes the event.

use domain::{
    catalog::{Catalog, Feature, FeatureKind, Limit},
    entitlement::alert::Alert,
    ids::TenantId,
    subscription::{Entitlements, Subscription},
    tenant::webhook_event::WebhookEvent,
    time::Timestamp,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    service::Endpoints,
    store::{StoreResult, Tx, webhook::webhook_messages::NewMessage},
};

/// The event that an admin sends by hand to test an endpoint.
pub const PING: &str = "ping";

/// An event of a workspace, with its payload.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::service) struct EndpointEvent {
    tenant: TenantId,
    event: WebhookEvent,
    happened_at: Timestamp,
    data: Value,
}

impl EndpointEvent {
    /// Returns the event for the state of a workspace's subscription and entitlements.
    pub(in crate::service) fn subscription(
        tenant: &TenantId,
        entitlements: &Entitlements,
        subscription: Option<&Subscription>,
        happened_at: Timestamp,
    ) -> Self {
        let live = subscription.filter(|stored| stored.status.is_live());
        let data = json!({
            "tenantId": tenant,
            "plan": entitlements.plan,
            "status": entitlements.status,
            "billingCycle": live.map(|stored| stored.cycle.as_str()),
            "currentPeriodEnd": subscription.map(|stored| stored.current_period_end().rfc3339_millis()),
            "cancelAtPeriodEnd": subscription.is_some_and(|stored| stored.cancel_at_period_end),
            "trialEnd": live.and_then(|stored| stored.trial_end).map(Timestamp::rfc3339_millis),
            "pendingChange": live.and_then(|stored| stored.pending.as_ref()).map(|pending| json!({
                "plan": pending.plan,
                "billingCycle": pending.cycle.as_str(),
                "at": pending.at.rfc3339_millis(),
            })),
        });
        Self { tenant: tenant.clone(), event: WebhookEvent::SubscriptionUpdated, happened_at, data }
    }

    /// Returns the event for a limit alert; `None` if the catalog no longer has the feature.
    pub(in crate::service) fn limit(tenant: &TenantId, alert: &Alert, catalog: &Catalog) -> Option<Self> {
        let Alert { feature, period_start: _, kind, sent_at, used, limit } = alert;
        let known = catalog.feature(feature.as_str())?;
        let data = json!({
            "tenantId": tenant,
            "feature": feature,
            "used": used,
            "limit": limit,
            "threshold": threshold(known, *limit),
            "period": match known.kind {
                FeatureKind::Counter(period) => Some(period),
                FeatureKind::Flag | FeatureKind::Gauge | FeatureKind::Max => None,
            },
        });
        Some(Self { tenant: tenant.clone(), event: (*kind).into(), happened_at: *sent_at, data })
    }
}

/// Returns the amount from which a warning is sent; `None` without a limit.
fn threshold(feature: &Feature, limit: Limit) -> Option<u64> {
    match limit {
        Limit::AtMost(most) => Some(feature.warn_at.amount(most)),
        Limit::Unlimited => None,
    }
}

impl Endpoints {
    /// Enqueues messages with the current state of a subscription. No-op if it equals the last announced state, or
    /// `before` if none was announced yet.
    ///
    /// So a change is announced once, whether a provider or the passing of time caused it.
    pub(in crate::service) async fn announce_subscription(
        &self,
        tx: &mut Tx,
        before: &EndpointEvent,
        now: EndpointEvent,
    ) -> StoreResult<()> {
        let announced = tx.connection().find_notified_subscription(&now.tenant).await?;
        if announced.as_ref().unwrap_or(&before.data) == &now.data {
            return Ok(());
        }
        tx.connection().upsert_notified_subscription(&now.tenant, &now.data).await?;
        self.announce(tx, &[now]).await
    }

    /// Enqueues a message for each endpoint that subscribes to the event. The next poll of the workers finds it.
    pub(in crate::service) async fn announce(&self, tx: &mut Tx, news: &[EndpointEvent]) -> StoreResult<()> {
        if news.is_empty() {
            return Ok(());
        }
        let mut tenants: Vec<_> = news.iter().map(|news| news.tenant.clone()).collect();
        tenants.sort_unstable();
        tenants.dedup();
        let subscribers = tx.connection().list_enabled_endpoints(&tenants).await?;
        let mut messages = Vec::new();
        for EndpointEvent { tenant, event, happened_at, data } in news {
            let body = body(event.as_str(), *happened_at, data);
            let wanting =
                subscribers.iter().filter(|subscriber| subscriber.tenant == *tenant && subscriber.wants(*event));
            messages.extend(wanting.map(|subscriber| NewMessage {
                tenant: tenant.clone(),
                id: message_id(),
                endpoint: subscriber.endpoint.clone(),
                event: event.as_str(),
                body: body.clone(),
            }));
        }
        if messages.is_empty() {
            return Ok(());
        }
        tx.connection().insert_messages(&messages, self.wall_now()).await
    }
}

/// Returns a new message id. Ids sort by creation time.
pub(super) fn message_id() -> String {
    format!("msg_{}", Uuid::now_v7().simple())
}

/// Returns the body of a message, which every try sends byte for byte (Standard Webhooks: "Payload structure").
pub(super) fn body(event: &str, happened_at: Timestamp, data: &Value) -> String {
    json!({ "type": event, "timestamp": happened_at.rfc3339_millis(), "data": data }).to_string()
}
