//! Stripe: "The Coupon object" and "The Discount object".

use domain::{money::Currency, time::Timestamp};
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
}

impl Discount {
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "discount",
            "checkout_session": null,
            "customer": self.customer,
            "customer_account": null,
            "end": secs(self.end),
            "invoice": null,
            "invoice_item": null,
            "promotion_code": null,
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

impl Off {
    /// The discount on `amount`, at most `amount`. Zero for a fixed discount in another currency.
    pub(crate) fn taken_off(self, amount: i64, currency: &str) -> i64 {
        match self {
            Self::Percent(hundredths) => {
                let twice = 2 * i128::from(amount) * i128::from(hundredths) + 10_000;
                i64::try_from(twice.div_euclid(20_000)).unwrap_or(amount).min(amount)
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

    fn json(&self, _unit: &Transaction<'_>) -> Value {
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
            "max_redemptions": null,
            "metadata": self.metadata,
            "name": self.name,
            "percent_off": percent,
            "redeem_by": null,
            "times_redeemed": self.times_redeemed,
            "valid": true,
        })
    }
}
