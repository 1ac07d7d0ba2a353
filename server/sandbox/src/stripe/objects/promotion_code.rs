//! Stripe: "The Promotion Code object", a code by which customers redeem a coupon.

use domain::{money::Currency, time::Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Metadata, Resource, secs};
use crate::storage::Transaction;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PromotionCode {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    /// What customers enter, in any case.
    pub(crate) code: String,
    pub(crate) coupon: String,
    pub(crate) active: bool,
    /// The only customer that may redeem the code.
    pub(crate) customer: Option<String>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) max_redemptions: Option<u32>,
    pub(crate) times_redeemed: u32,
    /// Whether only customers without earlier payments may redeem the code.
    pub(crate) first_time_transaction: bool,
    /// The smallest amounts of a purchase, by currency. The first is the code's own; the others are options.
    pub(crate) minimum_amounts: Vec<(Currency, i64)>,
    pub(crate) metadata: Metadata,
}

impl PromotionCode {
    /// The active promotion code with this text that `customer` enters: the customer's own before others. Case does not
    /// matter.
    pub(crate) fn by_code(tx: &Transaction<'_>, code: &str, customer: Option<&str>) -> Option<Self> {
        let all = tx.all::<Self>().filter(|other| other.active && other.code.eq_ignore_ascii_case(code));
        let found = all.max_by_key(|found| found.customer.as_deref() == customer);
        found.map(|found| Self::clone(found))
    }

    /// Whether an active promotion code other than `except` has the text already: one for all customers, or for the same
    /// customer. Codes for different customers may have the same text.
    pub(crate) fn is_taken(tx: &Transaction<'_>, code: &str, customer: Option<&str>, except: Option<&str>) -> bool {
        let is_for_same = |other: &Self| match (other.customer.as_deref(), customer) {
            (Some(other), Some(customer)) => other == customer,
            (None, _) | (_, None) => true,
        };
        tx.all::<Self>().any(|other| {
            other.active
                && Some(other.id.as_str()) != except
                && other.code.eq_ignore_ascii_case(code)
                && is_for_same(other)
        })
    }

    /// Whether the code, apart from its coupon, can still be redeemed.
    pub(crate) fn is_redeemable(&self, now: Timestamp) -> bool {
        self.active
            && self.expires_at.is_none_or(|at| now < at)
            && self.max_redemptions.is_none_or(|most| self.times_redeemed < most)
    }

    /// The smallest amount of a purchase in `currency`. `None` if every amount will do.
    pub(crate) fn minimum_in(&self, currency: &str) -> Option<i64> {
        let of = self.minimum_amounts.iter().find(|(of, _)| of.code().eq_ignore_ascii_case(currency));
        of.map(|(_, amount)| *amount)
    }

    /// `restrictions.currency_options`, which a response includes only if expanded.
    pub(crate) fn currency_options_json(&self) -> Value {
        let options = self
            .minimum_amounts
            .iter()
            .map(|(currency, amount)| (currency.code().to_ascii_lowercase(), json!({ "minimum_amount": amount })));
        Value::Object(options.collect())
    }
}

impl Resource for PromotionCode {
    const WHAT: &'static str = "promotion code";

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, tx: &Transaction<'_>) -> Value {
        let minimum = self.minimum_amounts.first();
        json!({
            "id": self.id,
            "object": "promotion_code",
            "active": self.active && self.expires_at.is_none_or(|at| tx.now < at),
            "code": self.code,
            "created": self.created.as_secs(),
            "customer": self.customer,
            "customer_account": null,
            "expires_at": secs(self.expires_at),
            "livemode": false,
            "max_redemptions": self.max_redemptions,
            "metadata": self.metadata,
            "promotion": { "coupon": self.coupon, "type": "coupon" },
            "restrictions": {
                "first_time_transaction": self.first_time_transaction,
                "minimum_amount": minimum.map(|(_, amount)| *amount),
                "minimum_amount_currency": minimum.map(|(currency, _)| currency.code().to_ascii_lowercase()),
            },
            "times_redeemed": self.times_redeemed,
        })
    }
}
