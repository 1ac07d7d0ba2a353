//! What a checkout can be ordered with besides a plan and a cycle: a currency, a discount, a trial, metadata, and what
//! the installation's settings say.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::money::Currency;

/// Maximum number of metadata entries of an order. Stripe and Polar have room for 50 with those of Dues.
pub const METADATA_MAX_KEYS: usize = 20;
/// Maximum length of a metadata key, at Stripe and at Polar.
const KEY_MAX_CHARS: usize = 40;
/// Maximum length of a metadata value, at Stripe and at Polar.
const VALUE_MAX_CHARS: usize = 500;
/// Maximum length of a coupon's id and of a promotion code (Polar: 256; Stripe: 200 and 500).
const CODE_MAX_CHARS: usize = 200;
/// The metadata keys that Dues sets.
const RESERVED_KEYS: [&str; 7] = ["tenant_id", EXTERNAL_ID, "attempt_id", "plan", "cycle", "dues_plan", "dues_cycle"];
/// The metadata key of the tenant's id in the product.
pub const EXTERNAL_ID: &str = "external_id";

/// What hosted checkout pages offer or require, for all orders of an installation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CheckoutSettings {
    /// Whether customers can enter a promotion code.
    pub promotion_codes: bool,
    /// Whether the provider calculates and adds taxes. A provider that sells in its own name always does.
    pub automatic_tax: bool,
    /// Whether customers can enter their tax id.
    pub tax_ids: bool,
    pub billing_address: BillingAddress,
}

/// When customers enter their billing address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BillingAddress {
    /// Where the payment or the tax needs it.
    #[default]
    Auto,
    Required,
}

impl BillingAddress {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Required => "required",
        }
    }
}

/// The text is not the name of a way to collect billing addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a billing address is auto or required")]
pub struct UnknownBillingAddress;

impl std::str::FromStr for BillingAddress {
    type Err = UnknownBillingAddress;

    fn from_str(text: &str) -> Result<Self, UnknownBillingAddress> {
        [Self::Auto, Self::Required].into_iter().find(|way| way.as_str() == text).ok_or(UnknownBillingAddress)
    }
}

/// A discount on an order, as the provider knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckoutDiscount {
    /// The provider's id of a coupon (Stripe) or discount (Polar).
    Coupon(String),
    /// A code that customers know, or the provider's id of one.
    PromotionCode(String),
}

impl CheckoutDiscount {
    /// The name of the field of the API's request.
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Coupon(_) => "coupon",
            Self::PromotionCode(_) => "promotionCode",
        }
    }

    /// The id or the code.
    pub fn code(&self) -> &str {
        match self {
            Self::Coupon(code) | Self::PromotionCode(code) => code,
        }
    }
}

/// The options of an order. An attempt keeps them, so that a repeated call sends the same request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CheckoutOptions {
    /// The currency of the payment; `None` in an order for the tenant's.
    pub currency: Option<Currency>,
    pub discount: Option<CheckoutDiscount>,
    /// The length of the trial in days, instead of the plan's; 0 for no trial.
    pub trial_days: Option<u16>,
    /// The tag of the language of the provider's page (BCP 47); `None` for the language of the request.
    pub locale: Option<String>,
    /// Copied to the session and to the subscription at the provider.
    pub metadata: BTreeMap<String, String>,
    pub settings: CheckoutSettings,
}

/// Why options of an order are invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidOption {
    /// The name of the field of the API's request.
    pub field: &'static str,
    mistake: Mistake,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Mistake {
    Code,
    Metadata,
    ReservedKey(String),
}

impl fmt::Display for InvalidOption {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = self.field;
        match &self.mistake {
            Mistake::Code => {
                write!(out, "{field} must have 1 to {CODE_MAX_CHARS} characters, without spaces.")
            }
            Mistake::Metadata => write!(
                out,
                "{field} may have at most {METADATA_MAX_KEYS} keys of 1 to {KEY_MAX_CHARS} characters without brackets, and texts of at most {VALUE_MAX_CHARS} characters, without control characters."
            ),
            Mistake::ReservedKey(key) => write!(out, "{field} can't have {key}, which is set here."),
        }
    }
}

impl CheckoutOptions {
    /// Checks what callers choose freely: the discount's code and the metadata.
    pub fn check(&self) -> Result<(), InvalidOption> {
        if let Some(discount) = &self.discount
            && !is_code(discount.code())
        {
            return Err(InvalidOption { field: discount.field(), mistake: Mistake::Code });
        }
        let of_metadata = |mistake| InvalidOption { field: "metadata", mistake };
        if self.metadata.len() > METADATA_MAX_KEYS || !self.metadata.iter().all(is_entry) {
            return Err(of_metadata(Mistake::Metadata));
        }
        match self.metadata.keys().find(|key| RESERVED_KEYS.contains(&key.as_str())) {
            Some(key) => Err(of_metadata(Mistake::ReservedKey(key.clone()))),
            None => Ok(()),
        }
    }
}

fn is_code(text: &str) -> bool {
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control();
    (1..=CODE_MAX_CHARS).contains(&text.chars().count()) && text.chars().all(is_plain)
}

fn is_entry((key, value): (&String, &String)) -> bool {
    // Stripe writes nested fields with brackets.
    let is_key = |c: char| !c.is_control() && c != '[' && c != ']';
    (1..=KEY_MAX_CHARS).contains(&key.chars().count())
        && key.chars().all(is_key)
        && value.chars().count() <= VALUE_MAX_CHARS
        && !value.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn with_metadata(entries: impl IntoIterator<Item = (String, String)>) -> CheckoutOptions {
        CheckoutOptions { metadata: entries.into_iter().collect(), ..CheckoutOptions::default() }
    }

    fn entry(key: &str, value: &str) -> CheckoutOptions {
        with_metadata([(key.to_owned(), value.to_owned())])
    }

    #[rstest]
    #[case::plain(entry("order", "4711"), None)]
    #[case::empty_value(entry("order", ""), None)]
    #[case::longest(entry(&"k".repeat(40), &"v".repeat(500)), None)]
    #[case::long_key(entry(&"k".repeat(41), ""), Some("metadata may have at most"))]
    #[case::no_key(entry("", ""), Some("metadata may have at most"))]
    #[case::brackets(entry("a[b]", ""), Some("metadata may have at most"))]
    #[case::long_value(entry("order", &"v".repeat(501)), Some("metadata may have at most"))]
    #[case::control(entry("order", "a\nb"), Some("metadata may have at most"))]
    #[case::many(with_metadata((0..21).map(|at| (at.to_string(), String::new()))), Some("metadata may have at most"))]
    #[case::tenant(entry("tenant_id", "other"), Some("metadata can't have tenant_id"))]
    #[case::external(entry("external_id", "other"), Some("metadata can't have external_id"))]
    fn metadata_has_limits_and_never_replaces_what_dues_sets(
        #[case] options: CheckoutOptions,
        #[case] mistake: Option<&str>,
    ) {
        match (options.check(), mistake) {
            (Ok(()), None) => {}
            (Err(error), Some(mistake)) => assert!(error.to_string().starts_with(mistake), "{error}"),
            (checked, _) => panic!("{checked:?}"),
        }
    }

    #[rstest]
    #[case("SUMMER", true)]
    #[case("25.5% off", false)]
    #[case("", false)]
    #[case("a\u{7}b", false)]
    fn a_code_is_one_word(#[case] code: &str, #[case] is_valid: bool) {
        for discount in [CheckoutDiscount::Coupon(code.to_owned()), CheckoutDiscount::PromotionCode(code.to_owned())] {
            let field = discount.field();
            let options = CheckoutOptions { discount: Some(discount), ..CheckoutOptions::default() };
            assert_eq!(options.check().map_err(|error| error.field), if is_valid { Ok(()) } else { Err(field) });
        }
    }

    #[test]
    fn options_of_an_attempt_from_before_they_existed_are_the_defaults() {
        assert_eq!(serde_json::from_str::<CheckoutOptions>("{}").unwrap(), CheckoutOptions::default());
        let discount = Some(CheckoutDiscount::PromotionCode("SUMMER".to_owned()));
        let options = CheckoutOptions { discount, currency: Some(Currency::USD), ..CheckoutOptions::default() };
        let text = serde_json::to_string(&options).unwrap();
        assert_eq!(serde_json::from_str::<CheckoutOptions>(&text).unwrap(), options);
    }
}
