//! From a wish for a plan to the provider's hosted page ([`attempt`]), and back ([`settle`]).

mod attempt;
mod settle;

use std::sync::Arc;

use domain::{
    account::Viewer,
    audit::{AuditAction, AuditActor, NewAuditEntry},
    catalog::{Cycle, Plan},
    ids::TenantId,
    money::{Currency, Money},
    order::{ValidatedOrder, validate_order},
    plan_change::waits_for_period_end,
    subscription::{Direction, Provider, ProviderStatus, Subscription, current_subscription, direction},
    time::Timestamp,
    trial,
    wire::{ChangePreview, OrderReview, OrderRoute},
};
use serde_json::json;
use tokio::sync::Mutex;
use url::Url;

use super::{ServiceError, Services, address::ascii_url, biller::Biller, lifecycle::Cause};
use crate::{
    payment::{NewPortal, PortalFlow, ProviderError},
    store::checkout_attempts::{Attempt, AttemptState},
};

const URL_MAX_BYTES: usize = 2048;

/// What somebody wants to buy, and where to come back to: by default our own pages.
#[derive(Clone, Debug)]
pub struct CheckoutWish {
    pub plan: String,
    pub cycle: Cycle,
    pub success_url: Option<String>,
    pub cancel_url: Option<String>,
    /// Whether only a larger plan than the one that holds will do.
    pub only_upward: bool,
}

/// A wish that was looked through.
struct Placed<'a> {
    order: ValidatedOrder<'a>,
    success_url: String,
    cancel_url: String,
    /// Where a portal leads back to that does not tell what was done in it.
    portal_return_url: String,
    only_upward: bool,
}

/// Where the order is confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckoutStarted {
    pub url: String,
    /// The provider's id of the checkout session, or of the subscription that is to be changed.
    pub id: String,
    pub provider: Provider,
    pub plan: String,
    pub cycle: Cycle,
    pub price: Money,
    /// `true` when a live subscription is changed on the portal, not bought at a checkout.
    pub is_portal: bool,
    /// For how many days nothing is charged; 0 where the first payment is due at once.
    pub trial_days: u16,
}

impl Services {
    /// What an order would change and cost. Everybody of the workspace may look.
    pub async fn review_order(&self, viewer: &Viewer, plan: &str, cycle: Cycle) -> Result<OrderReview, ServiceError> {
        let ValidatedOrder { plan, cycle, price } = self.validate_order(plan, cycle)?;
        let membership = self.membership(viewer).await?;
        let held = self.catalog().plan(membership.entitlements.plan.as_str());
        let direction = held.map_or(Direction::Up, |held| direction(held, plan));
        let live = membership.subscription.as_ref().filter(|own| own.status.is_live());
        let starts_at = live.and_then(|own| self.starts_at(own, plan, cycle));
        let mut trial_days = 0;
        let route = match live {
            None => {
                trial_days = if membership.is_trial_available { plan.trial_days } else { 0 };
                OrderRoute::Checkout
            }
            Some(own) if own.plan == plan.id && own.cycle == cycle => match mending(own) {
                None => OrderRoute::Unchanged,
                Some(_) => OrderRoute::Portal { preview: None },
            },
            Some(own) if in_the_way(own, plan, cycle, price.currency).is_some() => OrderRoute::Portal { preview: None },
            Some(own) => {
                let preview = self.whole_preview(&viewer.current_membership.tenant_id, own, plan, cycle).await?;
                OrderRoute::Portal { preview }
            }
        };
        Ok(OrderReview { plan: plan.id.clone(), cycle, price, direction, route, trial_days, starts_at, membership })
    }

    /// When a change of a live subscription takes place, if it waits. At Polar it is the organization's own setting that decides:
    /// its portal says so.
    pub(super) fn starts_at(&self, own: &Subscription, plan: &Plan, cycle: Cycle) -> Option<Timestamp> {
        let currency = self.catalog().currency;
        // What is paused has nothing paid for that could run out first.
        if own.is_paid_in_other_currency(currency) || own.status == ProviderStatus::Paused {
            return None;
        }
        let paid = own.comparable_price(self.catalog())?;
        // A change keeps the quantity.
        let price = own.times_quantity(plan.price(cycle, currency)?)?;
        let may_wait = own.provider == Provider::Stripe && (&own.plan, own.cycle) != (&plan.id, cycle);
        (may_wait && waits_for_period_end((own.cycle, paid), (cycle, price))?).then_some(own.period_end)
    }

    /// The provider's estimate; `None` where it can't say. What waits costs nothing now.
    pub(super) async fn preview(
        &self,
        tenant: &TenantId,
        own: &Subscription,
        plan: &str,
        cycle: Cycle,
    ) -> Result<Option<ChangePreview>, ServiceError> {
        let Some(plan) = self.catalog().plan(plan) else { return Ok(None) };
        let Some(provider) = self.sender(own.provider) else { return Ok(None) };
        if self.starts_at(own, plan, cycle).is_some() {
            let nothing = Money::new(0, self.catalog().currency);
            return Ok(Some(ChangePreview { lines: Vec::new(), due_now: nothing, afterwards: None }));
        }
        let question = format!("preview {} {} {cycle:?}", own.external_id, plan.id);
        self.estimate(tenant, own, question, provider.preview_change(&own.external_id, &plan.id, cycle)).await
    }

    /// The same with what each cycle comes to afterwards.
    async fn whole_preview(
        &self,
        tenant: &TenantId,
        own: &Subscription,
        plan: &Plan,
        cycle: Cycle,
    ) -> Result<Option<ChangePreview>, ServiceError> {
        let Some(preview) = self.preview(tenant, own, plan.id.as_str(), cycle).await? else { return Ok(None) };
        let Some(provider) = self.sender(own.provider) else { return Ok(None) };
        let question = format!("afterwards {} {} {cycle:?}", own.external_id, plan.id);
        let recurring = provider.preview_recurring(&own.external_id, &plan.id, cycle);
        let afterwards = self.estimate(tenant, own, question, recurring).await?;
        Ok(Some(ChangePreview { afterwards, ..preview }))
    }

    /// What a provider estimates; one that can't say leaves it out.
    async fn estimate<T: Clone + Send + Sync + 'static>(
        &self,
        tenant: &TenantId,
        own: &Subscription,
        question: String,
        ask: impl Future<Output = Result<T, ProviderError>> + Send,
    ) -> Result<Option<T>, ServiceError> {
        let estimate = async {
            match ask.await {
                Ok(estimate) => Ok(Some(estimate)),
                Err(ProviderError::Unsupported) => Ok(None),
                Err(error) => Err(ServiceError::from_provider(own.provider.title(), error)),
            }
        };
        match self.read_provider(tenant, question, estimate).await {
            Err(error) if !matches!(error, ServiceError::ProviderAccountChanged { .. }) => {
                tracing::warn!(%tenant, error = &error as &dyn std::error::Error, "failed to estimate a change of plan");
                Ok(None)
            }
            estimate => estimate,
        }
    }

    /// Begins a checkout attempt, or the portal's confirmation where a subscription is live.
    ///
    /// A tenant has one open attempt at most: the former one's hosted page is closed first, so that two can't both be paid.
    pub async fn start_checkout(&self, biller: &Biller, wish: CheckoutWish) -> Result<CheckoutStarted, ServiceError> {
        let order = self.validate_order(&wish.plan, wish.cycle)?;
        let success_url =
            self.way_back("successUrl", wish.success_url.as_deref(), "membership/membership-paid?checkout=success")?;
        let cancel_url = self.way_back("cancelUrl", wish.cancel_url.as_deref(), "membership?checkout=canceled")?;
        let portal_return_url =
            wish.cancel_url.map_or_else(|| self.page("membership?from=portal"), |_| cancel_url.clone());
        let placed = Placed { order, success_url, cancel_url, portal_return_url, only_upward: wish.only_upward };
        let tenant = biller.tenant();
        self.upward(tenant, &placed).await?;

        self.spend_provider_change(tenant).await?;
        let turn = self.0.checkout_turns.get_with(tenant.clone(), async { Arc::new(Mutex::new(())) }).await;
        let _turn = turn.lock().await;

        match self.begin_order(biller, &placed).await {
            // Not always the one that takes new checkouts: what is paid is changed where it was bought.
            Err(ServiceError::CustomerGone { provider, cause }) => {
                let senders = self.0.parts.webhook_senders.iter().filter_map(|sender| sender.name());
                let Some(gone_at) = senders.into_iter().find(|sender| sender.title() == provider) else {
                    return Err(ServiceError::CustomerGone { provider, cause });
                };
                self.replace_customer(tenant, gone_at).await?;
                self.begin_order(biller, &placed).await
            }
            outcome => outcome,
        }
    }

    /// One attempt, with the customer that is known.
    async fn begin_order(&self, biller: &Biller, placed: &Placed<'_>) -> Result<CheckoutStarted, ServiceError> {
        let ValidatedOrder { plan, cycle, price } = placed.order;
        let tenant = biller.tenant();
        let (success_url, cancel_url) = (placed.success_url.clone(), placed.cancel_url.clone());
        // A payment may have come that nobody has told us of: a second subscription beside it would be a double charge.
        self.ask_all_providers(tenant, Cause::Order).await?;
        self.upward(tenant, placed).await?;
        let started = |url: Url, id: String, provider, trial_days: Option<u16>| CheckoutStarted {
            url: url.into(),
            id,
            provider,
            plan: plan.id.to_string(),
            cycle,
            price,
            is_portal: trial_days.is_none(),
            trial_days: trial_days.unwrap_or_default(),
        };
        let subscriptions = self.store().read().await?.link().list_subscriptions(tenant).await?;
        // Also where another provider takes new checkouts by now: what is paid at the former is changed there.
        if let Some(own) = current_subscription(&subscriptions).filter(|own| own.status.is_live()) {
            let former = own.provider;
            let provider = self.sender(former).ok_or(ServiceError::BillingNotConfigured)?;
            let customer = self.store().read().await?.link().find_customer(tenant, former).await?;
            let customer = customer.ok_or(ServiceError::Internal("who pays is a customer"))?.external_id;
            let flow = change(own, plan, cycle, price.currency)?;
            let return_url = match former {
                Provider::Stripe => cancel_url,
                Provider::Polar => placed.portal_return_url.clone(),
            };
            let portal = NewPortal { customer, flow, return_url, done_url: success_url };
            let url = match provider.create_portal(&portal).await {
                Ok(url) => url,
                Err(error) => return Err(self.failed_call(tenant, former, error).await),
            };
            let started = started(url, own.external_id.clone(), former, None);
            self.write_down_done(tenant, begun(biller, &started)).await?;
            return Ok(started);
        }
        let name = self.configured()?;
        let customer = self.ensure_customer(tenant, name).await?;

        let attempt = Attempt {
            id: Self::new_id()?,
            provider: name,
            plan: plan.id.clone(),
            cycle,
            state: AttemptState::Open,
            success_url,
            cancel_url,
            session_id: None,
            trial_days: trial::days_for(plan, &subscriptions),
            created_by: biller.by().clone(),
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
        let started = started(url, session, name, Some(attempt.trial_days));
        if is_latest {
            self.write_down(&mut tx, tenant, begun(biller, &started)).await?;
        }
        tx.commit().await?;
        if !is_latest {
            self.expire_superseded(tenant, &attempt.id).await?;
            return Err(ServiceError::Conflict("A newer checkout has taken this one's place. Use that one."));
        }
        Ok(started)
    }

    /// Refuses what leads down, or nowhere, where only an upgrade was asked for.
    async fn upward(&self, tenant: &TenantId, placed: &Placed<'_>) -> Result<(), ServiceError> {
        let wanted = placed.order.plan;
        if !placed.only_upward {
            return Ok(());
        }
        let entitlements = self.holding(tenant).await?.entitlements;
        match self.catalog().plan(entitlements.plan.as_str()) {
            Some(held) if direction(held, wanted) != Direction::Up => {
                Err(ServiceError::NotAnUpgrade { wanted: wanted.name.clone(), held: held.name.clone() })
            }
            _ => Ok(()),
        }
    }

    fn validate_order(&self, plan: &str, cycle: Cycle) -> Result<ValidatedOrder<'_>, ServiceError> {
        validate_order(self.catalog(), plan, cycle).map_err(|error| ServiceError::field("plan", error.to_string()))
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
        match ascii_url(wanted) {
            Some((address, url)) if address.len() <= URL_MAX_BYTES && is_ours(&url) => Ok(address),
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

/// For the audit log.
fn begun(biller: &Biller, started: &CheckoutStarted) -> NewAuditEntry {
    let CheckoutStarted { url: _, id, provider, plan, cycle, price: _, is_portal, trial_days: _ } = started;
    let details = json!({ "plan": plan, "cycle": cycle, "provider": provider, "portal": is_portal });
    NewAuditEntry {
        by: AuditActor::from(biller.by()),
        action: AuditAction::CheckoutStarted,
        target: id.clone(),
        details,
    }
}

/// What the portal is to open on, so that a live subscription comes to be on the plan.
fn change(own: &Subscription, plan: &Plan, cycle: Cycle, sold_in: Currency) -> Result<PortalFlow, ServiceError> {
    if let Some(reason) = in_the_way(own, plan, cycle, sold_in) {
        return Err(ServiceError::Conflict(reason));
    }
    if own.plan != plan.id || own.cycle != cycle {
        let subscription = own.external_id.clone();
        return Ok(PortalFlow::ConfirmChange { subscription, plan: plan.id.clone(), cycle });
    }
    mending(own).ok_or_else(|| ServiceError::field("plan", format!("This workspace is on {} already.", plan.name)))
}

/// Why nothing can be ordered before something else is done.
pub(super) fn in_the_way(own: &Subscription, plan: &Plan, cycle: Cycle, sold_in: Currency) -> Option<&'static str> {
    if own.status == ProviderStatus::Incomplete {
        return Some(
            "The first payment for this workspace's plan is not finished. Finish it at the provider, from the membership page, or wait until it has arrived.",
        );
    }
    let is_change = (&own.plan, own.cycle) != (&plan.id, cycle);
    // No provider changes the currency of a subscription that runs.
    if is_change && own.is_paid_in_other_currency(sold_in) {
        return Some(
            "This workspace pays in another currency than plans are sold in here, so its plan can't be changed from here. Ask the operator of this installation, or end the plan first.",
        );
    }
    // Stripe's portal changes nothing that its schedule is going to change.
    let waits = own.pending.is_some() && own.provider == Provider::Stripe;
    (waits && is_change).then_some(
        "Another change waits for the end of the period. Take it back first, on the membership page or by POST /api/v1/billing/resume.",
    )
}

/// What a live subscription that is on the wanted plan already still lacks; `None` when nothing does.
fn mending(own: &Subscription) -> Option<PortalFlow> {
    match own.status {
        ProviderStatus::PastDue | ProviderStatus::Unpaid => Some(PortalFlow::UpdateCard),
        // Where its first payment is finished.
        ProviderStatus::Incomplete => Some(PortalFlow::Home),
        _ if own.ends_at().is_some() => Some(PortalFlow::Home),
        _ => None,
    }
}
