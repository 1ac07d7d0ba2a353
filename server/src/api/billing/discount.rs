//! A discount of a tenant's subscription, as answers have it.

use domain::{
    money::Money,
    subscription::{Discount, Off},
    time::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SubscriptionDiscount)]
#[serde(rename_all = "camelCase")]
pub struct DiscountBody {
    /// The promotion code, else the name of the coupon; `null` without either.
    #[schema(required = true)]
    name: Option<String>,
    /// In percent; left out for an amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent_off: Option<f64>,
    /// In minor units; left out for a percentage.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_off: Option<i64>,
    /// The currency of `amountOff`: ISO 4217, upper case.
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'static str>,
    /// `null` where it has no end or the provider does not report it.
    #[schema(format = DateTime, required = true)]
    until: Option<String>,
}

impl From<Discount> for DiscountBody {
    fn from(discount: Discount) -> Self {
        let Discount { name, off, until } = discount;
        let (percent_off, amount) = match off {
            Off::Percent(hundredths) => (Some(f64::from(hundredths) / 100.0), None),
            Off::Amount(amount) => (None, Some(amount)),
        };
        let until = until.map(Timestamp::rfc3339_secs);
        let (amount_off, currency) = match amount {
            Some(Money { minor, currency }) => (Some(minor), Some(currency.code())),
            None => (None, None),
        };
        Self { name, percent_off, amount_off, currency, until }
    }
}
