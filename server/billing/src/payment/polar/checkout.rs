//! Checkouts, found by the attempt's id.

use domain::money::Currency;
use serde_json::{Value, json};
use url::Url;

use super::{
    Polar, answer,
    answer::List,
    client::{attempts, if_known, pause},
    customer::unknown_customer,
    is_object_id, money,
};
use crate::payment::{AnotherObject, Checkout, CheckoutProgress, CheckoutState, NewCheckout, ProviderError};

/// The metadata key by which a checkout is found again.
const ATTEMPT: &str = "attempt_id";
/// Most checkouts of a customer that are searched, newest first.
const LOOKED_THROUGH: &str = "100";

/// Why a checkout can't be decoded.
#[derive(Debug, thiserror::Error)]
enum Incomprehensible {
    #[error("the checkout {0} has no page to pay on")]
    NoUrl(String),
    #[error("what Polar calls the checkout is no id of Polar's")]
    Id,
    #[error("the checkout's page is no URL")]
    Url(#[from] url::ParseError),
    #[error("the checkout {id} has the unknown status {status:?}")]
    Status { id: String, status: String },
}

impl From<Incomprehensible> for ProviderError {
    fn from(cause: Incomprehensible) -> Self {
        Self::Decode(cause.into())
    }
}

impl Polar {
    /// Returns the attempt's checkout, and creates it if there is none.
    pub(super) async fn find_or_make_checkout(&self, new: &NewCheckout) -> Result<Checkout, ProviderError> {
        let NewCheckout { attempt, tenant, customer, plan, cycle, success_url, cancel_url, trial_days } = new;
        let product = self.product(plan, *cycle)?;
        if !is_object_id(customer) {
            return Err(unknown_customer());
        }
        let is_trial = *trial_days > 0;
        let body = json!({
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
        let mut tried = 0;
        loop {
            tried += 1;
            if let Some(found) = self.checkout_of(customer, attempt.as_str()).await? {
                return Ok(hosted(found, self.catalog.currency)?);
            }
            match self.client.make::<answer::Checkout>("checkouts/", &body).await {
                Ok(made) => return Ok(hosted(made, self.catalog.currency)?),
                // The outcome is unknown: the next look-up finds the checkout if it was created.
                Err(error) if tried < attempts() && error.is_silence() => pause(tried).await,
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn checkout_of(&self, customer: &str, attempt: &str) -> Result<Option<answer::Checkout>, ProviderError> {
        let query = [("customer_id", customer), ("limit", LOOKED_THROUGH), ("sorting", "-created_at")];
        let List { items, .. } = self.client.get::<List<answer::Checkout>>("checkouts/", &query).await?;
        let is_own = |it: &answer::Checkout| it.customer_id.as_deref().is_none_or(|of| of == customer);
        let is_it =
            |it: &answer::Checkout| is_own(it) && it.metadata.get(ATTEMPT).and_then(Value::as_str) == Some(attempt);
        Ok(items.into_iter().find(is_it))
    }

    pub(super) async fn checkout(&self, id: &str) -> Result<Option<CheckoutState>, ProviderError> {
        if !is_object_id(id) {
            return Ok(None);
        }
        let found = if_known(self.client.get::<answer::Checkout>(&format!("checkouts/{id}"), &[]).await)?;
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
                // A checkout does not name its subscription, but a subscription names its checkout. Until that is
                // found, the payment counts as processing.
                subscription = match &customer_id {
                    Some(customer) => self.made_by(customer, &id).await?,
                    None => None,
                };
                if subscription.is_some() { CheckoutProgress::Paid } else { CheckoutProgress::Processing }
            }
            _ => return Err(Incomprehensible::Status { id, status }.into()),
        };
        Ok(Some(CheckoutState { session_id: id, progress, customer: customer_id, subscription }))
    }

    async fn made_by(&self, customer: &str, checkout: &str) -> Result<Option<String>, ProviderError> {
        let own = self.all_subscriptions(customer).await?;
        let is = |it: &Value, field: &str, id: &str| it.get(field).and_then(Value::as_str) == Some(id);
        let made = |it: &Value| is(it, "checkout_id", checkout) && is(it, "customer_id", customer);
        let id = own.iter().find(|it| made(it)).and_then(|it| it.get("id")?.as_str());
        Ok(id.filter(|id| is_object_id(id)).map(str::to_owned))
    }
}

fn hosted(checkout: answer::Checkout, sold_in: Currency) -> Result<Checkout, Incomprehensible> {
    let answer::Checkout { id, url, total_amount, currency, .. } = checkout;
    if !is_object_id(&id) {
        return Err(Incomprehensible::Id);
    }
    let url = url.ok_or_else(|| Incomprehensible::NoUrl(id.clone()))?;
    let url: Url = url.parse()?;
    let currency = currency.as_deref().and_then(|currency| currency.parse().ok()).unwrap_or(sold_in);
    let amount_minor = total_amount.map(|total| money(total, currency).minor);
    Ok(Checkout { session_id: id, url, amount_minor })
}
