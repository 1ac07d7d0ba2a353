//! Checkouts, found by the attempt's id.

use std::collections::BTreeMap;

use domain::{
    money::Currency,
    subscription::checkout_options::{BillingAddress, CheckoutDiscount, CheckoutOptions},
};
use serde_json::{Value, json};
use url::Url;

use super::{
    Polar, answer,
    answer::List,
    client::{ATTEMPTS, CallError, optional},
    customer::unknown_customer,
    is_object_id, money,
};
use crate::payment::{
    AnotherObject, Checkout, CheckoutProgress, CheckoutState, NewCheckout, ProviderError, bounded::backoff,
    invalid_discount,
};

/// The metadata key with the checkout attempt, by which a checkout is found again. Polar copies the metadata to the
/// subscription.
pub(super) const ATTEMPT: &str = "attempt_id";
/// Maximum number of checkouts of a customer that are searched, newest first.
const MAX_SEARCHED: &str = "100";
/// Maximum number of pages of the organization's discounts that are searched for a code.
const MAX_DISCOUNT_PAGES: u64 = 10;

/// The languages of Polar's payment page.
const LANGUAGES: [&str; 11] = ["de", "en", "es", "fr", "hu", "it", "ko", "nl", "pt", "pt-PT", "sv"];

/// Why a checkout can't be decoded.
#[derive(Debug, thiserror::Error)]
enum InvalidCheckout {
    #[error("the checkout {0} has no URL")]
    NoUrl(String),
    #[error("Polar returned an invalid id")]
    Id,
    #[error("the checkout URL is invalid")]
    Url(#[from] url::ParseError),
    #[error("the checkout {id} has the unknown status {status:?}")]
    Status { id: String, status: String },
}

impl From<InvalidCheckout> for ProviderError {
    fn from(cause: InvalidCheckout) -> Self {
        Self::Decode(cause.into())
    }
}

impl Polar {
    /// Returns the attempt's checkout, and creates it if there is none.
    pub(super) async fn find_or_create_checkout(&self, new: &NewCheckout) -> Result<Checkout, ProviderError> {
        let NewCheckout {
            attempt,
            tenant,
            customer,
            plan,
            cycle,
            seats,
            success_url,
            cancel_url,
            trial_days,
            locale,
            options,
        } = new;
        let CheckoutOptions { currency, discount, trial_days: _, locale: _, metadata, settings } = options;
        let product = self.product(plan, *cycle)?;
        if !is_object_id(customer) {
            return Err(unknown_customer());
        }
        let is_trial = *trial_days > 0;
        let (tenant_id, attempt_id, plan_id) = (tenant.to_string(), attempt.to_string(), plan.to_string());
        // What Dues sets takes precedence.
        let own = [("tenant_id", &*tenant_id), (ATTEMPT, &*attempt_id), ("plan", &*plan_id), ("cycle", cycle.as_str())];
        let given = metadata.iter().map(|(key, value)| (&**key, &**value));
        let metadata: BTreeMap<&str, &str> = given.chain(own).collect();
        let mut body = json!({
            "products": [product],
            "currency": currency.map(|currency| currency.code().to_ascii_lowercase()),
            "discount_id": discount.as_ref().map(CheckoutDiscount::code),
            "allow_discount_codes": settings.promotion_codes,
            "require_billing_address": settings.billing_address == BillingAddress::Required,
            // Overrides a trial of the product at Polar, which would grant a tenant a second trial.
            "allow_trial": is_trial,
            "trial_interval": is_trial.then_some("day"),
            "trial_interval_count": is_trial.then_some(trial_days),
            "customer_id": customer,
            "success_url": success_url.replace("{CHECKOUT_SESSION_ID}", "{CHECKOUT_ID}"),
            "return_url": cancel_url,
            "metadata": metadata,
        });
        if let Some(fields) = body.as_object_mut() {
            fields.extend(seats.map(|seats| ("seats".to_owned(), json!(seats))));
            let language = locale.as_deref().and_then(known_language);
            fields.extend(language.map(|language| ("locale".to_owned(), json!(language))));
        }
        let mut tried = 0;
        loop {
            tried += 1;
            if let Some(found) = self.find_checkout(customer, attempt.as_str()).await? {
                return Ok(to_checkout(found, self.catalog.currency)?);
            }
            match self.client.create::<answer::Checkout>("checkouts/", &body).await {
                Ok(made) => return Ok(to_checkout(made, self.catalog.currency)?),
                // The outcome is unknown: the next look-up finds the checkout if it was created.
                Err(error) if tried < ATTEMPTS && error.is_retryable() => backoff(tried).await,
                Err(error) => return Err(refused(error, options)),
            }
        }
    }

    /// Returns a discount with its id. A coupon is the id and is not checked: the checkout's creation does.
    pub(super) async fn discount(&self, discount: &CheckoutDiscount) -> Result<CheckoutDiscount, ProviderError> {
        let code = match discount {
            CheckoutDiscount::PromotionCode(code) => code,
            CheckoutDiscount::Coupon(_) => return Ok(discount.clone()),
        };
        for page in 1..=MAX_DISCOUNT_PAGES {
            let number = page.to_string();
            let mut query = vec![("limit", MAX_SEARCHED), ("page", &*number)];
            query.extend(self.organization.as_deref().map(|organization| ("organization_id", organization)));
            let List { items, pagination } = self.client.get::<List<answer::Discount>>("discounts/", &query).await?;
            let is_it = |found: &answer::Discount| {
                let of_code = found.code.as_ref().is_some_and(|of| of.eq_ignore_ascii_case(code));
                (of_code || found.id == *code) && is_object_id(&found.id)
            };
            if let Some(found) = items.into_iter().find(is_it) {
                return Ok(CheckoutDiscount::PromotionCode(found.id));
            }
            if page >= pagination.max_page {
                break;
            }
        }
        Err(invalid_discount(discount, format!("Polar has no discount with the code {code}.")))
    }

    async fn find_checkout(&self, customer: &str, attempt: &str) -> Result<Option<answer::Checkout>, ProviderError> {
        let query = [("customer_id", customer), ("limit", MAX_SEARCHED), ("sorting", "-created_at")];
        let List { items, .. } = self.client.get::<List<answer::Checkout>>("checkouts/", &query).await?;
        let belongs = |checkout: &answer::Checkout| checkout.customer_id.as_deref().is_none_or(|of| of == customer);
        let is_it = |checkout: &answer::Checkout| {
            belongs(checkout) && checkout.metadata.get(ATTEMPT).and_then(Value::as_str) == Some(attempt)
        };
        Ok(items.into_iter().find(is_it))
    }

    pub(super) async fn checkout(&self, id: &str) -> Result<Option<CheckoutState>, ProviderError> {
        if !is_object_id(id) {
            return Ok(None);
        }
        let found = optional(self.client.get::<answer::Checkout>(&format!("checkouts/{id}"), &[]).await)?;
        let Some(found) = found else { return Ok(None) };
        if found.id != id {
            return Err(AnotherObject("checkout").into());
        }
        let answer::Checkout { id, status, customer_id, .. } = found;
        let customer_id = customer_id.filter(|id| is_object_id(id));
        let mut subscription = None;
        let progress = match status.as_str() {
            "open" => CheckoutProgress::Open,
            "expired" | "failed" => CheckoutProgress::Expired,
            "confirmed" => CheckoutProgress::Processing,
            "succeeded" => {
                // A checkout does not name its subscription, but a subscription names its checkout. Until the
                // subscription is found, the payment counts as processing.
                subscription = match &customer_id {
                    Some(customer) => self.subscription_of_checkout(customer, &id).await?,
                    None => None,
                };
                if subscription.is_some() { CheckoutProgress::Paid } else { CheckoutProgress::Processing }
            }
            _ => return Err(InvalidCheckout::Status { id, status }.into()),
        };
        Ok(Some(CheckoutState { session_id: id, progress, customer: customer_id, subscription }))
    }

    async fn subscription_of_checkout(&self, customer: &str, checkout: &str) -> Result<Option<String>, ProviderError> {
        let subscriptions = self.all_subscriptions(customer).await?;
        let is = |value: &Value, field: &str, id: &str| value.get(field).and_then(Value::as_str) == Some(id);
        let made = |value: &Value| is(value, "checkout_id", checkout) && is(value, "customer_id", customer);
        let id = subscriptions
            .iter()
            .find(|subscription| made(subscription))
            .and_then(|subscription| subscription.get("id")?.as_str());
        Ok(id.filter(|id| is_object_id(id)).map(str::to_owned))
    }
}

/// Returns Polar's name of a language: with the same tag, else without the region. `None` where Polar lacks it: its page
/// then follows the browser.
fn known_language(tag: &str) -> Option<&'static str> {
    let find = |wanted: &str| LANGUAGES.into_iter().find(|known| known.eq_ignore_ascii_case(wanted));
    find(tag).or_else(|| find(tag.split('-').next()?))
}

/// Converts the error of a checkout's creation. A refused discount is the caller's mistake.
fn refused(error: CallError, options: &CheckoutOptions) -> ProviderError {
    let is_about_discount = error.is_about("discount_id");
    match (ProviderError::from(error), &options.discount) {
        (ProviderError::Rejected { reason, .. }, Some(discount)) if is_about_discount => {
            invalid_discount(discount, reason)
        }
        (error, _) => error,
    }
}

fn to_checkout(checkout: answer::Checkout, sold_in: Currency) -> Result<Checkout, InvalidCheckout> {
    let answer::Checkout { id, url, total_amount, currency, .. } = checkout;
    if !is_object_id(&id) {
        return Err(InvalidCheckout::Id);
    }
    let url = url.ok_or_else(|| InvalidCheckout::NoUrl(id.clone()))?;
    let url: Url = url.parse()?;
    let currency = currency.as_deref().and_then(|currency| currency.parse().ok()).unwrap_or(sold_in);
    let amount_minor = total_amount.map(|total| money(total, currency).minor);
    Ok(Checkout { session_id: id, url, amount_minor })
}

#[cfg(test)]
mod tests {
    use super::known_language;

    #[test]
    fn only_languages_that_polar_knows_are_sent() {
        for (tag, expected) in [
            ("de", Some("de")),
            ("de-AT", Some("de")),
            ("pt-pt", Some("pt-PT")),
            ("pt-BR", Some("pt")),
            ("ar-XB", None),
        ] {
            assert_eq!(known_language(tag), expected, "{tag}");
        }
    }
}
