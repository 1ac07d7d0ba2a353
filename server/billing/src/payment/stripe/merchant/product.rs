//! Products with their prices, which are objects of their own at Stripe.

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

use super::{StripeMerchant, WHOLE_PAGE, answer::Product, told};
use crate::payment::{
    ProviderError,
    merchant::{
        MerchantPrice, MerchantProduct, NewMerchantPrice, NewMerchantProduct, Page, PageWish, charged_amount,
        told_amount,
    },
    stripe::{
        answer::{Object, Page as Listed, Price},
        client::CallError,
        read_id,
    },
};

/// So many products are asked about at once, where their prices fill more than a page.
const AT_ONCE: usize = 8;

#[derive(Debug, thiserror::Error)]
#[error("the product {0} was made with a price and is answered without one")]
struct NoPrice(String);

type Prices = HashMap<String, Vec<MerchantPrice>>;

impl StripeMerchant {
    pub(super) async fn products(&self, wish: &PageWish) -> Result<Page<MerchantProduct>, ProviderError> {
        let listed = self.list::<Product, _>(wish, |limit, after| {
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

    /// What each costs. Most accounts have their prices on one page; else each product is asked for its own.
    async fn prices(&self, products: &[Product]) -> Result<Prices, ProviderError> {
        if products.is_empty() {
            return Ok(Prices::new());
        }
        let all = ListPrice::new().active(true).limit(WHOLE_PAGE);
        let Listed { data, has_more } = self.ask::<Listed<Price>>(&all).await.map_err(told)?;
        if !has_more {
            return Ok(by_product(data.readable));
        }
        let own = |product: &Product| ListPrice::new().product(&*product.id).active(true).limit(WHOLE_PAGE);
        let requests: Vec<ListPrice> = products.iter().map(own).collect();
        let asking = requests.into_iter().map(|own| async move {
            self.ask::<Listed<Price>>(&own).await.map(|page| page.data.readable).map_err(told)
        });
        let pages: Vec<Vec<Price>> = stream::iter(asking).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(by_product(pages.into_iter().flatten()))
    }

    /// With its first price in one call, so that no product is left without one. Where a further price can't be made the product
    /// is taken out of sale again; the same attempt then goes on with the same product.
    pub(super) async fn make_product(&self, new: &NewMerchantProduct) -> Result<MerchantProduct, ProviderError> {
        let NewMerchantProduct { name, description, prices, attempt } = new;
        let charged: Vec<NewMerchantPrice> = prices.iter().map(charged).collect::<Result<_, _>>()?;
        let mut create = CreateProduct::new(name);
        // Stripe takes no empty texts.
        if let Some(description) = description.as_deref().filter(|text| !text.trim().is_empty()) {
            create = create.description(description);
        }
        if let Some(first) = charged.first() {
            create = create.default_price_data(first_price(first));
        }
        let key = attempt.as_ref().map(|attempt| format!("dues-product-{attempt}"));
        let Product { id, name, description, default_price } = self.ask_under(&create, key).await.map_err(told)?;
        let id = read_id(id)?;
        // Without it, the others would be taken for the first.
        let first = match default_price {
            Some(price) => Some(read_id(price.id().to_owned())?),
            None if charged.is_empty() => None,
            None => return Err(ProviderError::Decode(NoPrice(id).into())),
        };
        let further = charged.get(1..).unwrap_or_default();
        let further = match self.add_prices(&id, further, attempt.as_deref()).await {
            Ok(made) => made,
            Err(refused) => {
                if let Err(error) = self.put_on_sale(&id, false).await {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "a product without all of its prices is left"
                    );
                }
                return Err(told(refused));
            }
        };
        let further = further.into_iter().map(read_id).collect::<Result<Vec<_>, _>>()?;
        let prices = first.into_iter().chain(further).zip(prices).map(|(id, price)| made(id, price)).collect();
        Ok(MerchantProduct { id, name, description, prices })
    }

    async fn add_prices(
        &self,
        product: &str,
        further: &[NewMerchantPrice],
        attempt: Option<&str>,
    ) -> Result<Vec<String>, CallError> {
        if attempt.is_some() && !further.is_empty() {
            // When it was asked for before, and failed, it is out of sale.
            self.put_on_sale(product, true).await?;
        }
        let mut ids = Vec::new();
        for (number, price) in further.iter().enumerate() {
            let key = attempt.map(|attempt| format!("dues-price-{number}-{attempt}"));
            let Object { id } = self.ask_under(&further_price(price, product), key).await?;
            ids.push(id);
        }
        Ok(ids)
    }

    async fn put_on_sale(&self, product: &str, is_sold: bool) -> Result<(), CallError> {
        self.ask::<Object>(&UpdateProduct::new(product).active(is_sold)).await.map(|_| ())
    }
}

/// In Stripe's units.
fn charged(price: &NewMerchantPrice) -> Result<NewMerchantPrice, ProviderError> {
    let NewMerchantPrice { amount_minor, currency, interval } = price.clone();
    let amount_minor = charged_amount(amount_minor, &currency, Provider::Stripe)?;
    Ok(NewMerchantPrice { amount_minor, currency, interval })
}

/// It is as it was asked for.
fn made(id: String, price: &NewMerchantPrice) -> MerchantPrice {
    let NewMerchantPrice { amount_minor, currency, interval } = price.clone();
    MerchantPrice {
        id,
        amount_minor: Some(amount_minor),
        currency: currency.to_ascii_lowercase(),
        interval,
        interval_count: 1,
    }
}

/// Oldest first, as they were given; Stripe lists the newest first.
fn by_product(prices: impl IntoIterator<Item = Price>) -> Prices {
    let mut sorted = Prices::new();
    for price in prices {
        sorted.entry(price.product.id().to_owned()).or_default().insert(0, understand(price));
    }
    sorted
}

fn understand(price: Price) -> MerchantPrice {
    let interval_count =
        price.recurring.as_ref().and_then(|recurring| u32::try_from(recurring.interval_count).ok()).unwrap_or(1);
    MerchantPrice {
        id: price.id,
        amount_minor: price.unit_amount.map(|amount| told_amount(amount, &price.currency, Provider::Stripe)),
        currency: price.currency,
        interval: price.recurring.map(|recurring| recurring.interval),
        interval_count,
    }
}

fn currency(code: &str) -> Currency {
    // One that the client does not know is Stripe's to refuse.
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
