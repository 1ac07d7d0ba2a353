//! Checkouts, found by the attempt's id.

use domain::money::Currency;
use serde_json::{Value, json};
use url::Url;

use super::{
    Polar, answer,
    answer::List,
    client::{ATTEMPTS, optional},
    customer::unknown_customer,
    is_object_id, money,
};
use crate::payment::{
    AnotherObject, Checkout, CheckoutProgress, CheckoutState, NewCheckout, ProviderError, bounded::backoff,
};

/// The metadata key with the checkout attempt, by which a checkout is found again. Polar copies the metadata to the
/// subscription.
pub(super) const ATTEMPT: &str = "attempt_id";
/// Maximum number of checkouts of a customer that are searched, newest first.
const MAX_SEARCHED: &str = "100";

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
        // Polar's pages follow the browser's language.
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
            locale: _,
        } = new;
        let product = self.product(plan, *cycle)?;
        if !is_object_id(customer) {
            return Err(unknown_customer());
        }
        let is_trial = *trial_days > 0;
        let mut body = json!({
            "products": [product],
            // Overrides a trial of the product at Polar, which would grant a tenant a second trial.
            "allow_trial": is_trial,
            "trial_interval": is_trial.then_some("day"),
            "trial_interval_count": is_trial.then_some(trial_days),
            "customer_id": customer,
            "success_url": success_url.replace("{CHECKOUT_SESSION_ID}", "{CHECKOUT_ID}"),
            "return_url": cancel_url,
            "metadata": { "tenant_id": tenant, ATTEMPT: attempt, "plan": plan, "cycle": cycle.as_str() },
        });
        if let (Some(seats), Some(fields)) = (seats, body.as_object_mut()) {
            fields.insert("seats".to_owned(), json!(seats));
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
                Err(error) => return Err(error.into()),
            }
        }
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
