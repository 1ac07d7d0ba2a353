//! Validation of requests before they reach a provider.

use domain::account::Email;

use crate::{
    payment::merchant::{INTERVALS, NewMerchantCheckout, NewMerchantPrice, NewMerchantProduct},
    service::{FieldErrors, ServiceError, base::address::ascii_url},
};

const NAME_MAX_CHARS: usize = 200;
const TEXT_MAX_CHARS: usize = 2000;
const MAX_PRICES: usize = 10;
/// Maximum price at either provider, in minor units: eight digits, so just under a million dollars.
const MAX_PRICE_MINOR: i64 = 99_999_999;
const URL_MAX_BYTES: usize = 2048;

pub(super) fn product(new: &NewMerchantProduct) -> Result<(), ServiceError> {
    let NewMerchantProduct { name, description, prices, attempt: _ } = new;
    let mut errors = FieldErrors::new();
    if name.trim().is_empty() || name.chars().count() > NAME_MAX_CHARS || name.chars().any(char::is_control) {
        errors.insert("name", format!("name must have 1 to {NAME_MAX_CHARS} characters, on one line."));
    }
    if description.as_ref().is_some_and(|text| text.chars().count() > TEXT_MAX_CHARS) {
        errors.insert("description", format!("description may have at most {TEXT_MAX_CHARS} characters."));
    }
    if prices.is_empty() || prices.len() > MAX_PRICES {
        errors.insert("prices", format!("prices must be a list of 1 to {MAX_PRICES} prices."));
    } else if !prices.iter().all(is_price) {
        let message = format!(
            "Each of prices has an amount of 0 to {MAX_PRICE_MINOR} in minor units, a currency as usd, and an interval: {}, or \
             null for what is paid once.",
            INTERVALS.join(", ")
        );
        errors.insert("prices", message);
    }
    if errors.is_empty() { Ok(()) } else { Err(ServiceError::invalid(errors)) }
}

fn is_price(price: &NewMerchantPrice) -> bool {
    let NewMerchantPrice { amount_minor, currency, interval } = price;
    (0..=MAX_PRICE_MINOR).contains(amount_minor)
        && currency.len() == 3
        && currency.bytes().all(|byte| byte.is_ascii_alphabetic())
        && interval.as_ref().is_none_or(|interval| INTERVALS.contains(&interval.as_str()))
}

/// Validates a checkout and returns it with its e-mail address normalized.
pub(super) fn checkout(new: &NewMerchantCheckout) -> Result<NewMerchantCheckout, ServiceError> {
    let NewMerchantCheckout { price, customer_email, success_url, cancel_url } = new;
    let email = customer_email.as_ref().map(|email| email.parse::<Email>()).transpose();
    let mut errors = FieldErrors::new();
    if price.trim().is_empty() || price.len() > NAME_MAX_CHARS {
        errors.insert("productPriceId", "productPriceId must be the id of a price, or of its product.".to_owned());
    }
    if email.is_err() {
        errors.insert("customerEmail", "customerEmail must be an e-mail address.".to_owned());
    }
    let mut address = |name: &'static str, url: &str| {
        return_url(url).unwrap_or_else(|| {
            errors.insert(name, format!("{name} must be an https address, without a user or password."));
            String::new()
        })
    };
    let success_url = address("successUrl", success_url);
    let cancel_url = cancel_url.as_ref().map(|url| address("cancelUrl", url));
    match email {
        Ok(email) if errors.is_empty() => {
            let customer_email = email.map(String::from);
            Ok(NewMerchantCheckout { price: price.clone(), customer_email, success_url, cancel_url })
        }
        _ => Err(ServiceError::invalid(errors)),
    }
}

/// Returns a validated return URL; `None` unless it is https without credentials. Any host is allowed.
fn return_url(text: &str) -> Option<String> {
    let (address, url) = ascii_url(text)?;
    let is_bare = url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
    (is_bare && address.len() <= URL_MAX_BYTES).then_some(address)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("https://yourapp.com/success?x={CHECKOUT_ID}", true)]
    #[case("https://yourapp.com/zurück", true)]
    #[case("http://yourapp.com/success", false)]
    #[case("https://ada:secret@yourapp.com/", false)]
    #[case("javascript:alert(1)", false)]
    #[case("https://yourapp.com/a b", false)]
    #[case("yourapp.com", false)]
    fn customers_return_to_any_https_address(#[case] text: &str, #[case] is_taken: bool) {
        assert_eq!(return_url(text).is_some(), is_taken);
    }

    #[test]
    fn the_email_address_is_passed_on_normalized() {
        let order = |email: &str| NewMerchantCheckout {
            price: "price_1".to_owned(),
            customer_email: Some(email.to_owned()),
            success_url: "https://yourapp.com/success".to_owned(),
            cancel_url: None,
        };
        let passed_on = |email: &str| checkout(&order(email)).map(|order| order.customer_email.unwrap());
        for text in ["a@b.co", "a@b.co\n", " A@b.co\t"] {
            assert_eq!(passed_on(text).unwrap(), "a@b.co");
        }
        assert_eq!(passed_on("a@b\n.co").unwrap_err().code(), "validation_error");
    }
}
