//! Events of tenants, with their payloads.

use domain::{
    catalog::{Catalog, FeatureKind},
    entitlement::alert::Alert,
    ids::TenantId,
    subscription::{
        Discount, Entitlements, Off, Subscription, item::SubscriptionItem, lifecycle::DetectedPayment,
        seats::PendingSeats,
    },
    tenant::webhook_event::WebhookEvent,
    time::Timestamp,
};
use serde_json::{Value, json};

use crate::store::{subscription::checkout_attempts::Attempt, tenant::tenants::Tenant};

/// An event of a tenant, with the payload that its endpoints receive. Endpoints of the installation also receive the
/// tenant's external id and revision.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::service) struct EndpointEvent {
    pub(super) tenant: TenantId,
    pub(super) event: WebhookEvent,
    pub(super) happened_at: Timestamp,
    pub(super) data: Value,
}

/// A change of a tenant's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service) enum TenantChange {
    Created,
    /// Changed, or restored after a deletion.
    Updated,
    Deleted,
}

impl From<TenantChange> for WebhookEvent {
    fn from(change: TenantChange) -> Self {
        match change {
            TenantChange::Created => Self::TenantCreated,
            TenantChange::Updated => Self::TenantUpdated,
            TenantChange::Deleted => Self::TenantDeleted,
        }
    }
}

impl EndpointEvent {
    fn new(tenant: &TenantId, event: WebhookEvent, happened_at: Timestamp, data: Value) -> Self {
        Self { tenant: tenant.clone(), event, happened_at, data }
    }

    /// Returns the event for a change of a tenant's record.
    pub(super) fn tenant(change: TenantChange, tenant: &Tenant, happened_at: Timestamp) -> Self {
        let data = match change {
            // Without names: this message outlives an erasure.
            TenantChange::Deleted => json!({
                "tenantId": tenant.id,
                "createdAt": tenant.created_at.rfc3339_millis(),
            }),
            TenantChange::Created | TenantChange::Updated => json!({
                "tenantId": tenant.id,
                "name": tenant.name,
                "email": tenant.email,
                "metadata": tenant.metadata,
                "createdAt": tenant.created_at.rfc3339_millis(),
            }),
        };
        Self::new(&tenant.id, change.into(), happened_at, data)
    }

    /// Returns the event for the state of a tenant's subscription and entitlements.
    pub(in crate::service) fn subscription(
        tenant: &TenantId,
        entitlements: &Entitlements,
        subscription: Option<&Subscription>,
        happened_at: Timestamp,
    ) -> Self {
        let live = subscription.filter(|stored| stored.status.is_live());
        let mut data = json!({
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
        insert_seats(&mut data, live.and_then(|stored| stored.details.seats));
        let pending = live.and_then(|stored| stored.details.pending_seats);
        if let (Some(PendingSeats { seats, at }), Some(fields)) = (pending, data.as_object_mut()) {
            fields.insert("pendingSeats".to_owned(), json!({ "seats": seats, "at": at.rfc3339_millis() }));
        }
        insert_discounts(&mut data, live);
        if let Some(live) = live {
            insert_terms(&mut data, live);
        }
        Self::new(tenant, WebhookEvent::SubscriptionUpdated, happened_at, with_interval(data, live))
    }

    /// Returns the event for a checkout that was paid, or whose trial began. `subscription` is the one that it created,
    /// if it is known.
    pub(in crate::service) fn checkout(
        tenant: &TenantId,
        attempt: &Attempt,
        subscription: Option<&Subscription>,
        happened_at: Timestamp,
    ) -> Self {
        let currency = subscription.and_then(Subscription::currency).or(attempt.options.currency);
        let mut data = json!({
            "tenantId": tenant,
            "sessionId": attempt.session_id,
            "plan": attempt.plan,
            "billingCycle": attempt.cycle.as_str(),
            "trialDays": attempt.trial_days,
            "currency": currency,
        });
        insert_seats(&mut data, attempt.seats);
        if let (Some(discount), Some(fields)) = (&attempt.options.discount, data.as_object_mut()) {
            fields.insert(discount.field().to_owned(), json!(discount.code()));
        }
        insert_discounts(&mut data, subscription);
        Self::new(tenant, WebhookEvent::CheckoutCompleted, happened_at, data)
    }

    /// Returns the event for a trial that ends at `end`, when the first payment is due.
    pub(in crate::service) fn trial_ending(
        tenant: &TenantId,
        subscription: &Subscription,
        end: Timestamp,
        happened_at: Timestamp,
    ) -> Self {
        let amount = subscription.details.next_payment.map(|next| next.amount);
        let mut data = json!({
            "tenantId": tenant,
            "plan": subscription.plan,
            "billingCycle": subscription.cycle.as_str(),
            "trialEnd": end.rfc3339_millis(),
            "amount": amount.map(|amount| amount.minor),
            "currency": amount.map(|amount| amount.currency),
        });
        insert_seats(&mut data, subscription.details.seats);
        Self::new(tenant, WebhookEvent::TrialEnding, happened_at, with_interval(data, Some(subscription)))
    }

    /// Returns the event for a payment that arrived.
    pub(in crate::service) fn invoice_paid(
        tenant: &TenantId,
        subscription: &Subscription,
        payment: DetectedPayment<'_>,
        happened_at: Timestamp,
    ) -> Self {
        let DetectedPayment { invoice } = payment;
        let mut data = json!({
            "tenantId": tenant,
            "plan": subscription.plan,
            "billingCycle": subscription.cycle.as_str(),
            "periodStart": subscription.period_start.rfc3339_millis(),
            "periodEnd": subscription.period_end.rfc3339_millis(),
            "invoiceId": invoice.map(|(id, _)| id),
            "amount": invoice.map(|(_, amount)| amount.minor),
            "currency": invoice.map(|(_, amount)| amount.currency),
        });
        insert_seats(&mut data, subscription.details.seats);
        Self::new(tenant, WebhookEvent::InvoicePaid, happened_at, with_interval(data, Some(subscription)))
    }

    /// Returns the event for a payment that failed and is due since `since`.
    pub(in crate::service) fn payment_failed(
        tenant: &TenantId,
        subscription: &Subscription,
        entitlements: &Entitlements,
        since: Timestamp,
        happened_at: Timestamp,
    ) -> Self {
        let mut data = json!({
            "tenantId": tenant,
            "plan": subscription.plan,
            "billingCycle": subscription.cycle.as_str(),
            "dueSince": since.rfc3339_millis(),
            "graceUntil": entitlements.grace_until.map(Timestamp::rfc3339_millis),
            "amount": subscription.due.map(|due| due.minor),
            "currency": subscription.due.map(|due| due.currency),
        });
        insert_seats(&mut data, subscription.details.seats);
        Self::new(tenant, WebhookEvent::InvoicePaymentFailed, happened_at, with_interval(data, Some(subscription)))
    }

    /// Returns the event for a limit alert; `None` if the catalog no longer has the feature.
    pub(in crate::service) fn limit(
        tenant: &TenantId,
        alert: &Alert,
        threshold: Option<u64>,
        catalog: &Catalog,
    ) -> Option<Self> {
        let Alert { feature, period_start: _, kind, sent_at, used, limit } = alert;
        let known = catalog.feature(feature.as_str())?;
        let data = json!({
            "tenantId": tenant,
            "feature": feature,
            "used": used,
            "limit": limit,
            "threshold": threshold,
            "period": match known.kind {
                FeatureKind::Counter(period) => Some(period),
                FeatureKind::Flag | FeatureKind::Gauge | FeatureKind::Max => None,
            },
        });
        Some(Self::new(tenant, (*kind).into(), *sent_at, data))
    }
}

/// Adds the number of bought seats. Events of plans without seats lack the field.
fn insert_seats(data: &mut Value, seats: Option<u64>) {
    if let (Some(seats), Some(fields)) = (seats, data.as_object_mut()) {
        fields.insert("seats".to_owned(), json!(seats));
    }
}

/// Adds the discounts of the subscription. Events of subscriptions without discounts lack the field.
fn insert_discounts(data: &mut Value, subscription: Option<&Subscription>) {
    let discounts = subscription.map(|stored| stored.details.discounts.as_slice()).unwrap_or_default();
    if let (false, Some(fields)) = (discounts.is_empty(), data.as_object_mut()) {
        fields.insert("discounts".to_owned(), discounts.iter().map(discount_json).collect());
    }
}

/// Adds the quantity, the further items, the end, a pause of payments and how invoices are paid, each where it differs
/// from a plain subscription. Without amounts that are due: they change with every invoice.
fn insert_terms(data: &mut Value, live: &Subscription) {
    let Some(fields) = data.as_object_mut() else { return };
    let details = &live.details;
    if details.seats.is_none() && details.quantity != 1 {
        fields.insert("quantity".to_owned(), json!(details.quantity));
    }
    if !details.also_included.is_empty() {
        let items = details.included().map(|(text, item)| included_json(text, item.first()));
        fields.insert("alsoIncluded".to_owned(), items.collect());
    }
    if let Some(at) = live.ends_at() {
        fields.insert("cancelAt".to_owned(), json!(at.rfc3339_millis()));
    }
    if let Some(pause) = details.collection_pause {
        let until = pause.until.map(Timestamp::rfc3339_millis);
        fields.insert("collectionPause".to_owned(), json!({ "until": until }));
    }
    if details.is_invoiced {
        fields.insert("collectionMethod".to_owned(), json!("send_invoice"));
    }
}

/// Returns an item with the fields that it has in the answers of the API. `text` describes an item that a former version
/// stored.
fn included_json(text: &str, item: Option<&SubscriptionItem>) -> Value {
    let Some(SubscriptionItem { name, quantity, price, every }) = item else { return json!({ "name": text }) };
    let fields = [
        ("name", Some(json!(name))),
        ("quantity", quantity.map(|quantity| json!(quantity))),
        ("amount", price.map(|price| json!(price.minor))),
        ("currency", price.map(|price| json!(price.currency))),
        ("billingInterval", every.map(|every| json!(every))),
    ];
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// Returns a discount with the fields that it has in the answers of the API.
fn discount_json(discount: &Discount) -> Value {
    let Discount { name, off, until } = discount;
    let until = until.map(Timestamp::rfc3339_millis);
    match off {
        Off::Percent(hundredths) => {
            json!({ "name": name, "percentOff": f64::from(*hundredths) / 100.0, "until": until })
        }
        Off::Amount(amount) => {
            json!({ "name": name, "amountOff": amount.minor, "currency": amount.currency, "until": until })
        }
    }
}

/// Adds how often the subscription is billed, where that is not once a billing cycle.
fn with_interval(mut data: Value, subscription: Option<&Subscription>) -> Value {
    let interval = subscription.and_then(|stored| stored.details.interval);
    if let (Some(interval), Some(fields)) = (interval, data.as_object_mut()) {
        fields.insert("billingInterval".to_owned(), json!(interval));
    }
    data
}
