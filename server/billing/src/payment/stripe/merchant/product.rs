//! Products with their prices, which are separate objects at Stripe.

use std::collections::HashMap;

use domain::subscription::Provider;
use futures::{StreamExt, TryStreamExt, stream};
use stripe_product::{
    price::{CreatePrice, CreatePriceRecurring, CreatePriceRecurringInterval, ListPrice},
    product::{
        CreateProduct, CreateProductDefaultPriceData, CreateProductDefaultPriceDataRecurring,
        CreateProductDefaultPriceDataRecurringInterval, ListProduct, UpdateProduct,
    },
};
use stripe_types::Currency;

use super::{StripeMerchant, WHOLE_PAGE, answer::Product, to_provider_error};
use crate::payment::{
    ProviderError,
    merchant::{
        MerchantPrice, MerchantProduct, NewMerchantPrice, NewMerchantProduct, Page, PageParams, from_provider_amount,
        to_provider_amount,
    },
    stripe::{
        answer::{Object, Page as Listed, Price},
        client::CallError,
        read_id,
    },
};

/// Maximum number of concurrent requests in [`StripeMerchant::prices`], each for the prices of one product.
const MAX_CONCURRENT: usize = 8;

#[derive(Debug, thiserror::Error)]
#[error("the created product {0} has no default price")]
struct NoPrice(String);

type Prices = HashMap<String, Vec<MerchantPrice>>;

impl StripeMerchant {
    pub(super) async fn products(&self, params: &PageParams) -> Result<Page<MerchantProduct>, ProviderError> {
        let listed = self.list::<Product, _>(params, |limit, after| {
            let request = ListProduct::new().active(true).limit(limit);
            match after {
                Some(after) => request.starting_after(after),
                None => request,
            }
        });
        let Page { items, next } = listed.await?;
        let mut prices = self.prices(&items).await?;
        let sold = items.into_iter().map(|Product { id, name, description, default_price: _ }| {
            let prices = prices.remove(&id).unwrap_or_default();
            MerchantProduct { id, name, description, prices }
        });
        Ok(Page { items: sold.collect(), next })
    }

    /// Returns the prices by product. Makes one request if all prices of the account fit on a page, else one more for
    /// each product.
    async fn prices(&self, products: &[Product]) -> Result<Prices, ProviderError> {
        if products.is_empty() {
            return Ok(Prices::new());
        }
        let all = ListPrice::new().active(true).limit(WHOLE_PAGE);
        let Listed { data, has_more } = self.call::<Listed<Price>>(&all).await.map_err(to_provider_error)?;
        if !has_more {
            return Ok(by_product(data.readable));
        }
        let by_one = |product: &Product| ListPrice::new().product(&*product.id).active(true).limit(WHOLE_PAGE);
        let requests: Vec<ListPrice> = products.iter().map(by_one).collect();
        let responses = requests.into_iter().map(|by_one| async move {
            self.call::<Listed<Price>>(&by_one).await.map(|page| page.data.readable).map_err(to_provider_error)
        });
        let pages: Vec<Vec<Price>> = stream::iter(responses).buffer_unordered(MAX_CONCURRENT).try_collect().await?;
        Ok(by_product(pages.into_iter().flatten()))
    }

    /// Creates a product with its first price in one request, so that no product is left without a price. Then creates
    /// the other prices. If a price can't be created, the product is deactivated; a retry of the same attempt activates
    /// it again and creates the missing prices.
    pub(super) async fn make_product(&self, new: &NewMerchantProduct) -> Result<MerchantProduct, ProviderError> {
        let NewMerchantProduct { name, description, prices, attempt } = new;
        let charged: Vec<NewMerchantPrice> = prices.iter().map(in_provider_units).collect::<Result<_, _>>()?;
        let mut create = CreateProduct::new(name);
        // Stripe rejects empty texts.
        if let Some(description) = description.as_deref().filter(|text| !text.trim().is_empty()) {
            create = create.description(description);
        }
        if let Some(first) = charged.first() {
            create = create.default_price_data(first_price(first));
        }
        let key = attempt.as_ref().map(|attempt| format!("dues-product-{attempt}"));
        let Product { id, name, description, default_price } =
            self.call_with_key(&create, key).await.map_err(to_provider_error)?;
        let id = read_id(id)?;
        // Without the first id, the ids below would be paired with the wrong prices.
        let first = match default_price {
            Some(price) => Some(read_id(price.id().to_owned())?),
            None if charged.is_empty() => None,
            None => return Err(ProviderError::Decode(NoPrice(id).into())),
        };
        let further = charged.get(1..).unwrap_or_default();
        let further = match self.add_prices(&id, further, attempt.as_deref()).await {
            Ok(ids) => ids,
            Err(refused) => {
                if let Err(error) = self.put_on_sale(&id, false).await {
                    tracing::warn!(
                        product = id,
                        error = &error as &dyn std::error::Error,
                        "failed to deactivate a product after the creation of its prices failed"
                    );
                }
                return Err(to_provider_error(refused));
            }
        };
        let further = further.into_iter().map(read_id).collect::<Result<Vec<_>, _>>()?;
        let prices =
            first.into_iter().chain(further).zip(prices).map(|(id, price)| to_created_price(id, price)).collect();
        Ok(MerchantProduct { id, name, description, prices })
    }

    async fn add_prices(
        &self,
        product: &str,
        further: &[NewMerchantPrice],
        attempt: Option<&str>,
    ) -> Result<Vec<String>, CallError> {
        if attempt.is_some() && !further.is_empty() {
            // A failed attempt may have deactivated the product.
            self.put_on_sale(product, true).await?;
        }
        let mut ids = Vec::new();
        for (number, price) in further.iter().enumerate() {
            let key = attempt.map(|attempt| format!("dues-price-{number}-{attempt}"));
            let Object { id } = self.call_with_key(&further_price(price, product), key).await?;
            ids.push(id);
        }
        Ok(ids)
    }

    async fn put_on_sale(&self, product: &str, is_sold: bool) -> Result<(), CallError> {
        self.call::<Object>(&UpdateProduct::new(product).active(is_sold)).await.map(|_| ())
    }
}

/// Converts a price's amount into Stripe's units.
fn in_provider_units(price: &NewMerchantPrice) -> Result<NewMerchantPrice, ProviderError> {
    let NewMerchantPrice { amount_minor, currency, interval } = price.clone();
    let amount_minor = to_provider_amount(amount_minor, &currency, Provider::Stripe)?;
    Ok(NewMerchantPrice { amount_minor, currency, interval })
}

/// Converts a requested price that was created under `id`.
fn to_created_price(id: String, price: &NewMerchantPrice) -> MerchantPrice {
    let NewMerchantPrice { amount_minor, currency, interval } = price.clone();
    MerchantPrice {
        id,
        amount_minor: Some(amount_minor),
        currency: currency.to_ascii_lowercase(),
        interval,
        interval_count: 1,
    }
}

/// Groups prices by product, oldest first, which is the order in which Dues creates them. `prices` is in the order of
/// Stripe's lists: newest first.
fn by_product(prices: impl IntoIterator<Item = Price>) -> Prices {
    let mut by_product = Prices::new();
    for price in prices {
        by_product.entry(price.product.id().to_owned()).or_default().insert(0, to_merchant_price(price));
    }
    by_product
}

fn to_merchant_price(price: Price) -> MerchantPrice {
    let interval_count =
        price.recurring.as_ref().and_then(|recurring| u32::try_from(recurring.interval_count).ok()).unwrap_or(1);
    MerchantPrice {
        id: price.id,
        amount_minor: price.unit_amount.map(|amount| from_provider_amount(amount, &price.currency, Provider::Stripe)),
        currency: price.currency,
        interval: price.recurring.map(|recurring| recurring.interval),
        interval_count,
    }
}

fn currency(code: &str) -> Currency {
    // Infallible: an unknown currency is passed on, for Stripe to reject.
    let Ok(currency) = code.to_ascii_lowercase().parse();
    currency
}

fn first_price(price: &NewMerchantPrice) -> CreateProductDefaultPriceData {
    let NewMerchantPrice { amount_minor, currency: code, interval } = price;
    let mut data = CreateProductDefaultPriceData::new(currency(code));
    data.unit_amount = Some(*amount_minor);
    data.recurring = interval.as_deref().map(|interval| {
        let Ok(interval) = interval.parse::<CreateProductDefaultPriceDataRecurringInterval>();
        CreateProductDefaultPriceDataRecurring::new(interval)
    });
    data
}

fn further_price(price: &NewMerchantPrice, product: &str) -> CreatePrice {
    let NewMerchantPrice { amount_minor, currency: code, interval } = price;
    let create = CreatePrice::new(currency(code)).product(product).unit_amount(*amount_minor);
    match interval.as_deref() {
        None => create,
        Some(interval) => {
            let Ok(interval) = interval.parse::<CreatePriceRecurringInterval>();
            create.recurring(CreatePriceRecurring::new(interval))
        }
    }
}
