//! From a wish for a plan to the provider's hosted page, and what became of it on the way back.

use std::sync::Arc;

use domain::{
    account::Viewer,
    catalog::{Cycle, Plan},
    ids::{AttemptId, TenantId},
    money::Money,
    order::{Order, order},
    subscription::{Provider, ProviderStatus, Subscription, current, direction},
    wire::{OrderReview, OrderRoute, PaidOutcome, PaidView},
};
use tokio::sync::Mutex;
use url::Url;

use super::{ServiceError, Services, reconcile::admin};
use crate::{
    payment::{CheckoutProgress, CheckoutState, NewCheckout, NewCustomer, NewPortal, PortalFlow},
    store::{
        StoreError,
        checkout_attempts::{Attempt, AttemptState},
        jobs::Task,
    },
};

const URL_MAX_BYTES: usize = 2048;
/// The job that expires a superseded session waits this long, since the request itself is at it.
const EXPIRE_LATER_SECS: i64 = 30;
/// How often an attempt may lose its place to one of another node before it gives up.
const TRIES: usize = 5;

/// What somebody wants to buy, and where to come back to: by default our own pages.
#[derive(Clone, Debug)]
pub struct CheckoutWish {
    pub plan: String,
    pub cycle: Cycle,
    pub success_url: Option<String>,
    pub cancel_url: Option<String>,
}

/// Where the order is confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckoutStarted {
    pub url: String,
    /// The attempt, or the subscription that is to be changed.
    pub id: String,
    pub provider: Provider,
    pub plan: String,
    pub cycle: Cycle,
    pub price: Money,
    /// `true` when a live subscription is changed on the portal, not bought at a checkout.
    pub is_portal: bool,
}

impl Services {
    /// What an order would change and cost. Everybody of the workspace may look.
    pub async fn review_order(&self, viewer: &Viewer, plan: &str, cycle: Cycle) -> Result<OrderReview, ServiceError> {
        let Order { plan, cycle, price } = self.order(plan, cycle)?;
        let membership = self.membership(viewer).await?;
        let held = self.catalog().plan(membership.entitled.plan.as_str());
        let direction = held.map_or(domain::subscription::Direction::Up, |held| direction(held, plan));
        let route = match membership.subscription.as_ref().filter(|own| own.status.is_live()) {
            None => OrderRoute::Checkout,
            Some(own) if own.plan == plan.id && own.cycle == cycle => match mending(own) {
                None => OrderRoute::Unchanged,
                Some(_) => OrderRoute::Portal { preview: None },
            },
            Some(own) => OrderRoute::Portal { preview: self.preview(own, plan.id.as_str(), cycle).await },
        };
        Ok(OrderReview { plan: plan.id.clone(), cycle, price, direction, route, membership })
    }

    /// The provider's estimate; a provider that can't say leaves it out.
    async fn preview(&self, own: &Subscription, plan: &str, cycle: Cycle) -> Option<domain::wire::ChangePreview> {
        let plan = self.catalog().plan(plan)?;
        match self.sender(own.provider)?.preview_change(&own.external_id, &plan.id, cycle).await {
            Ok(preview) => Some(preview),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "no estimate of a change of plan");
                None
            }
        }
    }

    /// Begins a checkout attempt, or the portal's confirmation where a subscription is live. Admins only.
    ///
    /// A tenant has one open attempt at most: the former one's hosted page is closed first, so that two can't both be paid.
    pub async fn start_checkout(&self, viewer: &Viewer, wish: CheckoutWish) -> Result<CheckoutStarted, ServiceError> {
        admin(viewer)?;
        let order = self.order(&wish.plan, wish.cycle)?;
        let success_url =
            self.way_back("successUrl", wish.success_url.as_deref(), "membership/membership-paid?checkout=success")?;
        let cancel_url = self.way_back("cancelUrl", wish.cancel_url.as_deref(), "membership?checkout=canceled")?;
        let name = self.configured()?;
        let tenant = &viewer.here.tenant_id;

        let turn = self.0.checkout_turns.get_with(tenant.clone(), async { Arc::new(Mutex::new(())) }).await;
        let _turn = turn.lock().await;

        let ways = (success_url, cancel_url);
        match self.begin_order(viewer, name, &order, ways.clone()).await {
            Err(ServiceError::CustomerGone { .. }) => {
                self.replace_customer(tenant, name).await?;
                self.begin_order(viewer, name, &order, ways).await
            }
            outcome => outcome,
        }
    }

    /// One attempt, with the customer that is known.
    async fn begin_order(
        &self,
        viewer: &Viewer,
        name: Provider,
        order: &Order<'_>,
        (success_url, cancel_url): (String, String),
    ) -> Result<CheckoutStarted, ServiceError> {
        let Order { plan, cycle, price } = *order;
        let tenant = &viewer.here.tenant_id;
        let customer = self.ensure_customer(tenant, name).await?;
        // A payment may have come that nobody has told us of: a second subscription beside it would be a double charge.
        self.reconcile_tenant(tenant, name).await?;
        let started = |url: Url, id: String, is_portal| CheckoutStarted {
            url: url.into(),
            id,
            provider: name,
            plan: plan.id.to_string(),
            cycle,
            price,
            is_portal,
        };
        let subscriptions = self.store().read().await?.link().list_subscriptions(tenant).await?;
        if let Some(own) = current(&subscriptions).filter(|own| own.status.is_live() && own.provider == name) {
            let flow = change(own, plan, cycle)?;
            let portal = NewPortal { customer, flow, return_url: cancel_url, done_url: success_url };
            let url = self.provider().create_portal(&portal).await;
            let url = url.map_err(|error| ServiceError::from_provider(name.title(), error))?;
            return Ok(started(url, own.external_id.clone(), true));
        }

        let attempt = Attempt {
            id: Self::new_id()?,
            provider: name,
            plan: plan.id.clone(),
            cycle,
            state: AttemptState::Open,
            success_url,
            cancel_url,
            session_id: None,
            created_by: viewer.user_id.clone(),
            created_at: self.wall_now(),
        };
        if let Some(former) = self.open_attempt(tenant, &attempt).await? {
            self.make_way(tenant, &former, &attempt.id).await?;
        }
        let (session, url) = match self.hosted_page(tenant, &attempt, customer).await {
            Ok(made) => made,
            Err(error) => {
                // What was refused was never made; what got no answer may have been, and stays open to be expired.
                if matches!(error, ServiceError::ProviderRejected { .. } | ServiceError::CustomerGone { .. }) {
                    self.close_attempt(tenant, &attempt.id, AttemptState::Expired).await?;
                }
                return Err(error);
            }
        };
        let mut tx = self.store().begin().await?;
        let is_latest = tx.link().update_attempt_session(tenant, &attempt.id, &session).await?;
        tx.commit().await?;
        if !is_latest {
            self.expire_superseded(tenant, &attempt.id).await?;
            return Err(ServiceError::Conflict("A newer checkout has taken this one's place. Use that one."));
        }
        Ok(started(url, attempt.id.into(), false))
    }

    /// Closes the page of the attempt that `newer` has superseded. If somebody has paid there meanwhile, the newer one gives way.
    async fn make_way(&self, tenant: &TenantId, former: &AttemptId, newer: &AttemptId) -> Result<(), ServiceError> {
        let progress = self.expire_superseded(tenant, former).await?;
        let subscriptions = self.store().read().await?.link().list_subscriptions(tenant).await?;
        let message = if progress == Some(CheckoutProgress::Processing) {
            "The payment of the former checkout is on its way. Wait until it has arrived."
        } else if current(&subscriptions).is_some_and(|own| own.status.is_live()) {
            "The former checkout has just been paid. Look at the membership page."
        } else {
            return Ok(());
        };
        let mut tx = self.store().begin().await?;
        tx.link().update_attempt_state(tenant, newer, AttemptState::Expired).await?;
        if progress == Some(CheckoutProgress::Processing) {
            tx.link().update_attempt_state(tenant, former, AttemptState::Open).await?;
        }
        tx.commit().await?;
        Err(ServiceError::Conflict(message))
    }

    /// What the return page says. It does not wait for a webhook: it asks the provider, about `session_id` where the address
    /// carries one, else about the latest attempt.
    pub async fn settle_return(&self, viewer: &Viewer, session_id: Option<&str>) -> Result<PaidView, ServiceError> {
        let tenant = &viewer.here.tenant_id;
        let mut reader = self.store().read().await?;
        let attempt = match session_id {
            Some(session) if !is_session_id(session) => None,
            Some(session) => reader.link().find_attempt_by_session(tenant, session).await?,
            None => reader.link().find_latest_attempt(tenant).await?,
        };
        drop(reader);
        let outcome = match attempt {
            None => self.without_attempt(tenant).await,
            Some(attempt) => self.settle_attempt(tenant, attempt).await,
        };
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(ServiceError::ProviderUnavailable { .. }) => PaidOutcome::ProviderSilent,
            Err(error) => return Err(error),
        };
        Ok(PaidView { membership: self.membership(viewer).await?, outcome })
    }

    async fn settle_attempt(&self, tenant: &TenantId, attempt: Attempt) -> Result<PaidOutcome, ServiceError> {
        let plan = attempt.plan.clone();
        let Some(session) = &attempt.session_id else { return Ok(PaidOutcome::NotPaid { plan }) };
        let provider = self.sender(attempt.provider).ok_or(ServiceError::BillingNotConfigured)?;
        let state = provider.fetch_checkout(session).await;
        let state = state.map_err(|error| ServiceError::from_provider(attempt.provider.title(), error))?;
        let Some(state) = state else { return Ok(PaidOutcome::NoOrder) };
        match self.note_progress(tenant, &attempt, &state).await? {
            // The order may be old, and a change made on the portal since: what holds now is what to say.
            CheckoutProgress::Paid => self.without_attempt(tenant).await,
            CheckoutProgress::Processing => Ok(PaidOutcome::Processing { plan }),
            CheckoutProgress::Open | CheckoutProgress::Expired => Ok(PaidOutcome::NotPaid { plan }),
        }
    }

    /// Coming back from the portal leaves no attempt: then what the provider says of the subscription speaks.
    async fn without_attempt(&self, tenant: &TenantId) -> Result<PaidOutcome, ServiceError> {
        let Some(name) = self.provider().name() else { return Ok(PaidOutcome::NoOrder) };
        self.reconcile_tenant(tenant, name).await?;
        let subscriptions = self.store().read().await?.link().list_subscriptions(tenant).await?;
        Ok(match current(&subscriptions).filter(|own| own.status.is_live()) {
            Some(own) => PaidOutcome::Paid { plan: own.plan.clone(), cycle: own.cycle },
            None => PaidOutcome::NoOrder,
        })
    }

    /// Writes down how far a session has come, and fetches the subscription that it made.
    pub(crate) async fn note_progress(
        &self,
        tenant: &TenantId,
        attempt: &Attempt,
        state: &CheckoutState,
    ) -> Result<CheckoutProgress, ServiceError> {
        match state.progress {
            CheckoutProgress::Paid => {
                self.reconcile_tenant(tenant, attempt.provider).await?;
                self.close_attempt(tenant, &attempt.id, AttemptState::Paid).await?;
            }
            CheckoutProgress::Expired if attempt.state != AttemptState::Paid => {
                self.close_attempt(tenant, &attempt.id, AttemptState::Expired).await?;
            }
            CheckoutProgress::Open | CheckoutProgress::Processing | CheckoutProgress::Expired => {}
        }
        Ok(state.progress)
    }

    /// Closes the hosted page of an attempt that a later one has superseded; finds out about its payment if it was quicker.
    /// Safe to repeat.
    /// Answers how far it had come; `None` when there was nothing to close.
    pub(crate) async fn expire_superseded(
        &self,
        tenant: &TenantId,
        id: &AttemptId,
    ) -> Result<Option<CheckoutProgress>, ServiceError> {
        let attempt = self.store().read().await?.link().find_attempt(tenant, id).await?;
        let Some(attempt) = attempt.filter(|attempt| attempt.state == AttemptState::Superseded) else {
            return Ok(None);
        };
        let provider = self.sender(attempt.provider).ok_or(ServiceError::BillingNotConfigured)?;
        let told = |error| ServiceError::from_provider(attempt.provider.title(), error);
        let session = if let Some(session) = &attempt.session_id {
            session.clone()
        } else {
            // The answer never reached us, so a page may or may not be open: asked once more by the same key, it is the same page.
            let customer = self.ensure_customer(tenant, attempt.provider).await?;
            match self.hosted_page(tenant, &attempt, customer).await {
                Ok((session, _)) => session,
                // What was refused was never made, and must not stand in the way of what comes after it.
                Err(ServiceError::ProviderRejected { .. } | ServiceError::CustomerGone { .. }) => {
                    self.close_attempt(tenant, id, AttemptState::Expired).await?;
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
        };
        match provider.expire_checkout(&session).await.map_err(told)? {
            Some(state) => self.note_progress(tenant, &attempt, &state).await.map(Some),
            None => self.close_attempt(tenant, id, AttemptState::Expired).await.map(|()| None),
        }
    }

    /// Opens an attempt and answers the one that it superseded; a job makes sure that its page is closed.
    async fn open_attempt(&self, tenant: &TenantId, attempt: &Attempt) -> Result<Option<AttemptId>, ServiceError> {
        for _ in 0..TRIES {
            let now = self.wall_now();
            let mut tx = self.store().begin().await?;
            let former = tx.link().supersede_open_attempt(tenant).await?;
            if let Some(former) = &former {
                let task = Task::ExpireCheckout { tenant: tenant.clone(), attempt: former.clone() };
                tx.link().insert_job(&task, now.plus_secs(EXPIRE_LATER_SECS), now).await?;
            }
            match tx.link().insert_attempt(tenant, attempt).await {
                Ok(()) => {
                    tx.commit().await?;
                    self.jobs_written().notify_one();
                    return Ok(former);
                }
                // Another node opened one in between: that one is superseded next.
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ServiceError::Conflict("Another checkout is being started for this workspace. Try again in a moment."))
    }

    async fn close_attempt(&self, tenant: &TenantId, id: &AttemptId, state: AttemptState) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        tx.link().update_attempt_state(tenant, id, state).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The same attempt asked twice is the same page.
    async fn hosted_page(
        &self,
        tenant: &TenantId,
        attempt: &Attempt,
        customer: String,
    ) -> Result<(String, Url), ServiceError> {
        let provider = self.sender(attempt.provider).ok_or(ServiceError::BillingNotConfigured)?;
        let new = NewCheckout {
            attempt: attempt.id.clone(),
            tenant: tenant.clone(),
            customer,
            plan: attempt.plan.clone(),
            cycle: attempt.cycle,
            success_url: attempt.success_url.clone(),
            cancel_url: attempt.cancel_url.clone(),
        };
        let checkout = provider.create_checkout(&new).await;
        let checkout = checkout.map_err(|error| ServiceError::from_provider(attempt.provider.title(), error))?;
        Ok((checkout.session_id, checkout.url))
    }

    /// The tenant's customer at the provider, made at the first need; concurrent calls make one.
    pub(crate) async fn ensure_customer(&self, tenant: &TenantId, name: Provider) -> Result<String, ServiceError> {
        let mut reader = self.store().read().await?;
        if let Some(customer) = reader.link().find_customer(tenant, name).await? {
            return Ok(customer.external_id);
        }
        drop(reader);
        let external_id = self.new_customer(tenant, name, None).await?;
        let mut tx = self.store().begin().await?;
        tx.link().insert_customer(tenant, name, &external_id, self.billing_now()).await?;
        let kept = tx.link().find_customer(tenant, name).await?;
        tx.commit().await?;
        kept.map(|customer| customer.external_id).ok_or(ServiceError::Internal("the customer was just written"))
    }

    /// Makes a customer in place of the one that was deleted at the provider.
    async fn replace_customer(&self, tenant: &TenantId, name: Provider) -> Result<(), ServiceError> {
        let deleted = self.ensure_customer(tenant, name).await?;
        let external_id = self.new_customer(tenant, name, Some(deleted.clone())).await?;
        let mut tx = self.store().begin().await?;
        tx.link().replace_customer(tenant, name, &deleted, &external_id).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn new_customer(
        &self,
        tenant: &TenantId,
        name: Provider,
        instead_of: Option<String>,
    ) -> Result<String, ServiceError> {
        let mut reader = self.store().read().await?;
        let found = reader.link().find_tenant(tenant).await?.ok_or(ServiceError::TenantNotFound)?;
        let email = reader.link().find_first_owner_email(tenant).await?;
        let email = email.ok_or(ServiceError::Internal("a workspace has an owner"))?;
        drop(reader);
        let provider = self.sender(name).ok_or(ServiceError::BillingNotConfigured)?;
        let new = NewCustomer { tenant: tenant.clone(), instead_of, name: found.name, email: email.into() };
        provider.create_customer(&new).await.map_err(|error| ServiceError::from_provider(name.title(), error))
    }

    fn order(&self, plan: &str, cycle: Cycle) -> Result<Order<'_>, ServiceError> {
        order(self.catalog(), plan, cycle).map_err(|error| ServiceError::field("plan", error.to_string()))
    }

    /// Only addresses that we trust may be come back to: else a link through us would lead anywhere.
    fn way_back(&self, field: &'static str, wanted: Option<&str>, default: &str) -> Result<String, ServiceError> {
        let Some(wanted) = wanted else { return Ok(self.page(default)) };
        let settings = self.settings();
        let is_ours = |url: &Url| {
            let origin = url.origin();
            let is_web = matches!(url.scheme(), "http" | "https");
            let is_bare = url.username().is_empty() && url.password().is_none();
            is_web
                && is_bare
                && (origin == settings.app_url.origin() || settings.allowed_redirect_origins.contains(&origin))
        };
        match Url::parse(wanted) {
            // As it stands, or not at all: what a lenient reader makes of it is not what others do.
            Ok(url) if wanted.len() <= URL_MAX_BYTES && is_plain(wanted) && is_ours(&url) => Ok(wanted.to_owned()),
            _ => {
                let message = format!(
                    "{field} must be an address under {} or an allowed redirect origin.",
                    settings.app_url.origin().ascii_serialization()
                );
                Err(ServiceError::field(field, message))
            }
        }
    }
}

/// What the portal is to open on, so that a live subscription comes to be on the plan.
fn change(own: &Subscription, plan: &Plan, cycle: Cycle) -> Result<PortalFlow, ServiceError> {
    if own.status == ProviderStatus::Incomplete {
        return Err(ServiceError::Conflict("A payment for this workspace is on its way. Wait until it has arrived."));
    }
    if own.plan != plan.id || own.cycle != cycle {
        let subscription = own.external_id.clone();
        return Ok(PortalFlow::ConfirmChange { subscription, plan: plan.id.clone(), cycle });
    }
    mending(own).ok_or_else(|| ServiceError::field("plan", format!("This workspace is on {} already.", plan.name)))
}

/// What a live subscription that is on the wanted plan already still lacks; `None` when nothing does.
fn mending(own: &Subscription) -> Option<PortalFlow> {
    match own.status {
        ProviderStatus::PastDue | ProviderStatus::Unpaid => Some(PortalFlow::UpdateCard),
        _ if own.cancel_at_period_end => Some(PortalFlow::Home),
        _ => None,
    }
}

fn is_plain(address: &str) -> bool {
    address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

/// What comes in an address may be anything; only what a provider could have given is looked up.
fn is_session_id(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
