//! Subscriptions: fetch, list, change and cancel.

mod items;
mod preview;
mod read;

use std::collections::{BTreeSet, HashMap};

use domain::{catalog::Cycle, ids::PlanId, subscription::ProviderStatus};
use serde::Serialize;
use serde_json::Value;
use stripe_billing::subscription::{
    CancelSubscription, ListSubscription, ListSubscriptionStatus, RetrieveSubscription, UpdateSubscription,
};
use stripe_client_core::{RequestBuilder, StripeMethod, StripeRequest};
use stripe_product::{price::RetrievePrice, product::ListProduct};

use self::read::Incomprehensible;
pub(super) use self::{
    items::{Sorted, best, sold_by},
    read::is_billed,
};
use super::{
    Stripe,
    answer::{self, Expandable, Page, Price},
    client::{CallError, if_known},
    is_object_id, read_id, unknown_subscription,
};
use crate::payment::{AnotherObject, Debt, FetchedSubscription, ProviderError, SubscriptionAnswer, of_id};

/// The metadata key with the plan that `server stripe setup` puts on a price. A replaced price keeps its plan by it.
pub(super) const PLAN_METADATA: &str = "dues_plan";
const EXPAND: [&str; 4] =
    ["default_payment_method", "customer.invoice_settings.default_payment_method", "latest_invoice", "schedule"];
const PAGE: i64 = 100;
/// Most pages of a customer's subscriptions that are read.
const MAX_PAGES: usize = 10;
/// Most upcoming invoices that are fetched for a customer's subscriptions.
const MOST_UPCOMING: usize = 3;

impl From<Incomprehensible> for ProviderError {
    fn from(cause: Incomprehensible) -> Self {
        Self::Decode(cause.into())
    }
}

impl Stripe {
    pub(super) async fn subscription(&self, id: &str) -> Result<Option<answer::Subscription>, ProviderError> {
        if !is_object_id(id) {
            return Ok(None);
        }
        let request = RetrieveSubscription::new(id).expand(EXPAND.map(String::from));
        let answer: Option<answer::Subscription> = if_known(self.ask(&request, None).await)?;
        match answer {
            Some(answer) if answer.id != id => Err(AnotherObject("subscription").into()),
            answer => Ok(answer),
        }
    }

    pub(super) async fn fetched(&self, id: &str) -> Result<Option<SubscriptionAnswer>, ProviderError> {
        if !is_object_id(id) {
            return Ok(None);
        }
        let request = RetrieveSubscription::new(id).expand(EXPAND.map(String::from));
        let answer: Option<Value> = if_known(self.ask(&request, None).await)?;
        match answer {
            Some(answer) => Ok(Some(of_id(id, self.understood(vec![answer]).await?))),
            None => Ok(None),
        }
    }

    pub(super) async fn listed(&self, customer: &str) -> Result<Vec<SubscriptionAnswer>, ProviderError> {
        let mut listed = Vec::new();
        let mut request = ListSubscription::new()
            .customer(customer)
            .status(ListSubscriptionStatus::All)
            .limit(PAGE)
            .expand(EXPAND.map(|field| format!("data.{field}")));
        for _ in 0..MAX_PAGES {
            let Page { data, has_more } =
                self.ask::<Page<Value>>(&request, None).await.map_err(CallError::of_customer)?;
            listed.extend(data.readable);
            let Some(last) = data.last.filter(|_| has_more) else { break };
            request = request.starting_after(last);
        }
        self.understood(listed).await
    }

    /// Decodes subscriptions one by one: an unreadable one does not fail the others.
    async fn understood(&self, answers: Vec<Value>) -> Result<Vec<SubscriptionAnswer>, ProviderError> {
        let mut all = Vec::new();
        let mut left_to_ask = MOST_UPCOMING;
        for raw in answers {
            let answer = match read::answered(&raw) {
                Ok(Ok(answer)) => answer,
                Ok(Err(odd)) => {
                    all.push(SubscriptionAnswer::Odd(odd));
                    continue;
                }
                Err(()) => {
                    tracing::warn!("failed to decode subscription of Stripe: no id");
                    continue;
                }
            };
            let id = answer.id.clone();
            all.push(match self.understand(answer, &mut left_to_ask).await? {
                Ok(fetched) => SubscriptionAnswer::Fetched(Box::new(fetched)),
                Err(cause) => SubscriptionAnswer::Odd(read::odd(&id, &raw, &cause)),
            });
        }
        Ok(all)
    }

    /// Classifies a subscription's items.
    pub(super) fn sorted<'a>(&self, of: &'a answer::Subscription) -> Result<Sorted<'a>, Incomprehensible> {
        items::sort(&of.items.data, &self.prices, &self.catalog).ok_or(Incomprehensible::NoItem)
    }

    pub(super) async fn cancel(&self, id: &str) -> Result<(), ProviderError> {
        if !is_object_id(id) {
            return Err(unknown_subscription(id));
        }
        if if_known(self.ask::<answer::Object>(&CancelSubscription::new(id), None).await)?.is_some() {
            return Ok(());
        }
        // Stripe answers 404 for a canceled subscription, which can still be retrieved.
        self.subscription(id).await?.map(drop).ok_or_else(|| unknown_subscription(id))
    }

    /// Sets or clears the cancellation at the end of the period. Depending on the subscription's billing mode, Stripe's
    /// portal sets `cancel_at` instead.
    pub(super) async fn set_end(&self, id: &str, at_period_end: bool) -> Result<(), ProviderError> {
        let current = self.subscription(id).await?.ok_or_else(|| unknown_subscription(id))?;
        let (_, period_end) = read::period(&current, self.sorted(&current)?.main)?;
        // To resume also clears an end that is set for later.
        let is_so = if at_period_end {
            read::ends_by(&current, period_end)
        } else {
            !current.cancel_at_period_end && current.cancel_at.is_none()
        };
        if is_so {
            return Ok(());
        }
        // The cancellation of a subscription with a schedule can't be changed (Stripe: "Subscription schedules"), even
        // where no phase is left.
        self.release(&current).await?;
        let _: answer::Object = if !at_period_end && !current.cancel_at_period_end {
            self.ask(&ClearCancelAt { id: &current.id }, None).await?
        } else {
            self.ask(&UpdateSubscription::new(&*current.id).cancel_at_period_end(at_period_end), None).await?
        };
        Ok(())
    }

    /// Releases a subscription from its schedule, which drops the pending change.
    pub(super) async fn drop_pending(&self, id: &str) -> Result<(), ProviderError> {
        let current = self.subscription(id).await?.ok_or_else(|| unknown_subscription(id))?;
        self.release(&current).await
    }

    async fn release(&self, current: &answer::Subscription) -> Result<(), ProviderError> {
        let Some(schedule) = &current.schedule else { return Ok(()) };
        let id = match schedule {
            Expandable::Id(id) | Expandable::Object(answer::Schedule { id, .. }) => id,
        };
        let id = read_id(id.clone())?;
        self.ask::<answer::Object>(&ReleaseSchedule { id: &id }, None).await?;
        Ok(())
    }

    async fn understand(
        &self,
        answer: answer::Subscription,
        left_to_ask: &mut usize,
    ) -> Result<Result<FetchedSubscription, Incomprehensible>, ProviderError> {
        let awaits = read::awaits_payment_of_a_change(&answer);
        let is_invoiced = answer.is_invoiced();
        let next = read::next_prices(&answer);
        let schedule = answer.schedule.as_ref().map(|schedule| match schedule {
            Expandable::Id(id) | Expandable::Object(answer::Schedule { id, .. }) => id.clone(),
        });
        let names = self.names_of_unsold(&answer).await?;
        let mut fetched = match read::understand(answer, &names, &self.prices, &self.catalog) {
            Ok(fetched) => fetched,
            Err(cause) => return Ok(Err(cause)),
        };
        if let Some((prices, at)) = next {
            fetched.pending = read::pending(self.best_sold(&prices).await?, at, fetched.bought.as_ref());
        }
        if awaits || fetched.status.is_due() {
            // Invoices that are sent allow the plan until they are due, as a trial does.
            let was_had = fetched.trial_end.is_some() || is_invoiced;
            fetched.debt = Some(match self.debt(&fetched.id, was_had).await {
                // The plan that is stored as last paid stays.
                Err(ProviderError::Decode(_)) => Debt { since: None, amount: None, paid: None },
                debt => debt?,
            });
        }
        if is_invoiced && fetched.status == ProviderStatus::Active {
            fetched.details.open_invoices = self.open_invoices(&fetched.id).await?;
        }
        let goes_on = matches!(fetched.status, ProviderStatus::Active | ProviderStatus::Trialing)
            && !fetched.cancel_at_period_end
            && fetched.details.collection_pause.is_none();
        if goes_on && *left_to_ask > 0 {
            *left_to_ask -= 1;
            fetched.details.next_payment = self.next_payment(&fetched.id, schedule.as_deref(), is_invoiced).await;
        }
        Ok(Ok(fetched))
    }

    /// Returns the names of the products of all items but the plan's, by id.
    async fn names_of_unsold(&self, of: &answer::Subscription) -> Result<HashMap<String, String>, ProviderError> {
        let Ok(Sorted { others, .. }) = self.sorted(of) else { return Ok(HashMap::new()) };
        let products: BTreeSet<&str> = others.iter().map(|item| item.price.product.id()).collect();
        if products.is_empty() {
            return Ok(HashMap::new());
        }
        let ids: Vec<String> = products.into_iter().map(str::to_owned).collect();
        let listed: Result<Page<answer::Product>, _> = self.ask(&ListProduct::new().ids(ids).limit(PAGE), None).await;
        match listed.map_err(ProviderError::from) {
            Ok(page) => Ok(page.data.readable.into_iter().map(|it| (it.id, it.name)).collect()),
            // A missing name is no failure: the price's nickname or its id stands in for it.
            Err(error @ ProviderError::Unavailable(_)) => Err(error),
            Err(_) => Ok(HashMap::new()),
        }
    }

    /// Returns the best-ranked plan that these prices sell.
    pub(super) async fn best_sold(&self, prices: &[String]) -> Result<Option<(PlanId, Cycle)>, ProviderError> {
        let mut sold = Vec::new();
        for price in prices {
            sold.extend(self.sold_at(price).await?.map(|sold| (sold, ())));
        }
        Ok(best(sold, &self.catalog).map(|(sold, ())| sold))
    }

    /// Returns the plan that a price sells. Fetches the price only if it is not in the price map.
    async fn sold_at(&self, price: &str) -> Result<Option<(PlanId, Cycle)>, ProviderError> {
        if let Some(sold) = self.prices.sold_by(price) {
            return Ok(Some(sold.clone()));
        }
        if !is_object_id(price) {
            return Ok(None);
        }
        let found: Option<Price> = match if_known(self.ask(&RetrievePrice::new(price), None).await) {
            // A price that can't be read sells nothing.
            Err(ProviderError::Decode(_)) => None,
            found => found?,
        };
        let found = found.filter(|found| found.id == price);
        Ok(found.and_then(|price| sold_by(&price, &self.prices, &self.catalog)))
    }
}

/// Unsets `cancel_at` by an empty value (Stripe: "Update a subscription"), which async-stripe's request can't express.
struct ClearCancelAt<'a> {
    id: &'a str,
}

#[derive(Serialize)]
struct Cleared {
    cancel_at: &'static str,
}

impl StripeRequest for ClearCancelAt<'_> {
    type Output = ();

    fn build(&self) -> RequestBuilder {
        RequestBuilder::new(StripeMethod::Post, format!("/subscriptions/{}", self.id)).form(&Cleared { cancel_at: "" })
    }
}

struct ReleaseSchedule<'a> {
    id: &'a str,
}

impl StripeRequest for ReleaseSchedule<'_> {
    type Output = ();

    fn build(&self) -> RequestBuilder {
        RequestBuilder::new(StripeMethod::Post, format!("/subscription_schedules/{}/release", self.id))
    }
}

/// Returns the metadata of a price or product that sells the plan.
pub(super) fn plan_metadata(plan: &PlanId) -> HashMap<String, String> {
    HashMap::from([(PLAN_METADATA.to_owned(), plan.to_string())])
}
