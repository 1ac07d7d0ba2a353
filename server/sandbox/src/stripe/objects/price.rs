//! Stripe: "The Price object", and the older "Plan" that subscription items still include.

use std::sync::Arc;

use domain::{
    money::{Currency, Money},
    subscription::Provider,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Metadata, Resource, product::Product};
use crate::{billing::interval::Recurring, storage::Transaction, stripe::json_parts::with};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Price {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) active: bool,
    pub(crate) currency: Currency,
    /// Zero for a price with tiers.
    pub(crate) unit_amount: i64,
    pub(crate) product: String,
    pub(crate) recurring: Option<Recurring>,
    pub(crate) nickname: Option<String>,
    pub(crate) lookup_key: Option<String>,
    pub(crate) tax_behavior: String,
    pub(crate) metadata: Metadata,
    #[serde(default)]
    pub(crate) tiers: Option<Tiers>,
    #[serde(default)]
    pub(crate) transform_quantity: Option<TransformQuantity>,
    /// Whether usage is billed afterwards instead of a quantity in advance. The sandbox records no usage.
    #[serde(default)]
    pub(crate) metered: bool,
    /// The price in other currencies.
    #[serde(default)]
    pub(crate) currency_options: Vec<CurrencyOption>,
}

/// What a price is in another currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CurrencyOption {
    pub(crate) currency: Currency,
    pub(crate) unit_amount: i64,
    pub(crate) tiers: Option<Tiers>,
    pub(crate) tax_behavior: String,
}

/// Stripe: `tiers` and `tiers_mode`. The last tier has no end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tiers {
    pub(crate) mode: TiersMode,
    pub(crate) tiers: Vec<Tier>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TiersMode {
    /// Each unit has the price of the tier that it falls in.
    Graduated,
    /// All units have the price of the tier that the last one falls in.
    Volume,
}

choices!(TiersMode { Graduated = "graduated", Volume = "volume" });

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tier {
    pub(crate) up_to: Option<u64>,
    pub(crate) unit_amount: Option<i64>,
    pub(crate) flat_amount: Option<i64>,
}

/// Stripe: `transform_quantity`, which bills packages of `divide_by` units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TransformQuantity {
    pub(crate) divide_by: u64,
    pub(crate) round_up: bool,
}

impl TransformQuantity {
    fn packages(self, quantity: u64) -> u64 {
        let divide_by = self.divide_by.max(1);
        if self.round_up { quantity.div_ceil(divide_by) } else { quantity / divide_by }
    }

    fn json(self) -> Value {
        json!({ "divide_by": self.divide_by, "round": if self.round_up { "up" } else { "down" } })
    }
}

impl Tier {
    /// The amount for a number of units in this tier.
    fn amount(self, units: u64) -> i64 {
        let units = i64::try_from(units).unwrap_or(i64::MAX);
        self.unit_amount.unwrap_or(0).saturating_mul(units).saturating_add(self.flat_amount.unwrap_or(0))
    }

    fn json(&self) -> Value {
        json!({
            "flat_amount": self.flat_amount,
            "flat_amount_decimal": self.flat_amount.map(|amount| amount.to_string()),
            "unit_amount": self.unit_amount,
            "unit_amount_decimal": self.unit_amount.map(|amount| amount.to_string()),
            "up_to": self.up_to,
        })
    }
}

impl Tiers {
    /// The amount for `quantity` units in minor units. As at Stripe, the first tier's flat amount applies to zero units.
    pub(crate) fn amount(&self, quantity: u64) -> i64 {
        let holds = |tier: &Tier| tier.up_to.is_none_or(|up_to| quantity <= up_to);
        match self.mode {
            TiersMode::Volume => self.tiers.iter().find(|tier| holds(tier)).map_or(0, |tier| tier.amount(quantity)),
            TiersMode::Graduated => {
                let mut sum: i64 = 0;
                let mut from = 0;
                for (at, tier) in self.tiers.iter().enumerate() {
                    if at > 0 && quantity <= from {
                        break;
                    }
                    let to = tier.up_to.map_or(quantity, |up_to| up_to.min(quantity));
                    sum = sum.saturating_add(tier.amount(to.saturating_sub(from)));
                    from = tier.up_to.unwrap_or(u64::MAX);
                }
                sum
            }
        }
    }

    pub(crate) fn json(&self) -> Value {
        self.tiers.iter().map(Tier::json).collect()
    }
}

/// Converts an amount from Stripe's minor units.
pub(crate) fn money(amount: i64, currency: Currency) -> Money {
    Money::from_provider_amount(amount, currency, Provider::Stripe)
}

impl CurrencyOption {
    fn json(&self) -> Value {
        let amount = self.tiers.is_none().then_some(self.unit_amount);
        let option = json!({
            "custom_unit_amount": null,
            "tax_behavior": self.tax_behavior,
            "unit_amount": amount,
            "unit_amount_decimal": amount.map(|amount| amount.to_string()),
        });
        match &self.tiers {
            Some(tiers) => with(option, "tiers", tiers.json()),
            None => option,
        }
    }
}

impl Price {
    /// The currency code in lower case, as Stripe writes it.
    pub(crate) fn currency_code(&self) -> String {
        self.currency.code().to_ascii_lowercase()
    }

    pub(crate) fn money(&self, quantity: u64) -> Money {
        money(self.amount(quantity), self.currency)
    }

    /// The nearest amount that can be charged in the price's currency. Halves are rounded up.
    pub(crate) fn chargeable(&self, amount: i64) -> i64 {
        let step = self.currency.charge_step_at(Provider::Stripe);
        (amount + step / 2).div_euclid(step) * step
    }

    /// The amount of a period for `quantity`, in Stripe's minor units. Zero for a metered price, as without usage.
    pub(crate) fn amount(&self, quantity: u64) -> i64 {
        if self.metered {
            return 0;
        }
        if let Some(tiers) = &self.tiers {
            return tiers.amount(quantity);
        }
        let units = self.transform_quantity.map_or(quantity, |transform| transform.packages(quantity));
        self.unit_amount.saturating_mul(i64::try_from(units).unwrap_or(i64::MAX))
    }

    /// Whether tax is part of the amount, and not added to it.
    pub(crate) fn includes_tax(&self) -> bool {
        self.tax_behavior == "inclusive"
    }

    /// The currencies in which the price is sold.
    pub(crate) fn currencies(&self) -> impl Iterator<Item = Currency> {
        std::iter::once(self.currency).chain(self.currency_options.iter().map(|option| option.currency))
    }

    /// The price as it is in `currency`. `None` if it is not sold in it.
    pub(crate) fn sold_in(self: &Arc<Self>, currency: &str) -> Option<Arc<Self>> {
        if self.currency.code().eq_ignore_ascii_case(currency) {
            return Some(Arc::clone(self));
        }
        let option =
            self.currency_options.iter().find(|option| option.currency.code().eq_ignore_ascii_case(currency))?;
        let CurrencyOption { currency, unit_amount, tiers, tax_behavior } = option.clone();
        Some(Arc::new(Self { currency, unit_amount, tax_behavior, tiers, ..Self::clone(self) }))
    }

    fn billing_scheme(&self) -> &'static str {
        if self.tiers.is_some() { "tiered" } else { "per_unit" }
    }

    fn usage_type(&self) -> &'static str {
        if self.metered { "metered" } else { "licensed" }
    }

    /// The amount of a unit. `None` for a price with tiers.
    fn shown_unit_amount(&self) -> Option<i64> {
        self.tiers.is_none().then_some(self.unit_amount)
    }

    /// `tiers`, which a response includes only if expanded. `None` for a price without tiers.
    pub(crate) fn tiers_json(&self) -> Option<Value> {
        self.tiers.as_ref().map(Tiers::json)
    }

    /// `currency_options`, which a response includes only if expanded. It contains the price's own currency.
    pub(crate) fn currency_options_json(&self) -> Value {
        let own = CurrencyOption {
            currency: self.currency,
            unit_amount: self.unit_amount,
            tiers: self.tiers.clone(),
            tax_behavior: self.tax_behavior.clone(),
        };
        let all = std::iter::once(&own).chain(&self.currency_options);
        let options = all.map(|option| (option.currency.code().to_ascii_lowercase(), option.json()));
        Value::Object(options.collect())
    }

    pub(crate) fn product_name(&self, tx: &Transaction<'_>) -> String {
        tx.get::<Product>(&self.product).map_or_else(|| self.product.clone(), |product| product.name.clone())
    }

    /// The price as the "Plan" of API versions before 2018.
    pub(crate) fn plan_json(&self) -> Value {
        let recurring = self.recurring;
        json!({
            "id": self.id,
            "object": "plan",
            "active": self.active,
            "amount": self.shown_unit_amount(),
            "amount_decimal": self.shown_unit_amount().map(|amount| amount.to_string()),
            "billing_scheme": self.billing_scheme(),
            "created": self.created.as_secs(),
            "currency": self.currency_code(),
            "interval": recurring.map(|recurring| recurring.interval),
            "interval_count": recurring.map(|recurring| recurring.count),
            "livemode": false,
            "metadata": self.metadata,
            "meter": null,
            "nickname": self.nickname,
            "product": self.product,
            "tiers_mode": self.tiers.as_ref().map(|tiers| tiers.mode),
            "transform_usage": self.transform_quantity.map(TransformQuantity::json),
            "trial_period_days": null,
            "usage_type": self.usage_type(),
        })
    }
}

impl Resource for Price {
    const WHAT: &'static str = "price";

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, _unit: &Transaction<'_>) -> Value {
        json!({
            "id": self.id,
            "object": "price",
            "active": self.active,
            "billing_scheme": self.billing_scheme(),
            "created": self.created.as_secs(),
            "currency": self.currency_code(),
            "custom_unit_amount": null,
            "livemode": false,
            "lookup_key": self.lookup_key,
            "metadata": self.metadata,
            "nickname": self.nickname,
            "product": self.product,
            "recurring": self.recurring.map(|recurring| json!({
                "interval": recurring.interval,
                "interval_count": recurring.count,
                "meter": null,
                "trial_period_days": null,
                "usage_type": self.usage_type(),
            })),
            "tax_behavior": self.tax_behavior,
            "tiers_mode": self.tiers.as_ref().map(|tiers| tiers.mode),
            "transform_quantity": self.transform_quantity.map(TransformQuantity::json),
            "type": if self.recurring.is_some() { "recurring" } else { "one_time" },
            "unit_amount": self.shown_unit_amount(),
            "unit_amount_decimal": self.shown_unit_amount().map(|amount| amount.to_string()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiers(mode: TiersMode) -> Tiers {
        let tier = |up_to, unit, flat| Tier { up_to, unit_amount: unit, flat_amount: flat };
        Tiers {
            mode,
            tiers: vec![
                tier(Some(5), Some(1000), Some(500)),
                tier(Some(10), Some(800), None),
                tier(None, Some(600), Some(100)),
            ],
        }
    }

    #[test]
    fn graduated_tiers_price_each_unit_by_its_tier() {
        let amounts = [0, 1, 5, 6, 10, 11].map(|quantity| tiers(TiersMode::Graduated).amount(quantity));
        assert_eq!(amounts, [500, 1500, 5500, 6300, 9500, 10_200]);
    }

    #[test]
    fn volume_tiers_price_all_units_by_the_last_ones_tier() {
        let amounts = [0, 5, 6, 11].map(|quantity| tiers(TiersMode::Volume).amount(quantity));
        assert_eq!(amounts, [500, 5500, 4800, 6700]);
    }

    #[test]
    fn packages_are_rounded_as_the_price_says() {
        let packages =
            |round_up| [0, 9, 10, 11].map(|quantity| TransformQuantity { divide_by: 10, round_up }.packages(quantity));
        assert_eq!((packages(true), packages(false)), ([0, 1, 1, 2], [0, 0, 1, 1]));
    }
}
