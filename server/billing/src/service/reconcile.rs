//! Making what is stored equal to what the provider says: the only way in which a plan changes.

use domain::{
    account::Viewer,
    audit::{AuditAction, AuditActor, NewAuditEntry},
    ids::TenantId,
    subscription::{PendingChange, Provider, ProviderStatus, Subscription, current_subscription},
    time::Timestamp,
};
use serde_json::{Value, json};

use super::{
    ServiceError, Services,
    biller::Biller,
    lifecycle::Cause,
    unmanaged::{NewlyUnmanaged, Unmanaged},
    usage::alerts::want_a_look,
    webhook_endpoint::News,
};
use crate::{
    payment::{FetchedSubscription, PaymentProvider, ProviderError, SubscriptionAnswer, account::CustomerState},
    store::{StoreResult, Tx, customers::Customer, unknown_objects::ObjectKind},
};

/// How often a write may lose against another before it gives up for now.
const TRIES: usize = 8;

impl Services {
    /// Asks the provider about the workspace's subscriptions and writes the answer. Safe to repeat.
    pub async fn sync_subscription(&self, biller: &Biller) -> Result<(), ServiceError> {
        self.spend_provider_change(biller.tenant()).await?;
        self.ask_whoever_is_paid(biller.tenant(), Cause::Sync).await
    }

    /// The same for somebody who comes back from the provider's own page: what she changed there is no surprise.
    pub async fn see_what_was_changed(&self, biller: &Biller) -> Result<(), ServiceError> {
        let tenant = biller.tenant();
        self.compare_for_page(tenant, self.ask_whoever_is_paid(tenant, Cause::Order)).await
    }

    /// Everybody at whom the tenant may pay, also where another takes new checkouts by now. Who does not answer is told of when
    /// all have been asked. An error, too, where it pays at somebody whose keys are not set any more.
    async fn ask_whoever_is_paid(&self, tenant: &TenantId, cause: Cause) -> Result<(), ServiceError> {
        let all = self.store().read().await?.link().list_subscriptions(tenant).await?;
        let who = match current_subscription(&all) {
            Some(own) if own.status.is_live() || self.sender(own.provider).is_some() => own.provider,
            _ => self.configured()?,
        };
        self.sender(who).ok_or(ServiceError::BillingNotConfigured)?;
        let mut outcome = Ok(());
        for provider in self.0.parts.webhook_senders.iter().filter_map(|sender| sender.name()) {
            let asked = self.reconcile_tenant(tenant, provider, cause).await;
            outcome = outcome.and(asked);
        }
        outcome
    }

    /// The same before something is ordered: one that can't be asked may be the one that is paid.
    pub(super) async fn ask_all_providers(&self, tenant: &TenantId, cause: Cause) -> Result<(), ServiceError> {
        for provider in self.0.parts.webhook_senders.iter().filter_map(|sender| sender.name()) {
            self.reconcile_tenant(tenant, provider, cause).await?;
        }
        Ok(())
    }

    /// A tenant without a customer has nothing to ask about.
    pub(crate) async fn reconcile_tenant(
        &self,
        tenant: &TenantId,
        provider: Provider,
        cause: Cause,
    ) -> Result<(), ServiceError> {
        let customer = self.store().read().await?.link().find_customer(tenant, provider).await?;
        match customer {
            Some(customer) => self.reconcile_customer(provider, customer, cause).await,
            None => Ok(()),
        }
    }

    /// Fetches all subscriptions of a customer and writes them.
    ///
    /// Two of these may run at once, on any nodes: each notes the customer's revision before it asks and writes only if nobody
    /// wrote since; else it asks again. So what is stored was true later than the last question that was answered.
    pub(crate) async fn reconcile_customer(
        &self,
        name: Provider,
        mut customer: Customer,
        cause: Cause,
    ) -> Result<(), ServiceError> {
        let provider = self.sender(name).ok_or(ServiceError::BillingNotConfigured)?;
        for _ in 0..TRIES {
            let told = self.ask(provider, name, &customer).await?;
            match self.write_told(name, &customer, told, cause).await? {
                Written::Unknown(kind) if cause.is_on_behalf() => return Err(unknown(name, kind)),
                Written::Done | Written::Unknown(_) => return Ok(()),
                Written::Outrun(newer) => customer = newer,
            }
        }
        Err(ServiceError::Conflict("The subscription is changing too quickly. Try again in a moment."))
    }

    /// Everything that the provider says of a customer's subscriptions. One that is stored as live and not in its list is asked
    /// for by itself.
    ///
    /// That the provider does not know a subscription ends it only where the customer is shown as deleted.
    async fn ask(
        &self,
        provider: &dyn PaymentProvider,
        name: Provider,
        customer: &Customer,
    ) -> Result<Told, ServiceError> {
        let failed = |error| ServiceError::from_provider(name.title(), error);
        let listed = match provider.list_subscriptions(&customer.external_id).await {
            Ok(listed) => Some(listed),
            Err(ProviderError::UnknownCustomer(_)) => None,
            Err(error) => return Err(failed(error)),
        };
        let is_listed = listed.is_some();
        let mut told = Told { answers: listed.unwrap_or_default(), ..Told::default() };
        let known = self.store().read().await?.link().list_subscriptions(&customer.tenant).await?;
        let live = known.into_iter().filter(|own| own.provider == name && own.status.is_live());
        let missing: Vec<_> =
            live.filter(|own| told.answers.iter().all(|answer| answer.id() != own.external_id)).collect();
        if is_listed && missing.is_empty() {
            return Ok(told);
        }
        let state = provider.fetch_customer(&customer.external_id).await.map_err(failed)?;
        if state == CustomerState::Unknown {
            told.unknown.push((ObjectKind::Customer, customer.external_id.clone()));
        }
        for own in missing {
            match provider.fetch_subscription(&own.external_id).await.map_err(failed)? {
                Some(answer) => match answer.customer() {
                    Some(of) if of != customer.external_id => {
                        let (tenant, provider) = (&customer.tenant, name.as_str());
                        tracing::error!(%tenant, provider, of, subscription = own.external_id, "subscription of another customer");
                        told.foreign.push((own.external_id, of.to_owned()));
                    }
                    _ => told.answers.push(answer),
                },
                None if state == CustomerState::Deleted => told.ended.push(own.external_id),
                None => told.unknown.push((ObjectKind::Subscription, own.external_id)),
            }
        }
        if !told.foreign.is_empty() {
            self.check_account(name).await.map_err(failed)?;
        }
        Ok(told)
    }

    async fn write_told(
        &self,
        name: Provider,
        customer: &Customer,
        told: Told,
        cause: Cause,
    ) -> Result<Written, ServiceError> {
        let Told { answers, mut ended, mut unknown, foreign } = told;
        let tenant = &customer.tenant;
        let now = self.billing_now();
        let mut tx = self.store().begin().await?;
        if !tx.link().update_customer_revision(tenant, name, customer.revision, now).await? {
            drop(tx);
            let newer = self.store().read().await?.link().find_customer(tenant, name).await?;
            return newer.map(Written::Outrun).ok_or(ServiceError::Internal("a customer is never deleted"));
        }
        for (id, of) in foreign {
            if self.is_stored_where_it_belongs(&mut tx, tenant, name, (&id, &of)).await? {
                ended.push(id);
            } else {
                unknown.push((ObjectKind::Subscription, id));
            }
        }
        let known = tx.link().list_subscriptions(tenant).await?;
        let is_customer_known = unknown.iter().all(|(kind, _)| *kind != ObjectKind::Customer);
        let mut unmanaged = Unmanaged::default();
        let mut may_limit = !ended.is_empty();
        for own in known.iter().filter(|own| own.provider == name && ended.contains(&own.external_id)) {
            let ended = Subscription {
                status: ProviderStatus::Canceled,
                ended_at: Some(now),
                pending: None,
                fetched_at: now,
                ..own.clone()
            };
            self.write_change(&mut tx, tenant, Some(own), &ended).await?;
            tx.link().upsert_subscription(tenant, &ended).await?;
        }
        for answer in answers {
            let before = known.iter().find(|own| own.provider == name && own.external_id == answer.id());
            let fetched = match answer {
                SubscriptionAnswer::Fetched(fetched) => *fetched,
                SubscriptionAnswer::Odd(odd) => {
                    unmanaged.add_odd(name, odd, now);
                    continue;
                }
            };
            unmanaged.add_unsold(name, &fetched, before, now);
            let Some(subscription) = to_write(name, fetched, before, now) else { continue };
            may_limit |=
                before.is_none_or(|before| (&before.plan, before.status) != (&subscription.plan, subscription.status));
            self.write_change(&mut tx, tenant, before, &subscription).await?;
            tx.link().upsert_subscription(tenant, &subscription).await?;
        }
        let counted = if is_customer_known {
            self.write_unmanaged(&mut tx, tenant, name, unmanaged).await?
        } else {
            NewlyUnmanaged::default()
        };
        if may_limit {
            want_a_look(&mut tx, tenant, self.wall_now()).await?;
        }
        self.note_unknown(&mut tx, tenant, name, &unknown).await?;
        let after = tx.link().list_subscriptions(tenant).await?;
        self.announce_change(&mut tx, tenant, &known, &after).await?;
        let followed = self.follow_up(&mut tx, tenant, cause, (&known, &after), now).await?;
        tx.commit().await?;
        self.0.views.doubt(tenant);
        self.0.provider_reads.invalidate(tenant);
        if may_limit || followed.has_jobs {
            self.jobs_written().notify_one();
        }
        followed.count();
        counted.count();
        Ok(unknown.first().map_or(Written::Done, |(kind, _)| Written::Unknown(*kind)))
    }

    /// Whether a subscription that the provider says is of another customer is stored with the tenant of that customer, too. Then
    /// it was never this tenant's. Else nothing is written on one strange answer.
    async fn is_stored_where_it_belongs(
        &self,
        tx: &mut Tx,
        tenant: &TenantId,
        name: Provider,
        (id, of): (&str, &str),
    ) -> StoreResult<bool> {
        let Some(owner) = tx.link().find_customer_by_external_id(name, of).await? else { return Ok(false) };
        if owner.tenant == *tenant {
            return Ok(false);
        }
        let theirs = tx.link().list_subscriptions(&owner.tenant).await?;
        Ok(theirs.iter().any(|own| own.provider == name && own.external_id == id))
    }

    /// Writes down what a provider has told, where it is news.
    async fn write_change(
        &self,
        tx: &mut Tx,
        tenant: &TenantId,
        before: Option<&Subscription>,
        now: &Subscription,
    ) -> StoreResult<()> {
        let (before, after) = (before.map(essence), essence(now));
        if before.as_ref() == Some(&after) {
            return Ok(());
        }
        let details = json!({ "before": before, "after": after });
        let (by, target) = (AuditActor::Provider(now.provider), now.external_id.clone());
        self.write_down(tx, tenant, NewAuditEntry { by, action: AuditAction::SubscriptionChanged, target, details })
            .await
    }

    /// Tells endpoints of what others can see of a change, and of nothing else: most of what is written was known before.
    async fn announce_change(
        &self,
        tx: &mut Tx,
        tenant: &TenantId,
        before: &[Subscription],
        after: &[Subscription],
    ) -> Result<(), ServiceError> {
        let (before, after) = (current_subscription(before), current_subscription(after));
        let now = self.billing_now();
        let owner = tx.link().find_tenant(tenant).await?.ok_or(ServiceError::TenantNotFound)?;
        let news = |own| News::subscription(tenant, &self.entitlements(&owner, own), own, now);
        Ok(self.announce_subscription(tx, &news(before), news(after)).await?)
    }
}

/// What of a subscription decides about a plan.
fn essence(subscription: &Subscription) -> Value {
    let mut essence = json!({
        "plan": subscription.plan,
        "cycle": subscription.cycle,
        "status": subscription.status,
        "cancelAtPeriodEnd": subscription.cancel_at_period_end,
    });
    if let (Some(at), Some(fields)) = (subscription.details.cancel_at, essence.as_object_mut()) {
        fields.insert("cancelAt".to_owned(), json!(at.rfc3339_secs()));
    }
    if let (Some(pending), Some(fields)) = (&subscription.pending, essence.as_object_mut()) {
        let PendingChange { plan, cycle, at } = pending;
        fields.insert("pending".to_owned(), json!({ "plan": plan, "cycle": cycle, "at": at.rfc3339_secs() }));
    }
    essence
}

/// What a provider said of a customer.
#[derive(Default)]
struct Told {
    answers: Vec<SubscriptionAnswer>,
    /// Stored as live, and gone together with the customer, whom the provider shows as deleted.
    ended: Vec<String>,
    /// Seen before and not known to the provider now: nothing is written of them.
    unknown: Vec<(ObjectKind, String)>,
    /// Stored as live, and by the provider's word of another customer, which is named second.
    foreign: Vec<(String, String)>,
}

enum Written {
    Done,
    /// All was written but what the provider does not know, of which this is the first.
    Unknown(ObjectKind),
    Outrun(Customer),
}

/// The failure of a call about something that was seen at the provider and is not this tenant's, or not there, now.
pub(super) fn unknown(name: Provider, kind: ObjectKind) -> ServiceError {
    #[derive(Debug, thiserror::Error)]
    #[error("seen before, and not known at the provider now")]
    struct SeenBefore;
    let error = match kind {
        ObjectKind::Customer | ObjectKind::Checkout => ProviderError::UnknownCustomer(SeenBefore.into()),
        ObjectKind::Subscription => ProviderError::UnknownSubscription(SeenBefore.into()),
    };
    ServiceError::from_provider(name.title(), error)
}

/// What is stored of a subscription that the provider has. One at a price that no plan sells keeps the plan that was stored before;
/// without one it is stored nowhere (`None`): it grants nothing, and is kept aside while it is live.
fn to_write(
    provider: Provider,
    told: FetchedSubscription,
    before: Option<&Subscription>,
    now: Timestamp,
) -> Option<Subscription> {
    let FetchedSubscription {
        id,
        customer: _,
        status,
        bought,
        started_at,
        period_start,
        period_end,
        cancel_at_period_end,
        ended_at,
        payment_method,
        trial_end,
        pending,
        price,
        details,
        unsold: _,
        debt,
        ended_unpaid,
    } = told;
    let (plan, cycle) = bought.or_else(|| before.map(|own| (own.plan.clone(), own.cycle)))?;
    let was_due_since = before.and_then(|own| own.past_due_since);
    // By the provider's clock, which may be ahead of ours.
    let asked_at = debt.as_ref().and_then(|debt| debt.since).filter(|since| *since <= now);
    let past_due_since = match status {
        // One that ends for want of a payment goes on to say so.
        ProviderStatus::Canceled => match (ended_unpaid, before) {
            (Some(false), _) => None,
            (Some(true), _) => was_due_since.or(Some(period_start)),
            (None, before) => was_due_since.filter(|_| before.is_some_and(|own| own.period_start == period_start)),
        },
        _ => status.is_due().then(|| asked_at.or(was_due_since).unwrap_or(now)),
    };
    let plan_before_due = debt.as_ref().and_then(|debt| {
        let paid = debt.paid.as_ref().or_else(|| before.and_then(Subscription::last_paid_plan));
        paid.filter(|paid| **paid != plan).cloned()
    });
    let due = debt.and_then(|debt| debt.amount);
    Some(Subscription {
        provider,
        external_id: id,
        plan,
        cycle,
        status,
        started_at,
        period_start,
        period_end,
        cancel_at_period_end,
        ended_at,
        past_due_since,
        plan_before_due,
        price,
        due,
        payment_method,
        trial_end,
        pending,
        details,
        fetched_at: now,
    })
}

/// Refuses who may only look.
pub(super) fn admin(viewer: &Viewer) -> Result<(), ServiceError> {
    if viewer.current_membership.role.is_admin() { Ok(()) } else { Err(ServiceError::AdminRequired) }
}
