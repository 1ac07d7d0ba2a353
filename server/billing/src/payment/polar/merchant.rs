//! A tenant's account at Polar, for white-label.

use std::{collections::HashMap, num::NonZeroU32};

use async_trait::async_trait;
use domain::subscription::Provider;
use http::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use super::{
    API, PolarConfigError, answer,
    answer::{List, Price, Product, WholeList},
    client::{ATTEMPTS, CallError, Client, within_budget},
    in_organization, is_object_id, read_id,
};
use crate::payment::{
    AnotherObject, InvalidInputField, ProviderError,
    bounded::backoff,
    merchant::{
        CancellationTiming, MerchantApi, MerchantCheckout, MerchantCredentials, MerchantCustomer, MerchantPrice,
        MerchantProduct, MerchantSubscription, NewMerchantCheckout, NewMerchantProduct, Page, PageParams,
        from_provider_amount, to_provider_amount,
    },
};

const UNAUTHORIZED: u16 = 401;
const WHOLE_PAGE: u32 = 100;
const PAGE_SIZE: &str = "100";
/// Maximum number of pages of products that are searched for a price.
const MAX_PAGES: u64 = 10;
/// Maximum number of characters of an invalid id that an error quotes.
const QUOTED_CHARS: usize = 80;
/// The query parameter that leaves out archived products.
const ON_SALE: (&str, &str) = ("is_archived", "false");
/// The metadata key by which the product of an attempt is found again.
const ATTEMPT: &str = "dues_attempt";
/// The type of a metered price, which is charged beside the fixed price.
const METERED: &str = "metered_unit";

/// Polar as a [`MerchantApi`]. A cursor holds a page number.
pub struct PolarMerchant {
    client: Client,
    organization: Option<String>,
}

/// Why a request can't be made at Polar.
#[derive(Debug, thiserror::Error)]
enum RequestError {
    #[error("Polar sells a product at one interval: give all of its prices the same.")]
    Intervals,
    #[error("There is no such price or product at Polar: {0}.")]
    Price(String),
    #[error(
        "The product {product} has several prices in {currency}, and a checkout at Polar can't select one of them. Remove all but one."
    )]
    Prices { product: String, currency: String },
    #[error("cursor must be the nextCursor of a response.")]
    Page,
}

impl From<RequestError> for ProviderError {
    fn from(cause: RequestError) -> Self {
        let reason = cause.to_string();
        match cause {
            RequestError::Intervals => Self::InvalidInput { field: InvalidInputField::Prices, reason },
            RequestError::Price(_) | RequestError::Prices { .. } => {
                Self::InvalidInput { field: InvalidInputField::Price, reason }
            }
            RequestError::Page => Self::InvalidInput { field: InvalidInputField::Cursor, reason },
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("Polar returned a product without the tag of its attempt")]
struct Unmarked;

/// Converts the error of a call with a tenant's key. Its message names `polar_api_key`, the tenant's secret, instead of
/// the installation's setting `POLAR_API_KEY`.
fn to_provider_error(error: CallError) -> ProviderError {
    match error {
        CallError::Refused(refusal) if refusal.status == UNAUTHORIZED => ProviderError::Rejected {
            reason: "Polar does not accept the key in the secret polar_api_key.".to_owned(),
            cause: refusal.into(),
        },
        CallError::Refused(refusal) => refusal.into(),
        error => error.into(),
    }
}

/// What a checkout sells.
struct CheckoutItem {
    product: String,
    /// The price's currency; `None` for a product, which Polar offers in the payer's currency.
    currency: Option<String>,
}

impl PolarMerchant {
    /// Returns the API of a tenant's account. `api_base` is the URL of a stand-in; `None` for Polar itself.
    pub fn new(credentials: &MerchantCredentials, api_base: Option<&Url>) -> Result<Self, PolarConfigError> {
        let MerchantCredentials { api_key, organization } = credentials;
        let organization = super::named_organization(organization.clone(), api_key);
        Ok(Self { client: Client::new(api_key, api_base.map_or(API, Url::as_str))?, organization })
    }

    async fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        params: &PageParams,
        only: &[(&str, &str)],
    ) -> Result<Page<T>, ProviderError> {
        let PageParams { limit, cursor } = params;
        let number: NonZeroU32 = cursor.as_deref().unwrap_or("1").parse().map_err(|_| RequestError::Page)?;
        let (limit, page) = (limit.to_string(), number.to_string());
        let mut query = vec![("limit", &*limit), ("page", &*page)];
        query.extend(only);
        query.extend(self.organization.as_deref().map(|organization| ("organization_id", organization)));
        let List { items, pagination } = self.client.get::<List<T>>(path, &query).await.map_err(to_provider_error)?;
        let next = (u64::from(number.get()) < pagination.max_page).then(|| number.saturating_add(1).to_string());
        Ok(Page { items, next })
    }

    async fn products(&self, params: &PageParams) -> Result<Page<Product>, ProviderError> {
        self.list("products/", params, &[ON_SALE]).await
    }

    /// Finds what to sell by the id of a price or of a product.
    async fn find_item(&self, price: &str) -> Result<CheckoutItem, ProviderError> {
        let mut cursor = None;
        for _ in 0..MAX_PAGES {
            let params = PageParams { limit: WHOLE_PAGE, cursor };
            let Page { items, next } = self.products(&params).await?;
            for product in items {
                if product.id == price {
                    return Ok(CheckoutItem { product: product.id, currency: None });
                }
                if let Some(found) =
                    product.prices.iter().find(|candidate| candidate.id == price && !candidate.is_archived)
                {
                    return Ok(item_at_price(&product, found)?);
                }
            }
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        Err(RequestError::Price(price.chars().take(QUOTED_CHARS).collect()).into())
    }

    /// Returns the attempt's product, and creates it if there is none.
    async fn find_or_create_product(&self, new: &NewMerchantProduct) -> Result<MerchantProduct, ProviderError> {
        let NewMerchantProduct { name, description, prices, attempt } = new;
        let interval = prices.first().and_then(|price| price.interval.clone());
        if prices.iter().any(|price| price.interval != interval) {
            return Err(RequestError::Intervals.into());
        }
        let prices = prices.iter().map(|price| {
            let amount = to_provider_amount(price.amount_minor, &price.currency, Provider::Polar)?;
            let currency = price.currency.to_lowercase();
            Ok(json!({ "amount_type": "fixed", "price_amount": amount, "price_currency": currency }))
        });
        let prices = prices.collect::<Result<Vec<_>, ProviderError>>()?;
        let body = json!({
            "name": name,
            "description": description,
            "recurring_interval": interval,
            "prices": prices,
            "metadata": attempt.iter().map(|attempt| (ATTEMPT, attempt)).collect::<HashMap<_, _>>(),
        });
        let body = in_organization(body, self.organization.as_deref());
        let mut tried = 0;
        loop {
            tried += 1;
            if let Some(attempt) = attempt
                && let Some(found) = self.find_product(attempt).await?
            {
                return Ok(product(Product { id: read_id(found.id)?, ..found }));
            }
            match self.client.create::<Product>("products/", &body).await {
                Ok(made) => return Ok(product(Product { id: read_id(made.id)?, ..made })),
                // The outcome is unknown: the next look-up finds the product if it was created.
                Err(error) if attempt.is_some() && tried < ATTEMPTS && error.is_retryable() => backoff(tried).await,
                Err(error) => return Err(to_provider_error(error)),
            }
        }
    }

    /// Finds the product of an attempt, archived or not.
    async fn find_product(&self, attempt: &str) -> Result<Option<Product>, ProviderError> {
        let only = format!("metadata[{ATTEMPT}]");
        let mut query = vec![(&*only, attempt), ("limit", PAGE_SIZE)];
        query.extend(self.organization.as_deref().map(|organization| ("organization_id", organization)));
        let WholeList { items } =
            self.client.get::<WholeList<Product>>("products/", &query).await.map_err(to_provider_error)?;
        let mut is_any_unknown = false;
        for product in items {
            match product.tag(ATTEMPT) {
                Some(tag) if tag == attempt => return Ok(Some(product)),
                Some(_) => {}
                None => is_any_unknown = true,
            }
        }
        // A product without a readable tag may be the product of this attempt. Creating another could duplicate it.
        if is_any_unknown { Err(ProviderError::Decode(Unmarked.into())) } else { Ok(None) }
    }

    async fn make_checkout(&self, new: &NewMerchantCheckout) -> Result<MerchantCheckout, ProviderError> {
        let NewMerchantCheckout { price, customer_email, success_url, cancel_url } = new;
        let CheckoutItem { product, currency } = self.find_item(price).await?;
        let body = json!({
            "products": [product],
            "currency": currency,
            "customer_email": customer_email,
            "success_url": success_url,
            "return_url": cancel_url,
        });
        let answer::Checkout { id, url, .. } =
            self.client.create("checkouts/", &body).await.map_err(to_provider_error)?;
        let url = url.unwrap_or_default().parse();
        Ok(MerchantCheckout {
            id: read_id(id)?,
            url: url.map_err(|cause: url::ParseError| ProviderError::Decode(cause.into()))?,
        })
    }

    async fn active(&self, customer: &str) -> Result<Option<Vec<MerchantSubscription>>, ProviderError> {
        if !is_object_id(customer) {
            return Ok(None);
        }
        match self.find::<answer::Object>(&format!("customers/{customer}")).await? {
            Some(found) if found.id == customer => {}
            Some(_) => return Err(AnotherObject("customer").into()),
            None => return Ok(None),
        }
        let query = [("customer_id", customer), ("active", "true"), ("limit", "100")];
        let List { items, .. } =
            self.client.get::<List<answer::Subscription>>("subscriptions/", &query).await.map_err(to_provider_error)?;
        // Leave out subscriptions of other customers, whatever the response holds.
        Ok(Some(items.into_iter().filter(|item| item.customer_id == customer).map(subscription).collect()))
    }

    async fn end(&self, id: &str, end: CancellationTiming) -> Result<Option<MerchantSubscription>, ProviderError> {
        if !is_object_id(id) {
            return Ok(None);
        }
        let path = format!("subscriptions/{id}");
        let ended: Result<answer::Subscription, _> = match end {
            CancellationTiming::AtPeriodEnd => {
                self.client.send_idempotent(Method::PATCH, &path, &json!({ "cancel_at_period_end": true })).await
            }
            CancellationTiming::Immediately => self.client.send_idempotent(Method::DELETE, &path, &Value::Null).await,
        };
        match ended {
            Ok(ended) if ended.id != id => Err(AnotherObject("subscription").into()),
            Ok(ended) => Ok(Some(subscription(ended))),
            Err(CallError::Refused(refusal)) if refusal.error == "AlreadyCanceledSubscription" => {
                Ok(self.find::<answer::Subscription>(&path).await?.map(subscription))
            }
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(to_provider_error(error)),
        }
    }

    async fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, ProviderError> {
        match self.client.get::<T>(path, &[]).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(to_provider_error(error)),
        }
    }
}

fn mapped<A, B>(page: Page<A>, map: impl FnMut(A) -> B) -> Page<B> {
    Page { items: page.items.into_iter().map(map).collect(), next: page.next }
}

/// Returns the product in the price's currency. Fails where the product has another price in the same currency, as
/// Polar chooses the price by currency only.
fn item_at_price(product: &Product, price: &Price) -> Result<CheckoutItem, RequestError> {
    let sold = CheckoutItem { product: product.id.clone(), currency: price.currency.clone() };
    let Some(currency) = &price.currency else { return Ok(sold) };
    let is_charged_too = |candidate: &Price| {
        let is_metered = candidate.amount_type.as_deref() == Some(METERED);
        candidate.id != price.id
            && !candidate.is_archived
            && !is_metered
            && candidate.currency.as_ref() == Some(currency)
    };
    if product.prices.iter().any(is_charged_too) {
        return Err(RequestError::Prices { product: sold.product, currency: currency.to_uppercase() });
    }
    Ok(sold)
}

fn product(response: Product) -> MerchantProduct {
    let Product { id, name, description, recurring_interval, recurring_interval_count, prices, .. } = response;
    let prices = prices.into_iter().filter(|price| !price.is_archived).map(|price| MerchantPrice {
        id: price.id,
        amount_minor: price
            .amount
            .map(|amount| from_provider_amount(amount, price.currency.as_deref().unwrap_or_default(), Provider::Polar)),
        currency: price.currency.unwrap_or_default(),
        interval: recurring_interval.clone(),
        interval_count: recurring_interval_count.unwrap_or(1),
    });
    MerchantProduct { prices: prices.collect(), id, name, description }
}

fn customer(response: answer::Customer) -> Option<MerchantCustomer> {
    let answer::Customer { id, email, name, created_at, .. } = response;
    Some(MerchantCustomer { id, email: email.unwrap_or_default(), name, created_at: created_at? })
}

fn subscription(response: answer::Subscription) -> MerchantSubscription {
    MerchantSubscription {
        id: response.id,
        customer: response.customer_id,
        customer_email: response.customer.and_then(|customer| customer.email),
        status: response.status,
        period_end: response.current_period_end,
        cancel_at_period_end: response.cancel_at_period_end,
        product: response.product.map(|product| product.name).unwrap_or_default(),
    }
}

#[async_trait]
impl MerchantApi for PolarMerchant {
    async fn list_products(&self, params: &PageParams) -> Result<Page<MerchantProduct>, ProviderError> {
        within_budget(async { Ok(mapped(self.products(params).await?, product)) }).await
    }

    async fn create_product(&self, new: &NewMerchantProduct) -> Result<MerchantProduct, ProviderError> {
        within_budget(self.find_or_create_product(new)).await
    }

    async fn create_checkout(&self, new: &NewMerchantCheckout) -> Result<MerchantCheckout, ProviderError> {
        within_budget(self.make_checkout(new)).await
    }

    async fn list_customers(&self, params: &PageParams) -> Result<Page<MerchantCustomer>, ProviderError> {
        let listed = within_budget(self.list::<answer::Customer>("customers/", params, &[])).await?;
        Ok(Page { items: listed.items.into_iter().filter_map(customer).collect(), next: listed.next })
    }

    async fn active_subscriptions(&self, customer: &str) -> Result<Option<Vec<MerchantSubscription>>, ProviderError> {
        within_budget(self.active(customer)).await
    }

    async fn list_subscriptions(&self, params: &PageParams) -> Result<Page<MerchantSubscription>, ProviderError> {
        within_budget(async { Ok(mapped(self.list("subscriptions/", params, &[]).await?, subscription)) }).await
    }

    async fn end_subscription(
        &self,
        id: &str,
        end: CancellationTiming,
    ) -> Result<Option<MerchantSubscription>, ProviderError> {
        within_budget(self.end(id, end)).await
    }
}
