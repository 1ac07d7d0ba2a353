//! The options of a checkout, which both shapes of the request have.

use std::collections::BTreeMap;

use domain::{
    money::Currency,
    subscription::{
        checkout_options::{CheckoutDiscount, CheckoutOptions},
        trial,
    },
};

use crate::api::request::{
    body::{Fields, ReadFields},
    language::is_tag,
};

/// The fields, as read from a request.
#[derive(Debug)]
pub(super) struct OptionFields {
    pub coupon: Option<String>,
    pub promotion_code: Option<String>,
    pub currency: Option<Currency>,
    pub trial_days: Option<u16>,
    pub locale: Option<String>,
    pub metadata: Option<BTreeMap<String, String>>,
}

impl ReadFields for OptionFields {
    fn read(fields: &mut Fields) -> Self {
        let coupon = fields.optional_text("coupon");
        let promotion_code = fields.optional_text("promotionCode");
        if coupon.is_some() && promotion_code.is_some() {
            fields.note("promotionCode", "promotionCode can't be sent together with coupon.");
        }
        let locale = fields.optional_text("locale");
        if locale.as_ref().is_some_and(|tag| !is_tag(tag)) {
            fields.note("locale", "locale must be the tag of a language, as de or pt-BR.");
        }
        let trial_days = fields.optional_between("trialDays", 0, trial::MAX_DAYS.into());
        Self {
            coupon,
            promotion_code,
            currency: fields.optional_word("currency", "a code of ISO 4217, as USD"),
            trial_days: trial_days.and_then(|days| u16::try_from(days).ok()),
            locale,
            metadata: fields.optional_texts("metadata"),
        }
    }
}

impl OptionFields {
    /// Returns the options of the order, without the installation's settings.
    pub(super) fn options(self) -> CheckoutOptions {
        let Self { coupon, promotion_code, currency, trial_days, locale, metadata } = self;
        let coupon = coupon.map(CheckoutDiscount::Coupon);
        CheckoutOptions {
            currency,
            discount: coupon.or(promotion_code.map(CheckoutDiscount::PromotionCode)),
            trial_days,
            locale,
            metadata: metadata.unwrap_or_default(),
            ..CheckoutOptions::default()
        }
    }
}
