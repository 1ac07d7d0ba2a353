//! A tenant's own account at Polar.

use async_trait::async_trait;
use http::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use super::{
    API, PolarConfigError, answer,
    answer::{List, Product},
    client::{CallError, Client, in_time},
    in_organization, is_object_id,
};
use crate::payment::{
    ProviderError,
    merchant::{
        MerchantApi, MerchantCheckout, MerchantCredentials, MerchantCustomer, MerchantEnd, MerchantPrice,
        MerchantProduct, MerchantSubscription, NewMerchantCheckout, NewMerchantProduct, Page, PageWish,
    },
};

const UNAUTHORIZED: u16 = 401;
const WHOLE_PAGE: u32 = 100;
/// So many pages of products are looked through for a price.
const MAX_PAGES: u64 = 10;

/// Polar as a [`MerchantApi`]. Lists are paged by number, which is what a cursor holds.
pub struct PolarMerchant {
    client: Client,
    organization: Option<String>,
}

/// What Polar can't be asked for.
#[derive(Debug, thiserror::Error)]
enum Impossible {
    #[error("Polar sells a product at one interval: give all of its prices the same.")]
    Intervals,
    #[error("There is no such price or product at Polar: {0}.")]
    Price(String),
}

impl From<Impossible> for ProviderError {
    fn from(cause: Impossible) -> Self {
        Self::Rejected { reason: cause.to_string(), cause: cause.into() }
    }
}

/// The key is the tenant's own, so what is said of it names her secret.
fn told(error: CallError) -> ProviderError {
    match error {
        CallError::Refused(refusal) if refusal.status == UNAUTHORIZED => ProviderError::Rejected {
            reason: "Polar does not accept the key in the secret polar_api_key.".to_owned(),
            cause: refusal.into(),
        },
        error => error.into(),
    }
}

impl PolarMerchant {
    /// `api_base` is a stand-in's; `None` for Polar itself.
    pub fn new(credentials: &MerchantCredentials, api_base: Option<&Url>) -> Result<Self, PolarConfigError> {
        let MerchantCredentials { api_key, organization } = credentials;
        let organization = super::named_organization(organization.clone(), api_key);
        Ok(Self { client: Client::new(api_key, api_base.map_or(API, Url::as_str))?, organization })
    }

    async fn list<T: DeserializeOwned>(&self, path: &str, wish: &PageWish) -> Result<Page<T>, ProviderError> {
        let PageWish { limit, cursor } = wish;
        // Where no page can be, there is nothing.
        let Ok(number) = cursor.as_deref().unwrap_or("1").parse::<u64>() else {
            return Ok(Page { items: Vec::new(), next: None });
        };
        let (limit, page) = (limit.to_string(), number.max(1).to_string());
        let mut query = vec![("limit", &*limit), ("page", &*page)];
        query.extend(self.organization.as_deref().map(|organization| ("organization_id", organization)));
        let List { items, pagination } = self.client.get::<List<T>>(path, &query).await.map_err(told)?;
        let next = (number < pagination.max_page).then(|| (number + 1).to_string());
        Ok(Page { items, next })
    }

    /// The product that has the price, or has the id itself.
    async fn product_of(&self, price: &str) -> Result<String, ProviderError> {
        let mut cursor = None;
        for _ in 0..MAX_PAGES {
            let wish = PageWish { limit: WHOLE_PAGE, cursor };
            let Page { items, next } = self.list::<Product>("products/", &wish).await?;
            let has = |product: &Product| product.id == price || product.prices.iter().any(|it| it.id == price);
            if let Some(found) = items.into_iter().find(has) {
                return Ok(found.id);
            }
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        Err(Impossible::Price(price.chars().take(80).collect()).into())
    }

    async fn make_product(&self, new: &NewMerchantProduct) -> Result<MerchantProduct, ProviderError> {
        let NewMerchantProduct { name, description, prices, attempt: _ } = new;
        let interval = prices.first().and_then(|price| price.interval.clone());
        if prices.iter().any(|price| price.interval != interval) {
            return Err(Impossible::Intervals.into());
        }
        let prices = prices.iter().map(|price| {
            json!({ "amount_type": "fixed", "price_amount": price.amount_minor, "price_currency": price.currency.to_lowercase() })
        });
        let body = json!({
            "name": name,
            "description": description,
            "recurring_interval": interval,
            "prices": prices.collect::<Vec<_>>(),
        });
        let body = in_organization(body, self.organization.as_deref());
        self.client.make::<Product>("products/", &body).await.map(product).map_err(told)
    }

    async fn make_checkout(&self, new: &NewMerchantCheckout) -> Result<MerchantCheckout, ProviderError> {
        let NewMerchantCheckout { price, customer_email, success_url, cancel_url } = new;
        let body = json!({
            "products": [self.product_of(price).await?],
            "customer_email": customer_email,
            "success_url": success_url,
            "return_url": cancel_url,
        });
        let answer::Checkout { id, url, .. } = self.client.make("checkouts/", &body).await.map_err(told)?;
        let url = url.unwrap_or_default().parse();
        Ok(MerchantCheckout { id, url: url.map_err(|cause: url::ParseError| ProviderError::Decode(cause.into()))? })
    }

    async fn active(&self, customer: &str) -> Result<Option<Vec<MerchantSubscription>>, ProviderError> {
        if !is_object_id(customer) || self.find::<answer::Object>(&format!("customers/{customer}")).await?.is_none() {
            return Ok(None);
        }
        let query = [("customer_id", customer), ("active", "true"), ("limit", "100")];
        let List { items, .. } =
            self.client.get::<List<answer::Subscription>>("subscriptions/", &query).await.map_err(told)?;
        Ok(Some(items.into_iter().map(subscription).collect()))
    }

    async fn end(&self, id: &str, end: MerchantEnd) -> Result<Option<MerchantSubscription>, ProviderError> {
        if !is_object_id(id) {
            return Ok(None);
        }
        let path = format!("subscriptions/{id}");
        let ended: Result<answer::Subscription, _> = match end {
            MerchantEnd::AtPeriodEnd => {
                self.client.repeat(Method::PATCH, &path, &json!({ "cancel_at_period_end": true })).await
            }
            MerchantEnd::Immediately => self.client.repeat(Method::DELETE, &path, &Value::Null).await,
        };
        match ended {
            Ok(ended) => Ok(Some(subscription(ended))),
            Err(CallError::Refused(refusal)) if refusal.error == "AlreadyCanceledSubscription" => {
                Ok(self.find::<answer::Subscription>(&path).await?.map(subscription))
            }
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(told(error)),
        }
    }

    async fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, ProviderError> {
        match self.client.get::<T>(path, &[]).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(told(error)),
        }
    }
}

fn mapped<A, B>(page: Page<A>, map: impl FnMut(A) -> B) -> Page<B> {
    Page { items: page.items.into_iter().map(map).collect(), next: page.next }
}

fn product(told: Product) -> MerchantProduct {
    let Product { id, name, description, recurring_interval, recurring_interval_count, prices, .. } = told;
    let prices = prices.into_iter().filter(|price| !price.is_archived).map(|price| MerchantPrice {
        id: price.id,
        amount_minor: price.amount,
        currency: price.currency.unwrap_or_default(),
        interval: recurring_interval.clone(),
        interval_count: recurring_interval_count.unwrap_or(1),
    });
    MerchantProduct { prices: prices.collect(), id, name, description }
}

fn customer(told: answer::Customer) -> Option<MerchantCustomer> {
    let answer::Customer { id, email, name, created_at, .. } = told;
    Some(MerchantCustomer { id, email: email.unwrap_or_default(), name, created_at: created_at? })
}

fn subscription(told: answer::Subscription) -> MerchantSubscription {
    MerchantSubscription {
        id: told.id,
        customer: told.customer_id,
        customer_email: told.customer.and_then(|customer| customer.email),
        status: told.status,
        period_end: told.current_period_end,
        cancel_at_period_end: told.cancel_at_period_end,
        product: told.product.map(|product| product.name).unwrap_or_default(),
    }
}

#[async_trait]
impl MerchantApi for PolarMerchant {
    async fn list_products(&self, wish: &PageWish) -> Result<Page<MerchantProduct>, ProviderError> {
        in_time(async { Ok(mapped(self.list("products/", wish).await?, product)) }).await
    }

    async fn create_product(&self, new: &NewMerchantProduct) -> Result<MerchantProduct, ProviderError> {
        in_time(self.make_product(new)).await
    }

    async fn create_checkout(&self, new: &NewMerchantCheckout) -> Result<MerchantCheckout, ProviderError> {
        in_time(self.make_checkout(new)).await
    }

    async fn list_customers(&self, wish: &PageWish) -> Result<Page<MerchantCustomer>, ProviderError> {
        let listed = in_time(self.list::<answer::Customer>("customers/", wish)).await?;
        Ok(Page { items: listed.items.into_iter().filter_map(customer).collect(), next: listed.next })
    }

    async fn active_subscriptions(&self, customer: &str) -> Result<Option<Vec<MerchantSubscription>>, ProviderError> {
        in_time(self.active(customer)).await
    }

    async fn list_subscriptions(&self, wish: &PageWish) -> Result<Page<MerchantSubscription>, ProviderError> {
        in_time(async { Ok(mapped(self.list("subscriptions/", wish).await?, subscription)) }).await
    }

    async fn end_subscription(
        &self,
        id: &str,
        end: MerchantEnd,
    ) -> Result<Option<MerchantSubscription>, ProviderError> {
        in_time(self.end(id, end)).await
    }
}
