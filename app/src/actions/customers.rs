//! Actions on the workspace's own customers, through its account at a provider.

use ::billing::{
    payment::merchant::{CancellationTiming, INTERVALS, NewMerchantCheckout, NewMerchantPrice, NewMerchantProduct},
    service::{FieldErrors, ServiceError, base::permission::Merchant},
};
use domain::{
    money::{Currency, Money},
    subscription::Provider,
};
use leptos::prelude::*;
use locales::Locale;

use crate::{
    actions::{once::once, redirect_with_error, signed_in, signed_in_with},
    request::{draft::Draft, local_path::with_query, redirect, shown_once::Recipient},
};

const PRODUCTS: &str = "/settings/customers/products";
const SUBSCRIPTIONS: &str = "/settings/customers/subscriptions";
/// Draft field with the provider's reason for a rejection. Kept out of the query because it is free text.
pub(crate) const REFUSAL: &str = "refusal";
/// Draft field with the URL of the checkout that was just created.
pub(crate) const LINK: &str = "link";
/// Form value of the cycle for a one-time price.
pub(crate) const PAID_ONCE: &str = "once";
const ID_MAX_CHARS: usize = 255;

/// Creates a product with one price.
#[server(prefix = "/rpc", endpoint = "create-product")]
pub(crate) async fn create_product(
    #[server(default)] provider: String,
    #[server(default)] key: String,
    #[server(default)] name: String,
    #[server(default)] description: String,
    #[server(default)] price: String,
    #[server(default)] currency: String,
    #[server(default)] cycle: String,
) -> Result<(), ServerFnError> {
    let at = provider.parse::<Provider>().ok();
    let written = [
        ("name", &*name),
        ("description", &*description),
        ("price", &*price),
        ("currency", &*currency),
        ("cycle", &*cycle),
    ];
    let Some((services, viewer)) = signed_in_with(&Draft::of(written)) else { return Ok(()) };
    let content = [&*provider, &*name, &*description, &*price, &*currency, &*cycle];
    let made = async {
        let merchant = Merchant::admin(&viewer)?;
        let mut new = NewMerchantProduct {
            name: name.trim().to_owned(),
            description: Some(description.trim().to_owned()).filter(|text| !text.is_empty()),
            prices: vec![priced(&price, &currency, &cycle)?],
            attempt: None,
        };
        let (services, merchant) = (&services, &merchant);
        let work = |attempt| async move {
            new.attempt = attempt;
            services.white_label().create_product(merchant, at, &new).await.map(|made| made.id)
        };
        once(services, Recipient::workspace(&viewer), "create-product", &key, &content, work).await
    };
    match made.await {
        Ok(_) => say(PRODUCTS, at, "made"),
        Err(error) => back(PRODUCTS, at, Vec::new(), &error.with_field_name("prices", "price"), &written),
    }
    Ok(())
}

/// Creates a checkout; the page then shows its URL.
#[server(prefix = "/rpc", endpoint = "create-checkout-link")]
pub(crate) async fn create_checkout_link(
    #[server(default)] provider: String,
    #[server(default)] key: String,
    #[server(default)] price: String,
    #[server(default)] customer_email: String,
    #[server(default)] success_url: String,
    #[server(default)] cancel_url: String,
) -> Result<(), ServerFnError> {
    let at = provider.parse::<Provider>().ok();
    let written = [("customer_email", &*customer_email), ("success_url", &*success_url), ("cancel_url", &*cancel_url)];
    let Some((services, viewer)) = signed_in_with(&Draft::of(written)) else { return Ok(()) };
    let content = [&*provider, &*price, &*customer_email, &*success_url, &*cancel_url];
    let begun = async {
        let merchant = Merchant::admin(&viewer)?;
        let if_written = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let new = NewMerchantCheckout {
            price: price.clone(),
            customer_email: if_written(&customer_email),
            success_url: success_url.trim().to_owned(),
            cancel_url: if_written(&cancel_url),
        };
        let (services, merchant, new) = (&services, &merchant, &new);
        let work = |_| async move {
            services.white_label().create_merchant_checkout(merchant, at, new).await.map(|begun| begun.url.into())
        };
        once(services, Recipient::workspace(&viewer), "create-checkout-link", &key, &content, work).await
    };
    match begun.await {
        Ok(url) => {
            Draft::of([(LINK, url.as_str())]).keep();
            say(PRODUCTS, at, "link");
        }
        Err(error) => {
            let error = error
                .with_field_name("productPriceId", "sell")
                .with_field_name("customerEmail", "customer_email")
                .with_field_name("successUrl", "success_url")
                .with_field_name("cancelUrl", "cancel_url");
            let sold = price.chars().take(ID_MAX_CHARS).collect();
            back(PRODUCTS, at, vec![("sell", sold)], &error, &written);
        }
    }
    Ok(())
}

/// Cancels a customer's subscription, at the end of its period or now. Idempotent.
#[server(prefix = "/rpc", endpoint = "end-customer-subscription")]
pub(crate) async fn end_customer_subscription(
    #[server(default)] provider: String,
    #[server(default)] subscription: String,
    #[server(default)] when: String,
) -> Result<(), ServerFnError> {
    let Some((services, viewer)) = signed_in() else { return Ok(()) };
    let at = provider.parse::<Provider>().ok();
    let (end, code) = if when == "now" {
        (CancellationTiming::Immediately, "ended")
    } else {
        (CancellationTiming::AtPeriodEnd, "ending")
    };
    let ended = async {
        services.white_label().end_merchant_subscription(&Merchant::admin(&viewer)?, at, &subscription, end).await
    };
    match ended.await {
        Ok(_) => say(SUBSCRIPTIONS, at, code),
        Err(error) => back(SUBSCRIPTIONS, at, Vec::new(), &error, &[]),
    }
    Ok(())
}

/// Parses the form's price, currency and cycle.
fn priced(price: &str, currency: &str, cycle: &str) -> Result<NewMerchantPrice, ServiceError> {
    let mut wrong = FieldErrors::new();
    let known: Option<Currency> = currency.trim().parse().ok();
    if known.is_none() {
        wrong.insert("currency", "currency must be a code as USD.".to_owned());
    }
    let amount = Money::parse_typed(&Locale::current().typed(price), known.unwrap_or(Currency::USD));
    if amount.is_none() {
        wrong.insert("price", "price must be an amount as 29.00.".to_owned());
    }
    if cycle != PAID_ONCE && !INTERVALS.contains(&cycle) {
        wrong.insert("cycle", format!("cycle must be {PAID_ONCE} or one of {}.", INTERVALS.join(", ")));
    }
    match amount {
        Some(amount) if wrong.is_empty() => Ok(NewMerchantPrice {
            amount_minor: amount.minor,
            currency: amount.currency.code().to_ascii_lowercase(),
            interval: (cycle != PAID_ONCE).then(|| cycle.to_owned()),
        }),
        _ => Err(ServiceError::invalid(wrong)),
    }
}

fn of_account(at: Option<Provider>) -> Option<(&'static str, String)> {
    at.map(|provider| ("provider", provider.as_str().to_owned()))
}

fn say(path: &str, at: Option<Provider>, code: &str) {
    let account = of_account(at);
    let account = account.as_ref().map(|(name, provider)| (*name, provider.as_str()));
    let pairs: Vec<_> = account.into_iter().chain([("code", code)]).collect();
    redirect(&with_query(path, &pairs));
}

/// Redirects back to the form with its input and the provider's reason.
fn back(
    path: &str,
    at: Option<Provider>,
    mut pairs: Vec<(&str, String)>,
    error: &ServiceError,
    written: &[(&str, &str)],
) {
    let reason = match error {
        ServiceError::ProviderRejected { reason, .. } => Some((REFUSAL, reason.as_str())),
        _ => None,
    };
    Draft::of(reason.into_iter().chain(written.iter().copied())).keep();
    pairs.extend(of_account(at));
    redirect_with_error(path, pairs, error);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_cycle_is_an_error_of_the_cycle_field() {
        for cycle in ["", "fortnight", "Month"] {
            let Err(ServiceError::Validation { fields, .. }) = priced("29", "usd", cycle) else { panic!("{cycle}") };
            assert_eq!(fields.into_keys().collect::<Vec<_>>(), ["cycle"]);
        }
    }

    #[test]
    fn a_price_is_parsed_in_its_currency() {
        let read = |price, currency, cycle| {
            priced(price, currency, cycle).map(|price| (price.amount_minor, price.currency, price.interval))
        };
        let usd = || "usd".to_owned();
        assert_eq!(read("29", "USD", "month").unwrap(), (2900, usd(), Some("month".to_owned())));
        assert_eq!(read("29.50", "usd", PAID_ONCE).unwrap(), (2950, usd(), None));
        assert_eq!(read("500", "jpy", "year").unwrap().0, 500);
        for (price, currency) in [("", "usd"), ("29.505", "usd"), ("29", "dollars"), ("-1", "usd")] {
            assert!(
                matches!(read(price, currency, "month"), Err(ServiceError::Validation { .. })),
                "{price} {currency}"
            );
        }
    }
}
