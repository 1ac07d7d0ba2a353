//! The prices of plans and of their seats, each with its amounts in all currencies.

use std::collections::HashMap;

use domain::{
    catalog::{Cycle, Plan},
    money::{self, Money},
    subscription::Provider,
};
use stripe_product::price::{
    CreatePrice, CreatePriceCurrencyOptions, CreatePriceRecurring, CreatePriceRecurringInterval, ListPrice,
    UpdatePrice, UpdatePriceCurrencyOptions,
};
use stripe_types::Currency;

use super::part::{key_of, metadata_of, name_of};
use crate::payment::{
    ProviderError,
    price_map::{PricePart, SoldPrice},
    stripe::{
        Stripe,
        answer::{self, List, Object},
        client::CallError,
        subscription::{PART_METADATA, PLAN_METADATA, SEAT},
    },
    unchargeable,
};

impl Stripe {
    pub(super) async fn ensure_price(
        &self,
        plan: &Plan,
        product: &str,
        sold: &SoldPrice,
        (amount, others): (Money, HashMap<Currency, i64>),
        done: &mut Vec<String>,
    ) -> Result<String, ProviderError> {
        let (cycle, part) = (sold.cycle, sold.part);
        let currency = amount.currency.code().to_ascii_lowercase();
        let lookup_key = format!("{}_{}_{}_{currency}", key_of(part), plan.id, cycle.as_str());
        let list = ListPrice::new().lookup_keys(vec![lookup_key.clone()]).active(true).limit(1);
        let list = if others.is_empty() { list } else { list.expand(["data.currency_options".to_owned()]) };
        let found: List<answer::Price> = self.call(&list, None).await?;
        let found = found.data.into_iter().next();
        let label = format!("{} by the {}, {}", name_of(plan, part), cycle.unit(), amount.exact());
        let unit_amount = amount.to_provider_amount(Provider::Stripe).map_err(unchargeable)?;
        let fits = |price: &&answer::Price| {
            fits(price, product, sold, unit_amount, &currency)
                && others.iter().all(|(other, amount)| {
                    price.unit_amount_in(&other.to_string()).is_none_or(|existing| existing == *amount)
                })
        };
        if let Some(price) = found.as_ref().filter(fits) {
            let new = others.iter().filter(|(other, _)| price.unit_amount_in(&other.to_string()).is_none());
            let new: HashMap<Currency, UpdatePriceCurrencyOptions> = new
                .map(|(other, amount)| {
                    let mut option = UpdatePriceCurrencyOptions::new();
                    option.unit_amount = Some(*amount);
                    (other.clone(), option)
                })
                .collect();
            if new.is_empty() {
                done.push(format!("Found the price {} for {label}.", price.id));
            } else {
                done.push(format!("Added {} to the price {} for {label}.", codes(new.keys()), price.id));
                self.call::<Object>(&UpdatePrice::new(&*price.id).currency_options(new), None).await?;
            }
            return Ok(price.id.clone());
        }
        let interval = match cycle {
            Cycle::Monthly => CreatePriceRecurringInterval::Month,
            Cycle::Yearly => CreatePriceRecurringInterval::Year,
        };
        let Ok(currency) = currency.parse::<Currency>();
        let options = others.into_iter().map(|(other, amount)| {
            let mut option = CreatePriceCurrencyOptions::new();
            option.unit_amount = Some(amount);
            (other, option)
        });
        let options: HashMap<Currency, CreatePriceCurrencyOptions> = options.collect();
        let create = CreatePrice::new(currency)
            .product(product)
            .unit_amount(unit_amount)
            .recurring(CreatePriceRecurring::new(interval))
            .lookup_key(lookup_key)
            .transfer_lookup_key(true)
            .metadata(metadata_of(&plan.id, part));
        let create = if options.is_empty() { create } else { create.currency_options(options) };
        let Object { id } = self.call(&create, None).await?;
        done.push(format!("Made the price {id} for {label}."));
        if let Some(former) = found {
            let retired = self.call::<Object>(&UpdatePrice::new(&*former.id).active(false), None).await;
            done.push(match retired {
                Ok(_) => format!("Retired the price {}, which it replaces.", former.id),
                Err(CallError::Refused(_)) => {
                    format!("The price {}, which it replaces, is in use elsewhere and was left as it is.", former.id)
                }
                Err(error) => return Err(error.into()),
            });
        }
        Ok(id)
    }
}

/// Returns the prices in the plan's currencies other than that of `amount`, as Stripe's amounts.
pub(super) fn other_currencies(
    plan: &Plan,
    amount: Money,
    price_in: impl Fn(money::Currency) -> Option<Money>,
) -> Result<HashMap<Currency, i64>, ProviderError> {
    let others = plan.currencies().into_iter().filter(|currency| *currency != amount.currency);
    let prices = others.filter_map(price_in);
    let prices = prices.map(|price| {
        let Ok(currency) = price.currency.code().to_ascii_lowercase().parse::<Currency>();
        Ok((currency, price.to_provider_amount(Provider::Stripe).map_err(unchargeable)?))
    });
    prices.collect()
}

/// Lists currencies in the order of their codes, as "CHF, EUR".
fn codes<'a>(currencies: impl Iterator<Item = &'a Currency>) -> String {
    let mut codes: Vec<_> = currencies.map(|currency| currency.to_string().to_ascii_uppercase()).collect();
    codes.sort_unstable();
    codes.join(", ")
}

fn fits(price: &answer::Price, product: &str, sold: &SoldPrice, unit_amount: i64, currency: &str) -> bool {
    let SoldPrice { cycle, part, .. } = sold;
    let recurs = price
        .recurring
        .as_ref()
        .is_some_and(|recurring| recurring.interval == cycle.unit() && recurring.interval_count == 1);
    price.product.id() == product
        && recurs
        && price.unit_amount == Some(unit_amount)
        && price.currency == currency
        && price.metadata(PLAN_METADATA).is_some()
        && (price.metadata(PART_METADATA) == Some(SEAT)) == (*part == PricePart::Seat)
}
