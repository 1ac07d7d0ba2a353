//! Subscriptions: fetched, listed, kept and revoked.

use domain::{
    catalog::{Catalog, Cycle},
    ids::PlanId,
    subscription::{PendingChange, ProviderStatus, UnknownStatus},
};
use http::Method;
use serde_json::{Value, json};

use super::{
    Polar, answer,
    answer::{List, PaymentMethod, Product},
    client::{CallError, if_known},
    customer::unknown_customer,
    is_object_id, money, unknown_subscription,
};
use crate::payment::{FetchedSubscription, ProviderError, price_map::PriceMap};

/// The metadata that `server polar setup` puts on a product, so that one which was replaced since still tells its plan.
pub(super) const PLAN_METADATA: &str = "dues_plan";
const PAGE: &str = "100";
/// A customer with more subscriptions than this many pages hold is none that Dues made.
const MAX_PAGES: u64 = 10;

/// What a subscription lacks to be understood.
#[derive(Debug, thiserror::Error)]
enum Incomprehensible {
    #[error("the subscription {0} has no current period")]
    NoPeriod(String),
    #[error(transparent)]
    Status(#[from] UnknownStatus),
}

impl From<Incomprehensible> for ProviderError {
    fn from(cause: Incomprehensible) -> Self {
        Self::Decode(cause.into())
    }
}

impl Polar {
    pub(super) async fn subscription(&self, id: &str) -> Result<Option<FetchedSubscription>, ProviderError> {
        if !is_object_id(id) {
            return Ok(None);
        }
        let found = if_known(self.client.get::<answer::Subscription>(&format!("subscriptions/{id}"), &[]).await)?;
        let Some(found) = found else { return Ok(None) };
        let method = self.payment_method(std::slice::from_ref(&found)).await?;
        self.with_debt(found, method).await.map(Some)
    }

    pub(super) async fn subscriptions(&self, customer: &str) -> Result<Vec<FetchedSubscription>, ProviderError> {
        let all = self.all_subscriptions(customer).await?;
        if all.is_empty() {
            self.require_known(customer).await?;
        }
        let method = self.payment_method(&all).await?;
        let mut fetched = Vec::new();
        for one in all {
            fetched.push(self.with_debt(one, method.clone()).await?);
        }
        Ok(fetched)
    }

    async fn with_debt(
        &self,
        answer: answer::Subscription,
        payment_method: Option<String>,
    ) -> Result<FetchedSubscription, ProviderError> {
        let next = match &answer.pending_update {
            Some(answer::PendingUpdate { applies_at, product_id: Some(product) }) => {
                self.sold_at(product).await?.map(|(plan, cycle)| PendingChange { plan, cycle, at: *applies_at })
            }
            _ => None,
        };
        let mut fetched = FetchedSubscription { pending: next, ..self.understand(answer, payment_method)? };
        if fetched.status.is_due() {
            fetched.debt = Some(self.debt(&fetched.id, fetched.trial_end.is_some()).await?);
        }
        Ok(fetched)
    }

    /// The plan that a product sells. Only one that is in no map any more is asked for.
    async fn sold_at(&self, product: &str) -> Result<Option<(PlanId, Cycle)>, ProviderError> {
        if let Some(sold) = self.products.sold_by(product) {
            return Ok(Some(sold.clone()));
        }
        if !is_object_id(product) {
            return Ok(None);
        }
        let found = if_known(self.client.get::<Product>(&format!("products/{product}"), &[]).await)?;
        Ok(found.and_then(|found| sold_by(product, Some(&found), &self.products, &self.catalog)))
    }

    /// Newest first.
    pub(super) async fn all_subscriptions(&self, customer: &str) -> Result<Vec<answer::Subscription>, ProviderError> {
        if !is_object_id(customer) {
            return Err(unknown_customer());
        }
        let mut all = Vec::new();
        for page in 1..=MAX_PAGES {
            let number = page.to_string();
            let query = [("customer_id", customer), ("limit", PAGE), ("page", &number), ("sorting", "-started_at")];
            let List { items, pagination } =
                self.client.get::<List<answer::Subscription>>("subscriptions/", &query).await?;
            all.extend(items);
            if page >= pagination.max_page {
                break;
            }
        }
        Ok(all)
    }

    pub(super) async fn revoke(&self, id: &str) -> Result<(), ProviderError> {
        if !is_object_id(id) {
            return Err(unknown_subscription(id));
        }
        let path = format!("subscriptions/{id}");
        match self.client.repeat::<answer::Object>(Method::DELETE, &path, &Value::Null).await {
            Err(CallError::Refused(refusal)) if refusal.error == "AlreadyCanceledSubscription" => Ok(()),
            answer => if_known(answer)?.map(drop).ok_or_else(|| unknown_subscription(id)),
        }
    }

    pub(super) async fn set_end(&self, id: &str, ends: bool) -> Result<(), ProviderError> {
        let path = format!("subscriptions/{id}");
        let body = json!({ "cancel_at_period_end": ends });
        match self.client.repeat::<answer::Object>(Method::PATCH, &path, &body).await {
            Err(CallError::Refused(refusal)) if refusal.error == "AlreadyCanceledSubscription" => Ok(()),
            answer => if_known(answer)?.map(drop).ok_or_else(|| unknown_subscription(id)),
        }
    }

    /// Polar: "Clear the pending subscription update".
    pub(super) async fn drop_pending(&self, id: &str) -> Result<(), ProviderError> {
        let path = format!("subscriptions/{id}");
        let body = json!({ "pending_update": null });
        let dropped = if_known(self.client.repeat::<answer::Object>(Method::PATCH, &path, &body).await)?;
        dropped.map(drop).ok_or_else(|| unknown_subscription(id))
    }

    /// The type of the payment method that the customer of these is charged by. A key that may not ask goes without.
    async fn payment_method(&self, of: &[answer::Subscription]) -> Result<Option<String>, ProviderError> {
        let customer = of.iter().find_map(|it| it.customer.as_ref());
        let Some((customer, method)) = customer.and_then(|it| Some((&it.id, it.default_payment_method_id.as_ref()?)))
        else {
            return Ok(None);
        };
        if !is_object_id(customer) {
            return Ok(None);
        }
        let path = format!("customers/{customer}/payment-methods");
        match self.client.get::<List<PaymentMethod>>(&path, &[]).await {
            Ok(List { items, .. }) => Ok(items.into_iter().find(|it| it.id == *method).map(|it| it.kind)),
            Err(CallError::Refused(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn understand(
        &self,
        answer: answer::Subscription,
        payment_method: Option<String>,
    ) -> Result<FetchedSubscription, Incomprehensible> {
        let status: ProviderStatus = answer.status.parse()?;
        let bought = sold_by(&answer.product_id, answer.product.as_ref(), &self.products, &self.catalog);
        let currency = answer.currency.as_deref().and_then(|currency| currency.parse().ok());
        let period_end = answer.current_period_end.or(answer.ended_at);
        Ok(FetchedSubscription {
            period_end: period_end.ok_or_else(|| Incomprehensible::NoPeriod(answer.id.clone()))?,
            id: answer.id,
            customer: answer.customer_id,
            status,
            bought,
            started_at: answer.started_at.unwrap_or(answer.created_at),
            period_start: answer.current_period_start,
            cancel_at_period_end: answer.cancel_at_period_end && answer.ended_at.is_none(),
            ended_at: answer.ended_at,
            payment_method,
            trial_end: answer.trial_end,
            pending: None,
            price: answer.amount.zip(currency).map(|(amount, currency)| money(amount, currency)),
            debt: None,
            ended_unpaid: None,
        })
    }
}

/// The plan that a product sells. One that is in no map any more tells it by its own metadata.
pub(super) fn sold_by(
    id: &str,
    product: Option<&Product>,
    products: &PriceMap,
    catalog: &Catalog,
) -> Option<(PlanId, Cycle)> {
    if let Some(sold) = products.sold_by(id) {
        return Some(sold.clone());
    }
    let product = product?;
    let plan = catalog.plan(product.tag(PLAN_METADATA)?)?;
    let interval =
        product.recurring_interval.as_ref().filter(|_| product.recurring_interval_count.unwrap_or(1) == 1)?;
    let cycle = [Cycle::Monthly, Cycle::Yearly].into_iter().find(|cycle| cycle.unit() == interval)?;
    Some((plan.id.clone(), cycle))
}
