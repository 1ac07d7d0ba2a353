//! What hosted checkout pages offer or require.

use domain::subscription::checkout_options::CheckoutSettings;

use super::{SettingError, Settings};

const PROMOTION_CODES: &str = "CHECKOUT_PROMOTION_CODES";
const AUTOMATIC_TAX: &str = "CHECKOUT_AUTOMATIC_TAX";
const TAX_IDS: &str = "CHECKOUT_TAX_IDS";
const BILLING_ADDRESS: &str = "CHECKOUT_BILLING_ADDRESS";

pub(super) fn read(settings: &Settings) -> Result<CheckoutSettings, SettingError> {
    let is_on = |name: &str| Ok::<_, SettingError>(settings.one_of(name, &["0", "1"])? == "1");
    Ok(CheckoutSettings {
        promotion_codes: is_on(PROMOTION_CODES)?,
        automatic_tax: is_on(AUTOMATIC_TAX)?,
        tax_ids: is_on(TAX_IDS)?,
        billing_address: settings.parsed(BILLING_ADDRESS, "auto", "auto or required")?,
    })
}

/// The settings with their effective values.
pub(super) fn lines(checkout: CheckoutSettings) -> Vec<(&'static str, String)> {
    let CheckoutSettings { promotion_codes, automatic_tax, tax_ids, billing_address } = checkout;
    let bit = |is_on: bool| if is_on { "1" } else { "0" }.to_owned();
    vec![
        (PROMOTION_CODES, bit(promotion_codes)),
        (AUTOMATIC_TAX, bit(automatic_tax)),
        (TAX_IDS, bit(tax_ids)),
        (BILLING_ADDRESS, billing_address.as_str().to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use domain::subscription::checkout_options::BillingAddress;
    use rstest::rstest;

    use super::*;

    #[test]
    fn nothing_is_offered_or_required_without_settings() {
        assert_eq!(read(&Settings::of(&[])).unwrap(), CheckoutSettings::default());
    }

    #[test]
    fn each_setting_is_read_and_printed() {
        let pairs = [(PROMOTION_CODES, "1"), (AUTOMATIC_TAX, "1"), (TAX_IDS, "1"), (BILLING_ADDRESS, "required")];
        let checkout = read(&Settings::of(&pairs)).unwrap();
        assert!(checkout.promotion_codes && checkout.automatic_tax && checkout.tax_ids);
        assert_eq!(checkout.billing_address, BillingAddress::Required);
        let printed = lines(checkout);
        assert!(printed.iter().map(|(name, value)| (*name, &**value)).eq(pairs));
    }

    #[rstest]
    #[case(PROMOTION_CODES, "yes", "CHECKOUT_PROMOTION_CODES is wrong: it expects 0 or 1")]
    #[case(BILLING_ADDRESS, "always", "CHECKOUT_BILLING_ADDRESS is wrong: it expects auto or required")]
    fn other_values_are_refused(#[case] name: &str, #[case] value: &str, #[case] expected: &str) {
        assert_eq!(read(&Settings::of(&[(name, value)])).unwrap_err().to_string(), expected);
    }
}
