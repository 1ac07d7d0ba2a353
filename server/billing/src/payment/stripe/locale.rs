//! The languages of Stripe's hosted pages (Stripe: `locale`).

use stripe_billing::BillingPortalSessionLocale;
use stripe_checkout::CheckoutSessionLocale;

/// The languages that both Checkout and the portal have.
const LOCALES: [&str; 40] = [
    "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA", "hr", "hu", "id",
    "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sl", "sv", "th",
    "tr", "vi", "zh", "zh-HK", "zh-TW",
];
/// Stripe follows the browser.
const AUTO: &str = "auto";

/// Returns Stripe's name of a language: with the same tag, else without the region; [`AUTO`] where Stripe lacks it.
fn known(tag: &str) -> &'static str {
    let find = |wanted: &str| LOCALES.into_iter().find(|known| known.eq_ignore_ascii_case(wanted));
    let primary = tag.split('-').next().unwrap_or_default();
    find(tag).or_else(|| find(primary)).unwrap_or(AUTO)
}

pub(super) fn checkout_locale(tag: &str) -> CheckoutSessionLocale {
    let Ok(locale) = known(tag).parse();
    locale
}

pub(super) fn portal_locale(tag: &str) -> BillingPortalSessionLocale {
    let Ok(locale) = known(tag).parse();
    locale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_languages_that_stripe_knows_are_sent() {
        for (tag, expected) in
            [("de", "de"), ("de-AT", "de"), ("PT-br", "pt-BR"), ("pt-PT", "pt"), ("en-XA", "en"), ("ar-XB", "auto")]
        {
            assert_eq!((checkout_locale(tag).as_str(), portal_locale(tag).as_str()), (expected, expected), "{tag}");
        }
        for tag in LOCALES {
            assert!(!matches!(checkout_locale(tag), CheckoutSessionLocale::Unknown(_)), "{tag}");
            assert!(!matches!(portal_locale(tag), BillingPortalSessionLocale::Unknown(_)), "{tag}");
        }
    }
}
