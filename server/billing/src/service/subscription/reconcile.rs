//! Reconciles stored subscriptions with the provider's. Plans change in no other way.

mod answers;
mod begun;
mod fetch;
mod payment;
mod state;
mod stored;

use std::time::{Duration, Instant};

use domain::{
    ids::TenantId,
    subscription::{
        PendingChange, Provider, ProviderStatus, Subscription, current_subscription, lifecycle::find_others,
        revenue::change::revenue_change, seats::PendingSeats,
    },
    tenant::audit::{AuditAction, AuditActor, NewAuditEntry},
};
use rand::Rng;
use serde_json::{Value, json};

pub(in crate::service) use self::state::ReconcileState;
use self::{begun::BegunByDues, fetch::FetchedState, stored::subscription_to_store};
use super::{
    lifecycle::Cause,
    unmanaged::{NewlyUnmanaged, Unmanaged},
};
use crate::{
    payment::{ProviderError, SubscriptionAnswer},
    service::{
        ServiceError, Subscriptions,
        base::{limits::tenant_locks::NotLocked, permission::Biller},
        usage::limit_check::enqueue_limit_check,
        webhook::endpoint::EndpointEvent,
    },
    store::{
        StoreResult, Tx,
        subscription::{customers::Customer, unknown_objects::ObjectKind},
    },
};

/// Maximum number of fetches in one reconcile. A fetch is repeated if another run wrote the customer first.
const MAX_TRIES: u32 = 8;
/// The mean pause after the first try. It grows with each try.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

impl Subscriptions {
    /// Fetches the tenant's subscriptions from all providers and stores them. Rate-limited. Safe to repeat.
    pub async fn sync_subscription(&self, biller: &Biller) -> Result<(), ServiceError> {
        self.providers().spend_provider_change(biller.tenant()).await?;
        self.reconcile_with_providers(biller.tenant(), Cause::Sync).await
    }

    /// Reconciles after a visit to the provider's portal, at most once every few seconds. Changes are expected.
    pub async fn reconcile_after_portal(&self, biller: &Biller) -> Result<(), ServiceError> {
        let tenant = biller.tenant();
        let reconcile = Box::pin(self.reconcile_with_providers(tenant, Cause::Order));
        self.providers().compare_for_page(tenant, reconcile).await
    }

    /// Reconciles with every configured provider. Continues after an error, and returns the first at the end. Fails if
    /// the provider of the current subscription is not configured any more.
    async fn reconcile_with_providers(&self, tenant: &TenantId, cause: Cause) -> Result<(), ServiceError> {
        let all = self.store().read().await?.connection().list_subscriptions(tenant).await?;
        let paid_at = match current_subscription(self.catalog(), &all) {
            Some(subscription) if subscription.status.is_live() || self.sender(subscription.provider).is_some() => {
                subscription.provider
            }
            _ => self.configured_provider()?,
        };
        self.sender(paid_at).ok_or(ServiceError::BillingNotConfigured)?;
        let mut outcome = Ok(());
        for provider in self.0.parts.webhook_senders.iter().filter_map(|sender| sender.name()) {
            let reconciled = self.reconcile_tenant(tenant, provider, cause).await;
            outcome = outcome.and(reconciled);
        }
        outcome
    }

    /// Reconciles with every provider, as before an order. Stops at the first error: the tenant may be paying at the
    /// provider that failed.
    pub(in crate::service) async fn reconcile_all_providers(
        &self,
        tenant: &TenantId,
        cause: Cause,
    ) -> Result<(), ServiceError> {
        for provider in self.0.parts.webhook_senders.iter().filter_map(|sender| sender.name()) {
            self.reconcile_tenant(tenant, provider, cause).await?;
        }
        Ok(())
    }

    /// Reconciles a tenant with one provider. No-op for a tenant that has no customer there.
    pub(crate) async fn reconcile_tenant(
        &self,
        tenant: &TenantId,
        provider: Provider,
        cause: Cause,
    ) -> Result<(), ServiceError> {
        let since = Instant::now();
        let customer = self.store().read().await?.connection().find_customer(tenant, provider).await?;
        match customer {
            Some(customer) => self.reconcile_customer(provider, customer, cause, since).await,
            None => Ok(()),
        }
    }

    /// Fetches all subscriptions of a customer and writes them.
    ///
    /// On one node, the reconciles of a tenant run one after another. `since` is when the caller learned of the cause:
    /// if a successful reconcile began then or later, it has seen the cause, and this call fetches nothing. Safe to run
    /// concurrently on several nodes: each run reads the customer's revision before it fetches, and writes only if the
    /// revision is unchanged. Otherwise it fetches again after a pause. So an older answer never replaces a newer one.
    pub(crate) async fn reconcile_customer(
        &self,
        name: Provider,
        customer: Customer,
        cause: Cause,
        since: Instant,
    ) -> Result<(), ServiceError> {
        let provider = self.sender(name).ok_or(ServiceError::BillingNotConfigured)?;
        let lock = self.0.reconcile_locks.acquire(&customer.tenant).await;
        let mut state = lock.map_err(|cause| not_locked(name, cause))?;
        if state.has_run_since(name, since) {
            return Ok(());
        }
        let began = Instant::now();
        // Another run may have written while this one waited.
        let newest = self.store().read().await?.connection().find_customer(&customer.tenant, name).await?;
        let mut customer = newest.ok_or(ServiceError::Internal("customer is missing"))?;
        for tries in 0..MAX_TRIES {
            if tries > 0 {
                tokio::time::sleep(pause_after(tries)).await;
            }
            let mut fetched = self.fetch_subscriptions(provider, name, &customer, &mut state.unknown).await?;
            fetched.payment = self.fetch_payment(provider, name, &customer, &fetched.answers).await?;
            match self.write_fetched(name, &customer, fetched, cause).await? {
                WriteOutcome::Unknown(kind) if cause.is_on_behalf() => return Err(unknown(name, kind)),
                WriteOutcome::Unknown(_) => return Ok(()),
                WriteOutcome::Done => {
                    state.note_success(name, began);
                    return Ok(());
                }
                WriteOutcome::Outdated(newer) => customer = newer,
            }
        }
        Err(changing())
    }

    /// Writes what was fetched, with all that follows from it, in one transaction.
    async fn write_fetched(
        &self,
        name: Provider,
        customer: &Customer,
        fetched: FetchedState,
        cause: Cause,
    ) -> Result<WriteOutcome, ServiceError> {
        let FetchedState { answers, payment, mut ended, mut unknown, foreign } = fetched;
        let tenant = &customer.tenant;
        let now = self.billing_now();
        let mut tx = self.store().begin().await?;
        if !tx.connection().update_customer_revision(tenant, name, customer.revision, now).await? {
            drop(tx);
            let newer = self.store().read().await?.connection().find_customer(tenant, name).await?;
            return newer.map(WriteOutcome::Outdated).ok_or(ServiceError::Internal("customer is missing"));
        }
        for (id, of) in foreign {
            if self.is_stored_for_its_customer(&mut tx, tenant, name, (&id, &of)).await? {
                ended.push(id);
            } else {
                unknown.push((ObjectKind::Subscription, id));
            }
        }
        let known = tx.connection().list_subscriptions(tenant).await?;
        let is_customer_known = unknown.iter().all(|(kind, _)| *kind != ObjectKind::Customer);
        let mut unmanaged = Unmanaged::default();
        let mut may_limit = !ended.is_empty();
        for stored in known.iter().filter(|stored| stored.provider == name && ended.contains(&stored.external_id)) {
            let ended = Subscription {
                status: ProviderStatus::Canceled,
                ended_at: Some(now),
                pending: None,
                fetched_at: now,
                ..stored.clone()
            };
            self.write_change(&mut tx, tenant, Some(stored), &ended).await?;
            tx.connection().upsert_subscription(tenant, &ended).await?;
        }
        let begun = BegunByDues::read(&mut tx, tenant, name, &answers).await?;
        for answer in answers {
            let before = known.iter().find(|stored| stored.provider == name && stored.external_id == answer.id());
            let fetched = match answer {
                SubscriptionAnswer::Fetched(fetched) => *fetched,
                SubscriptionAnswer::Unreadable(odd) => {
                    unmanaged.add_unreadable(name, odd, now);
                    continue;
                }
            };
            unmanaged.add_unsold(name, &fetched, before, now);
            let is_begun = begun.is_begun(&fetched.id, before);
            let Some(subscription) = subscription_to_store(name, fetched, (before, is_begun), now) else { continue };
            let limiting = |of: &Subscription| (of.plan.clone(), of.status, of.details.seats);
            may_limit |= before.is_none_or(|before| limiting(before) != limiting(&subscription));
            self.write_change(&mut tx, tenant, before, &subscription).await?;
            tx.connection().upsert_subscription(tenant, &subscription).await?;
        }
        let mut after = tx.connection().list_subscriptions(tenant).await?;
        unmanaged.add_several(&find_others(self.catalog(), &after), self.catalog(), now);
        let counted = if is_customer_known {
            self.write_unmanaged(&mut tx, tenant, name, unmanaged).await?
        } else {
            NewlyUnmanaged::default()
        };
        if may_limit {
            enqueue_limit_check(&mut tx, tenant, self.wall_now()).await?;
        }
        self.providers().note_unknown(&mut tx, tenant, name, &unknown).await?;
        let event = self.note_change(&mut tx, tenant, &known, &after).await?;
        if let Some(payment) = payment {
            payment.add_to(name, &mut after);
        }
        let follow_up = self.follow_up(&mut tx, tenant, cause, (&known, &after), event, now).await?;
        tx.commit().await?;
        self.0.views.invalidate(tenant);
        self.0.provider_reads.invalidate(tenant);
        if may_limit || follow_up.has_jobs {
            self.jobs_written().notify_one();
        }
        follow_up.count();
        counted.count();
        Ok(unknown.first().map_or(WriteOutcome::Done, |(kind, _)| WriteOutcome::Unknown(*kind)))
    }

    /// Returns whether the subscription `id`, which the provider assigns to the customer `of`, is stored for the tenant
    /// of that customer.
    ///
    /// If so, the subscription was never this tenant's. If not, the caller keeps the stored state, because a single
    /// answer may be wrong.
    async fn is_stored_for_its_customer(
        &self,
        tx: &mut Tx,
        tenant: &TenantId,
        name: Provider,
        (id, of): (&str, &str),
    ) -> StoreResult<bool> {
        let Some(owner) = tx.connection().find_customer_by_external_id(name, of).await? else { return Ok(false) };
        if owner.tenant == *tenant {
            return Ok(false);
        }
        let theirs = tx.connection().list_subscriptions(&owner.tenant).await?;
        Ok(theirs.iter().any(|subscription| subscription.provider == name && subscription.external_id == id))
    }

    /// Adds a changed subscription to the audit log, and to the changes of revenue. No-op if the change does not affect
    /// the plan.
    async fn write_change(
        &self,
        tx: &mut Tx,
        tenant: &TenantId,
        before: Option<&Subscription>,
        now: &Subscription,
    ) -> StoreResult<()> {
        let stored = before;
        let (before, after) = (stored.map(audited_fields), audited_fields(now));
        if before.as_ref() == Some(&after) {
            return Ok(());
        }
        if let Some(change) = revenue_change(self.catalog(), stored, now, self.billing_now()) {
            tx.connection().insert_revenue_change(tenant, now, &change).await?;
        }
        let details = json!({ "before": before, "after": after });
        let (by, target) = (AuditActor::Provider(now.provider), now.external_id.clone());
        self.record_audit(tx, tenant, NewAuditEntry { by, action: AuditAction::SubscriptionChanged, target, details })
            .await
    }

    /// Returns the event to announce; `None` if the visible state of the tenant's subscription is unchanged.
    async fn note_change(
        &self,
        tx: &mut Tx,
        tenant: &TenantId,
        before: &[Subscription],
        after: &[Subscription],
    ) -> Result<Option<EndpointEvent>, ServiceError> {
        let catalog = self.catalog();
        let (before, after) = (current_subscription(catalog, before), current_subscription(catalog, after));
        let now = self.billing_now();
        let owner = tx.connection().find_tenant(tenant).await?.ok_or(ServiceError::TenantNotFound)?;
        let news = |stored| EndpointEvent::subscription(tenant, &self.entitlements(&owner, stored), stored, now);
        Ok(self.endpoints().note_subscription(tx, &news(before), news(after)).await?)
    }
}

/// Returns the fields of a subscription that decide about a plan, for the audit log.
fn audited_fields(subscription: &Subscription) -> Value {
    let mut fields_json = json!({
        "plan": subscription.plan,
        "cycle": subscription.cycle,
        "status": subscription.status,
        "cancelAtPeriodEnd": subscription.cancel_at_period_end,
    });
    if let (Some(at), Some(fields)) = (subscription.details.cancel_at, fields_json.as_object_mut()) {
        fields.insert("cancelAt".to_owned(), json!(at.rfc3339_secs()));
    }
    if let (Some(interval), Some(fields)) = (subscription.details.interval, fields_json.as_object_mut()) {
        fields.insert("interval".to_owned(), json!(interval.to_string()));
    }
    if let (Some(pending), Some(fields)) = (&subscription.pending, fields_json.as_object_mut()) {
        let PendingChange { plan, cycle, at } = pending;
        fields.insert("pending".to_owned(), json!({ "plan": plan, "cycle": cycle, "at": at.rfc3339_secs() }));
    }
    if let (Some(seats), Some(fields)) = (subscription.details.seats, fields_json.as_object_mut()) {
        fields.insert("seats".to_owned(), json!(seats));
    }
    if let (Some(pending), Some(fields)) = (subscription.details.pending_seats, fields_json.as_object_mut()) {
        let PendingSeats { seats, at } = pending;
        fields.insert("pendingSeats".to_owned(), json!({ "seats": seats, "at": at.rfc3339_secs() }));
    }
    fields_json
}

enum WriteOutcome {
    Done,
    /// Written, except for objects that the provider does not know. Holds the kind of the first such object.
    Unknown(ObjectKind),
    /// Not written: another write was first. Holds the customer with its new revision.
    Outdated(Customer),
}

fn changing() -> ServiceError {
    ServiceError::Conflict("The subscription is changing too quickly. Try again in a moment.")
}

/// Returns the error for a lock that was not taken. A time-out is reported as a slow provider: nothing else makes a
/// reconcile hold the lock for so long.
fn not_locked(name: Provider, cause: NotLocked) -> ServiceError {
    match cause {
        NotLocked::Full => changing(),
        NotLocked::TimedOut => {
            let cause = ProviderError::Unavailable("another reconcile of the tenant has not ended".into());
            ServiceError::from_provider(name.title(), cause)
        }
    }
}

/// Returns a random pause before the next try.
fn pause_after(tries: u32) -> Duration {
    RETRY_PAUSE.mul_f64(f64::from(tries) * rand::rng().random_range(0.5..1.5))
}

/// Returns the error for an object that was seen at the provider and is now unknown, or belongs to another tenant.
pub(in crate::service) fn unknown(name: Provider, kind: ObjectKind) -> ServiceError {
    #[derive(Debug, thiserror::Error)]
    #[error("seen before, and not known at the provider now")]
    struct SeenBefore;
    let error = match kind {
        ObjectKind::Customer | ObjectKind::Checkout => ProviderError::UnknownCustomer(SeenBefore.into()),
        ObjectKind::Subscription => ProviderError::UnknownSubscription(SeenBefore.into()),
    };
    ServiceError::from_provider(name.title(), error)
}
