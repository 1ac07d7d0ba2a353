//! A tenant's account at Stripe, for white-label.

mod answer;
mod checkout;
mod product;
mod subscription;

use async_trait::async_trait;
use domain::time::Timestamp;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use stripe_client_core::StripeRequest;
use stripe_core::customer::ListCustomer;
use tracing::Instrument;
use url::Url;

use super::{
    StripeConfigError,
    attempt::Client,
    client::{self, CallError, within_budget},
    is_cursor,
};
use crate::{
    payment::{
        InvalidInputField, ProviderError,
        merchant::{
            CancellationTiming, MerchantApi, MerchantCheckout, MerchantCredentials, MerchantCustomer, MerchantProduct,
            MerchantSubscription, NewMerchantCheckout, NewMerchantProduct, Page, PageParams,
        },
    },
    trace,
};

const UNAUTHORIZED: u16 = 401;
const FORBIDDEN: u16 = 403;
/// Largest page of a list, and maximum number of ids in a filter.
const WHOLE_PAGE: i64 = 100;

/// Stripe as a [`MerchantApi`]. A cursor holds the id of the last object of a page: Stripe has no page numbers and no
/// total counts.
#[derive(Clone)]
pub struct StripeMerchant {
    client: Client,
    key: SecretString,
}

/// Why a request can't be made at Stripe.
#[derive(Debug, thiserror::Error)]
enum RequestError {
    #[error(
        "The key in the secret stripe_secret_key may not do this. Let it read and write products, prices, customers, \
         subscriptions and checkout sessions at Stripe."
    )]
    Forbidden,
    #[error("There is no such price or product at Stripe: {0}.")]
    Price(String),
    #[error("The product {0} has no price at Stripe that could be paid.")]
    NoPrice(String),
    #[error("cursor must be the nextCursor of a response. This one names an object that does not exist any more.")]
    Cursor,
}

impl From<RequestError> for ProviderError {
    fn from(cause: RequestError) -> Self {
        let reason = cause.to_string();
        match cause {
            RequestError::Forbidden => Self::Rejected { reason, cause: cause.into() },
            RequestError::Price(_) | RequestError::NoPrice(_) => {
                Self::InvalidInput { field: InvalidInputField::Price, reason }
            }
            RequestError::Cursor => Self::InvalidInput { field: InvalidInputField::Cursor, reason },
        }
    }
}

/// Converts the error of a call with a tenant's key. Its message names `stripe_secret_key`, the tenant's secret,
/// instead of the installation's setting. Stripe's message about a missing permission quotes the key and is replaced.
fn to_provider_error(error: CallError) -> ProviderError {
    match error {
        CallError::Refused(refusal) if refusal.status == UNAUTHORIZED => ProviderError::Rejected {
            reason: "Stripe does not accept the key in the secret stripe_secret_key.".to_owned(),
            cause: refusal.into(),
        },
        CallError::Refused(refusal) if refusal.status == FORBIDDEN => RequestError::Forbidden.into(),
        CallError::Refused(refusal) => refusal.into(),
        error => error.into(),
    }
}

/// Turns "no such object" into `None`.
fn optional<T>(answer: Result<T, CallError>) -> Result<Option<T>, ProviderError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(to_provider_error(error)),
    }
}

impl StripeMerchant {
    /// Returns the API of a tenant's account. `api_base` is the URL of a stand-in; `None` for Stripe itself.
    pub fn new(credentials: &MerchantCredentials, api_base: Option<&Url>) -> Result<Self, StripeConfigError> {
        Ok(Self { client: Client::for_tenant(&credentials.api_key, api_base)?, key: credentials.api_key.clone() })
    }

    async fn call<T: DeserializeOwned>(&self, request: &(impl StripeRequest + Sync)) -> Result<T, CallError> {
        self.call_with_key(request, None).await
    }

    /// Sends a request. `key` is the idempotency key of a POST; with `None`, the POST gets a random key.
    async fn call_with_key<T: DeserializeOwned>(
        &self,
        request: &(impl StripeRequest + Sync),
        key: Option<String>,
    ) -> Result<T, CallError> {
        client::call(&self.client, request, key).await.map_err(|error| error.without_key(&self.key))
    }

    /// Fetches a page of a list. `request` builds the request from the limit and the id to start after.
    async fn list<T: DeserializeOwned, R: StripeRequest + Sync>(
        &self,
        params: &PageParams,
        request: impl FnOnce(i64, Option<String>) -> R,
    ) -> Result<Page<T>, ProviderError> {
        let PageParams { limit, cursor } = params;
        if cursor.as_deref().is_some_and(|cursor| !is_cursor(cursor)) {
            return Err(RequestError::Cursor.into());
        }
        // Stripe answers 404 for a list only if the cursor's object does not exist.
        let listed = match self.call::<answer::Listed<T>>(&request((*limit).into(), cursor.clone())).await {
            Err(error) if error.is_missing() && cursor.is_some() => return Err(RequestError::Cursor.into()),
            listed => listed.map_err(to_provider_error)?,
        };
        let answer::Listed { data, has_more } = listed;
        let next = data.last.filter(|last| has_more && is_cursor(last));
        Ok(Page { items: data.readable, next })
    }

    async fn customers(&self, params: &PageParams) -> Result<Page<MerchantCustomer>, ProviderError> {
        let listed = self.list::<answer::Customer, _>(params, |limit, after| {
            let request = ListCustomer::new().limit(limit);
            match after {
                Some(after) => request.starting_after(after),
                None => request,
            }
        });
        let Page { items, next } = listed.await?;
        Ok(Page { items: items.into_iter().filter_map(customer).collect(), next })
    }
}

fn customer(response: answer::Customer) -> Option<MerchantCustomer> {
    let answer::Customer { id, email, name, created, deleted } = response;
    let created_at = Timestamp::from_secs(created.filter(|_| !deleted)?);
    Some(MerchantCustomer { id, email: email.unwrap_or_default(), name, created_at })
}

#[async_trait]
impl MerchantApi for StripeMerchant {
    async fn list_products(&self, params: &PageParams) -> Result<Page<MerchantProduct>, ProviderError> {
        within_budget(self.products(params)).await
    }

    async fn create_product(&self, new: &NewMerchantProduct) -> Result<MerchantProduct, ProviderError> {
        // Spawned, so that it completes even if the caller stops waiting. Otherwise a product with only some of its
        // prices would stay on sale.
        let (merchant, new) = (self.clone(), new.clone());
        let making =
            tokio::spawn(trace::in_current(async move { merchant.make_product(&new).await }).in_current_span());
        within_budget(async { making.await.map_err(|cause| ProviderError::Unavailable(cause.into()))? }).await
    }

    async fn create_checkout(&self, new: &NewMerchantCheckout) -> Result<MerchantCheckout, ProviderError> {
        // Boxed: the future of this large request type is large.
        within_budget(Box::pin(self.make_checkout(new))).await
    }

    async fn list_customers(&self, params: &PageParams) -> Result<Page<MerchantCustomer>, ProviderError> {
        within_budget(self.customers(params)).await
    }

    async fn active_subscriptions(&self, customer: &str) -> Result<Option<Vec<MerchantSubscription>>, ProviderError> {
        within_budget(self.active(customer)).await
    }

    async fn list_subscriptions(&self, params: &PageParams) -> Result<Page<MerchantSubscription>, ProviderError> {
        within_budget(self.subscriptions(params)).await
    }

    async fn end_subscription(
        &self,
        id: &str,
        end: CancellationTiming,
    ) -> Result<Option<MerchantSubscription>, ProviderError> {
        within_budget(self.end(id, end)).await
    }
}
