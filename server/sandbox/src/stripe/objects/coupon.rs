//! Stripe: "The Coupon object" and "The Discount object".

use domain::{money::Currency, subscription::Provider, time::Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Metadata, Resource, secs};
use crate::{storage::Transaction, stripe::json_parts::with};

/// How long a redeemed coupon applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CouponDuration {
    /// Applies to the first invoice only.
    Once,
    Repeating,
    Forever,
}

choices!(CouponDuration { Once = "once", Repeating = "repeating", Forever = "forever" });

/// The amount of a discount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Off {
    /// Hundredths of a percent.
    Percent(u32),
    Amount(i64, Currency),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Coupon {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) name: Option<String>,
    pub(crate) off: Off,
    pub(crate) duration: CouponDuration,
    pub(crate) months: Option<u32>,
    pub(crate) times_redeemed: u32,
    pub(crate) metadata: Metadata,
    /// How often the coupon can be redeemed. `None` for any number of times.
    #[serde(default)]
    pub(crate) max_redemptions: Option<u32>,
    #[serde(default)]
    pub(crate) redeem_by: Option<Timestamp>,
    /// The amounts in other currencies, of a coupon with an amount.
    #[serde(default)]
    pub(crate) currency_options: Vec<(Currency, i64)>,
    /// The products that the coupon applies to. Empty for all products.
    #[serde(default)]
    pub(crate) products: Vec<String>,
}

/// A coupon that was redeemed on a customer or a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Discount {
    pub(crate) id: String,
    pub(crate) coupon: String,
    pub(crate) off: Off,
    pub(crate) duration: CouponDuration,
    pub(crate) start: Timestamp,
    pub(crate) end: Option<Timestamp>,
    pub(crate) customer: String,
    pub(crate) subscription: Option<String>,
    /// The promotion code that was entered to redeem the coupon.
    #[serde(default)]
    pub(crate) promotion_code: Option<String>,
    #[serde(default)]
    pub(crate) checkout_session: Option<String>,
    /// The products that the discount applies to. Empty for all products.
    #[serde(default)]
    pub(crate) products: Vec<String>,
}

impl Coupon {
    /// Whether the coupon can still be redeemed.
    pub(crate) fn is_valid(&self, now: Timestamp) -> bool {
        self.max_redemptions.is_none_or(|most| self.times_redeemed < most) && self.redeem_by.is_none_or(|by| now <= by)
    }

    /// The amount of the discount for a subscription in `currency`.
    pub(crate) fn off_in(&self, currency: Option<&str>) -> Off {
        let asked = currency.and_then(|code| {
            self.currency_options.iter().find(|(currency, _)| currency.code().eq_ignore_ascii_case(code))
        });
        asked.map_or(self.off, |(currency, amount)| Off::Amount(*amount, *currency))
    }

    /// `currency_options`, which a response includes only if expanded. It contains the coupon's own currency.
    pub(crate) fn currency_options_json(&self) -> Value {
        let own = match self.off {
            Off::Amount(amount, currency) => Some((currency, amount)),
            Off::Percent(_) => None,
        };
        let all = own.into_iter().chain(self.currency_options.iter().copied());
        let options =
            all.map(|(currency, amount)| (currency.code().to_ascii_lowercase(), json!({ "amount_off": amount })));
        Value::Object(options.collect())
    }
}

impl Discount {
    /// Whether the discount has not ended at an instant.
    pub(crate) fn is_in_effect(&self, at: Timestamp) -> bool {
        self.end.is_none_or(|end| at < end)
    }

    /// Whether the discount applies to a line about `product`.
    pub(crate) fn covers(&self, product: &str) -> bool {
        self.products.is_empty() || self.products.iter().any(|covered| covered == product)
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "discount",
            "checkout_session": self.checkout_session,
            "customer": self.customer,
            "customer_account": null,
            "end": secs(self.end),
            "invoice": null,
            "invoice_item": null,
            "promotion_code": self.promotion_code,
            "source": { "coupon": self.coupon, "type": "coupon" },
            "start": self.start.as_secs(),
            "subscription": self.subscription,
            "subscription_item": null,
        })
    }

    /// The response to the discount's removal.
    pub(crate) fn deleted_json(&self) -> Value {
        with(self.json(), "deleted", true)
    }
}

/// The step of amounts that can be charged in a currency.
fn charge_step(currency: &str) -> i64 {
    currency.parse::<Currency>().map_or(1, |currency| currency.charge_step_at(Provider::Stripe))
}

impl Off {
    /// The discount on `amount`, at most `amount`. Zero for a fixed discount in another currency.
    pub(crate) fn taken_off(self, amount: i64, currency: &str) -> i64 {
        match self {
            Self::Percent(hundredths) => {
                let step = charge_step(currency);
                let whole = 20_000 * i128::from(step);
                let twice = 2 * i128::from(amount) * i128::from(hundredths) + whole / 2;
                i64::try_from(twice.div_euclid(whole)).map_or(amount, |steps| steps * step).min(amount)
            }
            Self::Amount(off, of) if of.code().eq_ignore_ascii_case(currency) => off.min(amount),
            Self::Amount(..) => 0,
        }
    }

    /// The discount on each of several amounts. A fixed discount is applied to them in order until it is used up.
    pub(crate) fn spread_over(self, amounts: &[i64], currency: &str) -> Vec<i64> {
        let mut left = match self {
            Self::Amount(off, _) => off,
            Self::Percent(_) => i64::MAX,
        };
        let each = amounts.iter().map(|amount| {
            let taken_off = self.taken_off((*amount).max(0), currency).min(left);
            left = left.saturating_sub(taken_off);
            taken_off
        });
        each.collect()
    }
}

impl Resource for Coupon {
    const WHAT: &'static str = "coupon";

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, tx: &Transaction<'_>) -> Value {
        let (percent, amount, currency) = match self.off {
            Off::Percent(hundredths) => (Some(f64::from(hundredths) / 100.0), None, None),
            Off::Amount(amount, currency) => (None, Some(amount), Some(currency.code().to_ascii_lowercase())),
        };
        json!({
            "id": self.id,
            "object": "coupon",
            "amount_off": amount,
            "created": self.created.as_secs(),
            "currency": currency,
            "duration": self.duration,
            "duration_in_months": self.months,
            "livemode": false,
            "max_redemptions": self.max_redemptions,
            "metadata": self.metadata,
            "name": self.name,
            "percent_off": percent,
            "redeem_by": secs(self.redeem_by),
            "times_redeemed": self.times_redeemed,
            "valid": self.is_valid(tx.now),
        })
    }
}
