//! The guard around every call to a provider.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::{
    catalog::Cycle,
    ids::{CheckoutAttemptId, PlanId},
    money::Money,
    subscription::{
        LastInvoice, Provider,
        billing_profile::BillingProfile,
        checkout_options::CheckoutDiscount,
        invoice::{InvoicePage, UpcomingInvoice},
    },
    time::{Clock, Timestamp},
    wire::ChangePreview,
};
use http::HeaderMap;
use url::Url;

use super::{gauges::gauge_account, state::AccountState};
use crate::{
    payment::{
        ChangeStart, Checkout, CheckoutState, CustomerPage, EventPage, InvoiceList, NewCheckout, NewCustomer,
        NewPortal, PaymentProvider, PeriodEnd, ProviderError, ProviderEvent, Refund, SubscriptionAnswer,
        SubscriptionChange, WebhookError,
        account::{CustomerState, ProviderAccount},
    },
    service::subscription::lifecycle::RECONCILE_ALL_JOB,
    store::{Store, StoreError, StoreResult},
};

/// How long a confirmation is valid.
const CONFIRMED_TTL_SECS: i64 = 3600;
/// How long calls fail without another check while the account is wrong.
const REFUSED_TTL_SECS: i64 = 5;

/// A provider that fails every call unless its key opens the right account.
///
/// `Core::new` puts each provider of [`crate::service::Parts`] behind such a guard.
pub(in crate::service) struct GuardedProvider {
    inner: Arc<dyn PaymentProvider>,
    /// `None` for `NoProvider`, which has no account.
    pub(super) name: Option<Provider>,
    store: Store,
    wall: Arc<dyn Clock>,
    checked: Mutex<Checked>,
    /// Held during a check. Concurrent callers share its outcome.
    checking: tokio::sync::Mutex<()>,
}

#[derive(Clone, Debug, Default)]
struct Checked {
    state: AccountState,
    /// When the provider last answered a check, by the wall clock; `None` before the first answer.
    at: Option<Timestamp>,
    /// Rises with each check, including those without an answer.
    count: u64,
}

/// Why a check failed.
#[derive(Debug, thiserror::Error)]
enum CheckError {
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug, thiserror::Error)]
#[error("a concurrent account check got no answer")]
struct NoAnswer;

impl GuardedProvider {
    pub(in crate::service) fn new(inner: Arc<dyn PaymentProvider>, store: Store, wall: Arc<dyn Clock>) -> Self {
        let name = inner.name();
        Self { inner, name, store, wall, checked: Mutex::default(), checking: tokio::sync::Mutex::default() }
    }

    fn checked(&self) -> MutexGuard<'_, Checked> {
        self.checked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::service) fn state(&self) -> AccountState {
        self.checked().state.clone()
    }

    /// Fails unless the key opens the right account. Calls the provider only if the last check is too old.
    pub(super) async fn confirm(&self) -> Result<(), ProviderError> {
        let Some(name) = self.name else { return Ok(()) };
        let count = {
            let checked = self.checked();
            let age = checked.at.map(|at| self.wall.now().as_micros().saturating_sub(at.as_micros()));
            let holds_for = match checked.state {
                AccountState::Unchecked => 0,
                AccountState::Confirmed => CONFIRMED_TTL_SECS,
                _ => REFUSED_TTL_SECS,
            };
            // If the clock stepped back, the age is negative and the last check does not count.
            if age.is_some_and(|age| (0..holds_for.saturating_mul(1_000_000)).contains(&age)) {
                return checked.state.outcome(name);
            }
            checked.count
        };
        self.check(name, count).await
    }

    pub(super) fn count(&self) -> u64 {
        self.checked().count
    }

    /// Fetches the account that the key opens, unless a concurrent call has done so since the caller read `count`.
    pub(super) async fn check(&self, name: Provider, count: u64) -> Result<(), ProviderError> {
        let _checking = self.checking.lock().await;
        {
            let checked = self.checked();
            if checked.count != count {
                let is_answered = checked.at.is_some() && checked.state != AccountState::Unchecked;
                return if is_answered { checked.state.outcome(name) } else { Err(no_answer()) };
            }
        }
        let found = self.find_state(name).await;
        let (state, before) = {
            let mut checked = self.checked();
            checked.count += 1;
            match found {
                Ok(state) => {
                    checked.at = Some(self.wall.now());
                    let before = std::mem::replace(&mut checked.state, state.clone());
                    (state, before)
                }
                // Keep the last outcome until it is too old.
                Err(CheckError::Provider(error)) => return Err(error),
                Err(CheckError::Store(error)) => return Err(ProviderError::Unavailable(error.into())),
            }
        };
        if state != before {
            self.report(name, &state).await;
        }
        state.outcome(name)
    }

    async fn find_state(&self, name: Provider) -> Result<AccountState, CheckError> {
        let found = match self.inner.fetch_account().await {
            Ok(found) => found,
            Err(ProviderError::Rejected { reason, .. }) => return Ok(AccountState::Refused { reason }),
            Err(error) => return Err(error.into()),
        };
        if let Some(stored) = self.stored_account(name).await? {
            return Ok(compare(stored, found));
        }
        match self.knows_paying_customers(name).await {
            Ok(true) => {}
            Ok(false) => return Ok(AccountState::Unproven { found }),
            Err(CheckError::Provider(ProviderError::Rejected { reason, .. })) => {
                return Ok(AccountState::Refused { reason });
            }
            Err(error) => return Err(error),
        }
        let mut tx = self.store.begin().await?;
        tx.connection().insert_provider_account(name, &found, self.wall.now()).await?;
        tx.commit().await?;
        // Another node may have stored an account first.
        let stored = self.stored_account(name).await?;
        Ok(stored.map_or(AccountState::Unchecked, |stored| compare(stored, found)))
    }

    async fn stored_account(&self, name: Provider) -> StoreResult<Option<ProviderAccount>> {
        self.store.read().await?.connection().find_provider_account(name).await
    }

    /// Returns whether the account knows one of the paying customers; `true` if there are none. Called while no account
    /// is stored: an upgraded installation has customers before it stores one.
    async fn knows_paying_customers(&self, name: Provider) -> Result<bool, CheckError> {
        let paying = self.store.read().await?.connection().list_paying_customers(name).await?;
        for customer in &paying {
            if self.inner.fetch_customer(customer).await? != CustomerState::Unknown {
                return Ok(true);
            }
        }
        Ok(paying.is_empty())
    }

    /// Logs a changed state. After a confirmation, releases the jobs that were held.
    async fn report(&self, name: Provider, state: &AccountState) {
        gauge_account(name, state);
        if let Some(warning) = state.warning(name) {
            tracing::error!(
                provider = name.as_str(),
                warning,
                "provider account is not confirmed: calls to the provider are blocked and its subscriptions are not updated"
            );
            return;
        }
        tracing::info!(provider = name.as_str(), "confirmed the provider account");
        if let Err(error) = self.release_jobs(name).await {
            tracing::error!(
                provider = name.as_str(),
                error = &error as &dyn std::error::Error,
                "failed to release held jobs"
            );
        }
    }

    async fn release_jobs(&self, name: Provider) -> StoreResult<()> {
        loop {
            let now = self.wall.now();
            let mut tx = self.store.begin().await?;
            let released = tx.connection().release_jobs(name, now).await?;
            tx.connection().reschedule_job(RECONCILE_ALL_JOB, now).await?;
            tx.commit().await?;
            if released == 0 {
                return Ok(());
            }
            tracing::info!(provider = name.as_str(), released, "released held jobs");
        }
    }
}

fn compare(stored: ProviderAccount, found: ProviderAccount) -> AccountState {
    if stored == found { AccountState::Confirmed } else { AccountState::Changed { stored, found } }
}

fn no_answer() -> ProviderError {
    ProviderError::Unavailable(NoAnswer.into())
}

impl GuardedProvider {
    /// Makes a call if the account is right. Checks the account again before it returns an unexpected answer.
    async fn guard<T>(
        &self,
        call: impl Future<Output = Result<T, ProviderError>>,
        is_unexpected: impl FnOnce(&T) -> bool,
    ) -> Result<T, ProviderError> {
        self.confirm().await?;
        let count = self.count();
        let answer = call.await;
        let is_unexpected = match &answer {
            Ok(answer) => is_unexpected(answer),
            Err(error) => error.is_unexpected(),
        };
        if let Some(name) = self.name.filter(|_| is_unexpected) {
            self.check(name, count).await?;
        }
        answer
    }

    /// Makes a call that lists a customer's subscriptions. Omits a subscription of another customer and, because it is
    /// unexpected, checks the provider account.
    async fn list_own(
        &self,
        customer: &str,
        call: impl Future<Output = Result<Vec<SubscriptionAnswer>, ProviderError>>,
    ) -> Result<Vec<SubscriptionAnswer>, ProviderError> {
        let is_foreign = |answer: &SubscriptionAnswer| answer.customer().is_some_and(|of| of != customer);
        let mut listed = self.guard(call, |listed| listed.iter().any(is_foreign)).await?;
        for answer in listed.iter().filter(|answer| is_foreign(answer)) {
            let (provider, of) = (self.name.map(Provider::as_str), answer.customer());
            tracing::error!(
                provider,
                customer,
                found_customer = of,
                subscription = answer.id(),
                "omitted a subscription that the provider listed for this customer and that belongs to another customer"
            );
        }
        listed.retain(|answer| !is_foreign(answer));
        Ok(listed)
    }
}

const fn expected<T>(_: &T) -> bool {
    false
}

#[async_trait]
impl PaymentProvider for GuardedProvider {
    fn name(&self) -> Option<Provider> {
        self.name
    }

    fn hosted_origins(&self) -> Vec<String> {
        self.inner.hosted_origins()
    }

    /// Fetches the account that the key opens. The only call that is never blocked.
    async fn fetch_account(&self) -> Result<ProviderAccount, ProviderError> {
        self.inner.fetch_account().await
    }

    async fn fetch_customer(&self, id: &str) -> Result<CustomerState, ProviderError> {
        self.guard(self.inner.fetch_customer(id), |state| *state == CustomerState::Unknown).await
    }

    async fn create_customer(&self, new: &NewCustomer) -> Result<String, ProviderError> {
        self.guard(self.inner.create_customer(new), expected).await
    }

    async fn find_discount(&self, discount: &CheckoutDiscount) -> Result<CheckoutDiscount, ProviderError> {
        self.guard(self.inner.find_discount(discount), expected).await
    }

    async fn create_checkout(&self, new: &NewCheckout) -> Result<Checkout, ProviderError> {
        self.guard(self.inner.create_checkout(new), expected).await
    }

    async fn fetch_checkout(&self, session_id: &str) -> Result<Option<CheckoutState>, ProviderError> {
        self.guard(self.inner.fetch_checkout(session_id), Option::is_none).await
    }

    async fn expire_checkout(&self, session_id: &str) -> Result<Option<CheckoutState>, ProviderError> {
        self.guard(self.inner.expire_checkout(session_id), Option::is_none).await
    }

    async fn create_portal(&self, new: &NewPortal) -> Result<Url, ProviderError> {
        self.guard(self.inner.create_portal(new), expected).await
    }

    async fn preview_change(
        &self,
        subscription: &str,
        plan: &PlanId,
        cycle: Cycle,
    ) -> Result<ChangePreview, ProviderError> {
        self.guard(self.inner.preview_change(subscription, plan, cycle), expected).await
    }

    async fn preview_recurring(&self, subscription: &str, plan: &PlanId, cycle: Cycle) -> Result<Money, ProviderError> {
        self.guard(self.inner.preview_recurring(subscription, plan, cycle), expected).await
    }

    async fn preview_subscription_change(&self, change: &SubscriptionChange) -> Result<ChangePreview, ProviderError> {
        self.guard(self.inner.preview_subscription_change(change), expected).await
    }

    async fn change_subscription(
        &self,
        change: &SubscriptionChange,
        start: ChangeStart,
        attempt: &CheckoutAttemptId,
    ) -> Result<(), ProviderError> {
        self.guard(self.inner.change_subscription(change, start, attempt), expected).await
    }

    async fn fetch_subscription(&self, id: &str) -> Result<Option<SubscriptionAnswer>, ProviderError> {
        self.guard(self.inner.fetch_subscription(id), Option::is_none).await
    }

    async fn list_subscriptions(&self, customer: &str) -> Result<Vec<SubscriptionAnswer>, ProviderError> {
        self.list_own(customer, self.inner.list_subscriptions(customer)).await
    }

    async fn list_customers(&self, after: Option<&str>) -> Result<CustomerPage, ProviderError> {
        self.guard(self.inner.list_customers(after), expected).await
    }

    async fn read_subscriptions(&self, customer: &str) -> Result<Vec<SubscriptionAnswer>, ProviderError> {
        self.list_own(customer, self.inner.read_subscriptions(customer)).await
    }

    async fn cancel_subscription(&self, id: &str) -> Result<(), ProviderError> {
        self.guard(self.inner.cancel_subscription(id), expected).await
    }

    async fn set_cancel_at_period_end(&self, id: &str, end: PeriodEnd<'_>) -> Result<(), ProviderError> {
        self.guard(self.inner.set_cancel_at_period_end(id, end), expected).await
    }

    async fn drop_pending_change(&self, id: &str) -> Result<(), ProviderError> {
        self.guard(self.inner.drop_pending_change(id), expected).await
    }

    async fn refund_latest(&self, subscription: &str, beside: Timestamp) -> Result<Refund, ProviderError> {
        self.guard(self.inner.refund_latest(subscription, beside), expected).await
    }

    async fn list_invoices(&self, list: &InvoiceList<'_>) -> Result<InvoicePage, ProviderError> {
        self.guard(self.inner.list_invoices(list), expected).await
    }

    async fn fetch_billing_profile(
        &self,
        customer: &str,
        subscription: Option<&str>,
    ) -> Result<BillingProfile, ProviderError> {
        self.guard(self.inner.fetch_billing_profile(customer, subscription), expected).await
    }

    async fn preview_next_invoice(
        &self,
        customer: &str,
        subscription: &str,
    ) -> Result<Option<UpcomingInvoice>, ProviderError> {
        self.guard(self.inner.preview_next_invoice(customer, subscription), expected).await
    }

    async fn fetch_payment(&self, subscription: &str, since: Timestamp) -> Result<Option<LastInvoice>, ProviderError> {
        self.guard(self.inner.fetch_payment(subscription, since), expected).await
    }

    async fn list_events(&self, since: Timestamp, after: Option<&str>) -> Result<EventPage, ProviderError> {
        self.guard(self.inner.list_events(since, after), expected).await
    }

    /// Verifies without a call, so also while the account is wrong: the caller stores the events, and they are handled
    /// once the account is right.
    fn verify_webhook(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Vec<ProviderEvent>, WebhookError> {
        self.inner.verify_webhook(headers, body, now)
    }
}
