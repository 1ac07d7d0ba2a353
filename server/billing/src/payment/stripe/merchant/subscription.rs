//! Subscriptions of a tenant's customers.

use std::collections::{BTreeSet, HashMap};

use domain::time::Timestamp;
use stripe_billing::subscription::{
    CancelSubscription, ListSubscription, ListSubscriptionStatus, RetrieveSubscription, UpdateSubscription,
};
use stripe_core::customer::RetrieveCustomer;
use stripe_product::product::ListProduct;

use super::{
    StripeMerchant, WHOLE_PAGE,
    answer::{Customer, Product, Subscription},
    optional, to_provider_error,
};
use crate::payment::{
    AnotherObject, ProviderError,
    merchant::{CancellationTiming, MerchantSubscription, Page, PageParams},
    stripe::{
        answer::{Expandable, Page as Listed},
        is_object_id,
    },
};

const CUSTOMER: &str = "customer";

impl StripeMerchant {
    pub(super) async fn subscriptions(&self, params: &PageParams) -> Result<Page<MerchantSubscription>, ProviderError> {
        let listed = self.list::<Subscription, _>(params, |limit, after| {
            let request = ListSubscription::new()
                .status(ListSubscriptionStatus::All)
                .limit(limit)
                .expand([format!("data.{CUSTOMER}")]);
            match after {
                Some(after) => request.starting_after(after),
                None => request,
            }
        });
        let Page { items, next } = listed.await?;
        Ok(Page { items: self.with_product_names(items).await?, next })
    }

    /// Lists a customer's active and trialing subscriptions; `None` for an unknown or deleted customer.
    pub(super) async fn active(&self, customer: &str) -> Result<Option<Vec<MerchantSubscription>>, ProviderError> {
        if !is_object_id(customer) {
            return Ok(None);
        }
        let known = optional(self.call::<Customer>(&RetrieveCustomer::new(customer)).await)?;
        match known {
            Some(found) if found.id != customer => return Err(AnotherObject("customer").into()),
            Some(found) if !found.deleted => {}
            _ => return Ok(None),
        }
        let request = ListSubscription::new().customer(customer).limit(WHOLE_PAGE).expand([format!("data.{CUSTOMER}")]);
        let Listed { data, .. } = self.call::<Listed<Subscription>>(&request).await.map_err(to_provider_error)?;
        // Leave out subscriptions of other customers, whatever the response holds.
        let belongs = |subscription: &Subscription| match &subscription.customer {
            Expandable::Id(id) | Expandable::Object(Customer { id, .. }) => id == customer,
        };
        let is_active = |subscription: &Subscription| matches!(subscription.status.as_str(), "active" | "trialing");
        let active =
            data.readable.into_iter().filter(|subscription| belongs(subscription) && is_active(subscription)).collect();
        Ok(Some(self.with_product_names(active).await?))
    }

    pub(super) async fn end(
        &self,
        id: &str,
        end: CancellationTiming,
    ) -> Result<Option<MerchantSubscription>, ProviderError> {
        if !is_object_id(id) {
            return Ok(None);
        }
        let expand = [CUSTOMER.to_owned()];
        let found = self.call::<Subscription>(&RetrieveSubscription::new(id).expand(expand.clone())).await;
        let Some(found) = optional(found)? else { return Ok(None) };
        if found.id != id {
            return Err(AnotherObject("subscription").into());
        }
        let is_over = matches!(found.status.as_str(), "canceled" | "incomplete_expired");
        let ended = match end {
            _ if is_over => found,
            CancellationTiming::AtPeriodEnd if found.ends() => found,
            CancellationTiming::AtPeriodEnd => {
                let request = UpdateSubscription::new(id).cancel_at_period_end(true).expand(expand);
                self.call(&request).await.map_err(to_provider_error)?
            }
            CancellationTiming::Immediately => {
                self.call(&CancelSubscription::new(id).expand(expand)).await.map_err(to_provider_error)?
            }
        };
        Ok(self.with_product_names(vec![ended]).await?.pop())
    }

    /// Adds the names of the products, which Stripe can't expand at this depth of a list.
    async fn with_product_names(
        &self,
        subscriptions: Vec<Subscription>,
    ) -> Result<Vec<MerchantSubscription>, ProviderError> {
        let sold: BTreeSet<&str> = subscriptions.iter().filter_map(Subscription::product).collect();
        let mut names = HashMap::new();
        if !sold.is_empty() {
            let ids: Vec<String> = sold.into_iter().map(str::to_owned).collect();
            let request = ListProduct::new().ids(ids).limit(WHOLE_PAGE);
            let Listed { data, .. } = self.call::<Listed<Product>>(&request).await.map_err(to_provider_error)?;
            names.extend(data.readable.into_iter().map(|Product { id, name, .. }| (id, name)));
        }
        Ok(subscriptions.into_iter().map(|subscription| to_merchant_subscription(subscription, &names)).collect())
    }
}

impl Subscription {
    /// Returns the product of the first item. Only one is shown, as a subscription at Polar has only one.
    fn product(&self) -> Option<&str> {
        self.items.data.first().map(|item| item.price.product.id())
    }

    fn period_end(&self) -> Option<i64> {
        self.items.data.first().and_then(|item| item.current_period_end).or(self.current_period_end)
    }

    /// Whether the subscription ends with its period, or before. Stripe's portal sets `cancel_at_period_end` or
    /// `cancel_at`.
    fn ends(&self) -> bool {
        let ends_by_period = self.cancel_at.zip(self.period_end()).is_some_and(|(at, period_end)| at <= period_end);
        self.cancel_at_period_end || ends_by_period
    }
}

/// Converts a subscription. The id of a deleted product stands in for its name.
fn to_merchant_subscription(subscription: Subscription, names: &HashMap<String, String>) -> MerchantSubscription {
    let product = subscription.product().unwrap_or_default();
    let product = names.get(product).map_or(product, String::as_str).to_owned();
    let period_end = subscription.period_end();
    let cancel_at_period_end = subscription.ends();
    let (customer, customer_email) = match subscription.customer {
        Expandable::Id(id) => (id, None),
        Expandable::Object(Customer { id, email, .. }) => (id, email),
    };
    MerchantSubscription {
        id: subscription.id,
        customer,
        customer_email,
        status: subscription.status,
        period_end: period_end.map(Timestamp::from_secs),
        cancel_at_period_end,
        product,
    }
}
