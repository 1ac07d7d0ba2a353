//! Stripe: "The Price object", and the older "Plan" that subscription items still include.

use domain::{
    money::{Currency, Money},
    subscription::Provider,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Metadata, Resource, product::Product};
use crate::{billing::interval::Recurring, storage::Transaction};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Price {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) active: bool,
    pub(crate) currency: Currency,
    pub(crate) unit_amount: i64,
    pub(crate) product: String,
    pub(crate) recurring: Option<Recurring>,
    pub(crate) nickname: Option<String>,
    pub(crate) lookup_key: Option<String>,
    pub(crate) tax_behavior: String,
    pub(crate) metadata: Metadata,
}

/// Converts an amount from Stripe's minor units.
pub(crate) fn money(amount: i64, currency: Currency) -> Money {
    Money::from_provider_amount(amount, currency, Provider::Stripe)
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

    /// The amount for `quantity`, in Stripe's minor units.
    pub(crate) fn amount(&self, quantity: u64) -> i64 {
        self.unit_amount.saturating_mul(i64::try_from(quantity).unwrap_or(i64::MAX))
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
            "amount": self.unit_amount,
            "amount_decimal": self.unit_amount.to_string(),
            "billing_scheme": "per_unit",
            "created": self.created.as_secs(),
            "currency": self.currency_code(),
            "interval": recurring.map(|recurring| recurring.interval),
            "interval_count": recurring.map(|recurring| recurring.count),
            "livemode": false,
            "metadata": self.metadata,
            "meter": null,
            "nickname": self.nickname,
            "product": self.product,
            "tiers_mode": null,
            "transform_usage": null,
            "trial_period_days": null,
            "usage_type": "licensed",
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
            "billing_scheme": "per_unit",
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
                "usage_type": "licensed",
            })),
            "tax_behavior": self.tax_behavior,
            "tiers_mode": null,
            "transform_quantity": null,
            "type": if self.recurring.is_some() { "recurring" } else { "one_time" },
            "unit_amount": self.unit_amount,
            "unit_amount_decimal": self.unit_amount.to_string(),
        })
    }
}
