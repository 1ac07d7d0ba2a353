//! Products with their prices, which are objects of their own at Stripe.

use std::collections::HashMap;

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
    merchant::{MerchantPrice, MerchantProduct, NewMerchantPrice, NewMerchantProduct, Page, PageWish},
    stripe::answer::{List, Object, Price},
};

/// So many products are asked about at once, where their prices fill more than a page.
const AT_ONCE: usize = 8;

type Prices = HashMap<String, Vec<MerchantPrice>>;

impl StripeMerchant {
    pub(super) async fn products(&self, wish: &PageWish) -> Result<Page<MerchantProduct>, ProviderError> {
        let listed = self.list(
            wish,
            |it: &Product| &it.id,
            |limit, after| {
                let request = ListProduct::new().active(true).limit(limit);
                match after {
                    Some(after) => request.starting_after(after),
                    None => request,
                }
            },
        );
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
        let List { data, has_more } = self.ask::<List<Price>>(&all).await.map_err(told)?;
        if !has_more {
            return Ok(by_product(data));
        }
        let own = |product: &Product| ListPrice::new().product(&*product.id).active(true).limit(WHOLE_PAGE);
        let requests: Vec<ListPrice> = products.iter().map(own).collect();
        let asking = requests
            .into_iter()
            .map(|own| async move { self.ask::<List<Price>>(&own).await.map(|page| page.data).map_err(told) });
        let pages: Vec<Vec<Price>> = stream::iter(asking).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(by_product(pages.into_iter().flatten()))
    }

    /// With its first price in one call, so that no product is left without one. A further price that is refused takes the
    /// product out of sale again.
    pub(super) async fn make_product(&self, new: &NewMerchantProduct) -> Result<MerchantProduct, ProviderError> {
        let NewMerchantProduct { name, description, prices } = new;
        let mut create = CreateProduct::new(name);
        // Stripe takes no empty texts.
        if let Some(description) = description.as_deref().filter(|text| !text.trim().is_empty()) {
            create = create.description(description);
        }
        if let Some(first) = prices.first() {
            create = create.default_price_data(first_price(first));
        }
        let made: Product = self.ask(&create).await.map_err(told)?;
        for price in prices.iter().skip(1) {
            if let Err(refused) = self.ask::<Object>(&further_price(price, &made.id)).await.map_err(told) {
                let retired = self.ask::<Object>(&UpdateProduct::new(&*made.id).active(false)).await;
                if let Err(error) = retired {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "a product without all of its prices is left"
                    );
                }
                return Err(refused);
            }
        }
        let own = ListPrice::new().product(&*made.id).active(true).limit(WHOLE_PAGE);
        let List { data, .. } = self.ask::<List<Price>>(&own).await.map_err(told)?;
        let prices = by_product(data).remove(&made.id).unwrap_or_default();
        let Product { id, name, description, default_price: _ } = made;
        Ok(MerchantProduct { id, name, description, prices })
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
        amount_minor: price.unit_amount,
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
