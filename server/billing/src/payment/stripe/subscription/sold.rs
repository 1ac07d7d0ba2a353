//! What prices sell, with the products and the amounts that decide it.

use std::collections::BTreeSet;

use domain::{catalog::Cycle, ids::PlanId};
use stripe_product::{price::RetrievePrice, product::ListProduct};

use super::{
    PAGE,
    items::{self, ClassifiedItems, Products, best_ranked, buys_plan, sold_by},
    read::NextPrice,
};
use crate::payment::{
    ProviderError,
    price_map::{PricePart, SoldPrice},
    stripe::{
        Stripe,
        answer::{self, Item, Page, Price},
        client::optional,
        is_object_id,
    },
};

/// Maximum number of items whose amounts in another currency are fetched: a subscription has at most 20 (Stripe:
/// "Subscriptions with multiple products").
const MAX_PRICED: usize = 20;

impl Stripe {
    /// Fetches the amounts of the items' prices in other currencies, if the subscription is paid in one of them. Stripe
    /// does not expand them in a list of subscriptions.
    pub(super) async fn fetch_currency_options(&self, of: &mut answer::Subscription) -> Result<(), ProviderError> {
        let Some(currency) = of.currency.clone() else { return Ok(()) };
        let is_unknown = |item: &&Item| {
            let price = &item.price;
            !price.currency.eq_ignore_ascii_case(&currency)
                && price.currency_options.is_none()
                && is_object_id(&price.id)
        };
        // A metered item has no quantity, and so no single amount.
        let counted = of.items.data.iter().filter(|item| item.quantity.is_some());
        let unknown: Vec<_> =
            counted.filter(is_unknown).take(MAX_PRICED).map(|item| (item.id.clone(), item.price.id.clone())).collect();
        for (item, id) in unknown {
            let request = RetrievePrice::new(&*id).expand(["currency_options".to_owned()]);
            let options = match self.call::<Price>(&request, None).await.map_err(ProviderError::from) {
                Ok(found) if found.id == id => found.currency_options,
                Err(error @ ProviderError::Unavailable(_)) => return Err(error),
                // Any other answer is ignored: without the amount, the price of the subscription is unknown.
                Ok(_) | Err(_) => None,
            };
            if let Some(of) = of.items.data.iter_mut().find(|of| of.id == item) {
                of.price.currency_options = options;
            }
        }
        Ok(())
    }

    /// Returns the products of all items but the plan's. They have the items' names, and their metadata may make an item
    /// the plan. No call for a subscription whose only item is sold by the price map or by the price's metadata.
    pub(in crate::payment::stripe) async fn products_beside_plan(
        &self,
        of: &answer::Subscription,
    ) -> Result<Products, ProviderError> {
        let Ok(ClassifiedItems { others, .. }) = self.classify_items(of, &Products::new()) else {
            return Ok(Products::new());
        };
        let products: BTreeSet<&str> = others.iter().map(|item| item.price.product.id()).collect();
        self.products(products).await
    }

    /// Fetches products in one call, at most [`PAGE`]. An error of Stripe's about them returns none: without products,
    /// items are described by their price's nickname or id.
    async fn products(&self, ids: BTreeSet<&str>) -> Result<Products, ProviderError> {
        if ids.is_empty() {
            return Ok(Products::new());
        }
        let ids: Vec<String> = ids.into_iter().map(str::to_owned).collect();
        let listed: Result<Page<answer::Product>, _> = self.call(&ListProduct::new().ids(ids).limit(PAGE), None).await;
        match listed.map_err(ProviderError::from) {
            Ok(page) => Ok(page.data.readable.into_iter().map(|product| (product.id.clone(), product)).collect()),
            Err(error @ ProviderError::Unavailable(_)) => Err(error),
            Err(_) => Ok(Products::new()),
        }
    }

    /// Returns the best-ranked plan that these prices sell.
    pub(in crate::payment::stripe) async fn best_plan_of(
        &self,
        prices: &[String],
    ) -> Result<Option<(PlanId, Cycle)>, ProviderError> {
        let prices: Vec<_> = prices.iter().map(|id| NextPrice { id: id.clone(), quantity: 1 }).collect();
        Ok(self.bought_by(&prices).await?.0)
    }

    /// Returns the best-ranked plan that these prices sell, and how many seats of it in all; `None` for a plan without
    /// seats.
    pub(super) async fn bought_by(
        &self,
        prices: &[NextPrice],
    ) -> Result<(Option<(PlanId, Cycle)>, Option<u64>), ProviderError> {
        let mut all: Vec<(SoldPrice, u64)> = Vec::new();
        for NextPrice { id, quantity } in prices {
            all.extend(self.sold_at(id).await?.map(|sold| (sold, *quantity)));
        }
        let plans = all.iter().filter(|(sold, _)| buys_plan(sold, &self.catalog)).map(|(sold, _)| (sold.clone(), ()));
        let Some((SoldPrice { plan, cycle, .. }, ())) = best_ranked(plans, &self.catalog) else {
            return Ok((None, None));
        };
        let included = self.catalog.plan(plan.as_str()).and_then(|plan| plan.seats.as_ref()).map(|sold| sold.included);
        let paid = all.iter().filter(|(sold, _)| sold.plan == plan && sold.part == PricePart::Seat);
        let seats = included.map(|included| paid.fold(included, |sum, (_, quantity)| sum.saturating_add(*quantity)));
        Ok((Some((plan, cycle)), seats))
    }

    /// Returns what a price sells. Fetches the price only if it is not in the price map, and its product only if the
    /// price names no plan.
    async fn sold_at(&self, price: &str) -> Result<Option<SoldPrice>, ProviderError> {
        if let Some(sold) = self.prices.sold_by(price) {
            return Ok(Some(items::of_seats(sold.clone(), &self.catalog)));
        }
        if !is_object_id(price) {
            return Ok(None);
        }
        let found: Option<Price> = match optional(self.call(&RetrievePrice::new(price), None).await) {
            // A price that can't be read sells nothing.
            Err(ProviderError::Decode(_)) => None,
            found => found?,
        };
        let Some(found) = found.filter(|found| found.id == price) else { return Ok(None) };
        if let Some(sold) = sold_by(&found, &Products::new(), &self.prices, &self.catalog) {
            return Ok(Some(sold));
        }
        let products = self.products(BTreeSet::from([found.product.id()])).await?;
        Ok(sold_by(&found, &products, &self.prices, &self.catalog))
    }
}
