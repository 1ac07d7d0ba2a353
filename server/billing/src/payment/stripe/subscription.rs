//! Subscriptions: fetch, list, change and cancel.

mod applied_discounts;
mod change;
mod item_change;
mod items;
mod phases;
mod preview;
mod read;
mod sold;

use std::collections::HashMap;

use domain::{
    ids::PlanId,
    subscription::{
        ProviderStatus,
        cancellation::{CancellationFeedback, CancellationReason},
        seats::PendingSeats,
    },
};
use serde::Serialize;
use serde_json::Value;
use stripe_billing::subscription::{
    CancelSubscription, ListSubscription, ListSubscriptionStatus, RetrieveSubscription, UpdateSubscription,
    UpdateSubscriptionCancellationDetails, UpdateSubscriptionCancellationDetailsFeedback,
};
use stripe_client_core::{RequestBuilder, StripeMethod, StripeRequest};

pub(super) use self::items::{ClassifiedItems, PART_METADATA, PLAN_METADATA, Products, SEAT};
use self::read::InvalidSubscription;
use super::{
    Stripe,
    answer::{self, Expandable, Page},
    client::{CallError, optional},
    is_object_id,
    profile::unknown_customer,
    read_id, unknown_subscription,
};
use crate::payment::{
    AnotherObject, Debt, FetchedSubscription, PeriodEnd, ProviderError, SubscriptionAnswer, select_by_id,
};

const EXPAND: [&str; 6] = [
    "default_payment_method",
    "customer.invoice_settings.default_payment_method",
    "latest_invoice",
    "schedule",
    "discounts.source.coupon",
    "discounts.promotion_code",
];
const PAGE: i64 = 100;
/// Maximum number of pages of a customer's subscriptions that are read.
const MAX_PAGES: usize = 10;
/// Maximum number of upcoming invoices that are fetched for a customer's subscriptions.
const MAX_UPCOMING: usize = 3;

impl From<InvalidSubscription> for ProviderError {
    fn from(cause: InvalidSubscription) -> Self {
        Self::Decode(cause.into())
    }
}

fn cancellation_details(reason: &CancellationReason) -> UpdateSubscriptionCancellationDetails {
    use UpdateSubscriptionCancellationDetailsFeedback as Stripes;

    let feedback = reason.feedback.map(|feedback| match feedback {
        CancellationFeedback::TooExpensive => Stripes::TooExpensive,
        CancellationFeedback::MissingFeatures => Stripes::MissingFeatures,
        CancellationFeedback::SwitchedService => Stripes::SwitchedService,
        CancellationFeedback::Unused => Stripes::Unused,
        CancellationFeedback::TooComplex => Stripes::TooComplex,
        CancellationFeedback::LowQuality => Stripes::LowQuality,
        CancellationFeedback::CustomerService => Stripes::CustomerService,
        CancellationFeedback::Other => Stripes::Other,
    });
    let mut details = UpdateSubscriptionCancellationDetails::new();
    details.comment = reason.comment().map(ToOwned::to_owned);
    details.feedback = feedback;
    details
}

impl Stripe {
    pub(super) async fn subscription(&self, id: &str) -> Result<Option<answer::Subscription>, ProviderError> {
        if !is_object_id(id) {
            return Ok(None);
        }
        let request = RetrieveSubscription::new(id).expand(EXPAND.map(String::from));
        let answer: Option<answer::Subscription> = optional(self.call(&request, None).await)?;
        match answer {
            Some(answer) if answer.id != id => Err(AnotherObject("subscription").into()),
            answer => Ok(answer),
        }
    }

    pub(super) async fn request_subscription(&self, id: &str) -> Result<Option<SubscriptionAnswer>, ProviderError> {
        if !is_object_id(id) {
            return Ok(None);
        }
        let request = RetrieveSubscription::new(id).expand(EXPAND.map(String::from));
        let answer: Option<Value> = optional(self.call(&request, None).await)?;
        match answer {
            Some(answer) => Ok(Some(select_by_id(id, self.decode_all(vec![answer], MAX_UPCOMING).await?))),
            None => Ok(None),
        }
    }

    pub(super) async fn request_subscriptions(&self, customer: &str) -> Result<Vec<SubscriptionAnswer>, ProviderError> {
        self.decode_all(self.list_raw(customer).await?, MAX_UPCOMING).await
    }

    /// Lists a customer's subscriptions by GET requests alone: without upcoming invoices, which Stripe previews by a
    /// POST.
    pub(super) async fn read_only_subscriptions(
        &self,
        customer: &str,
    ) -> Result<Vec<SubscriptionAnswer>, ProviderError> {
        self.decode_all(self.list_raw(customer).await?, 0).await
    }

    /// Lists a customer's subscriptions without decoding them, newest first.
    async fn list_raw(&self, customer: &str) -> Result<Vec<Value>, ProviderError> {
        if !is_object_id(customer) {
            return Err(unknown_customer());
        }
        let mut listed = Vec::new();
        let mut request = ListSubscription::new()
            .customer(customer)
            .status(ListSubscriptionStatus::All)
            .limit(PAGE)
            .expand(EXPAND.map(|field| format!("data.{field}")));
        for _ in 0..MAX_PAGES {
            let Page { data, has_more } =
                self.call::<Page<Value>>(&request, None).await.map_err(CallError::of_customer)?;
            listed.extend(data.readable);
            let Some(last) = data.last.filter(|_| has_more) else { break };
            request = request.starting_after(last);
        }
        Ok(listed)
    }

    /// Decodes subscriptions one by one: an unreadable one does not fail the others. Fetches at most `upcoming_left`
    /// upcoming invoices.
    async fn decode_all(
        &self,
        answers: Vec<Value>,
        mut upcoming_left: usize,
    ) -> Result<Vec<SubscriptionAnswer>, ProviderError> {
        let mut all = Vec::new();
        for raw in answers {
            let answer = match read::parse(&raw) {
                Ok(Ok(answer)) => answer,
                Ok(Err(odd)) => {
                    all.push(SubscriptionAnswer::Unreadable(odd));
                    continue;
                }
                Err(()) => {
                    tracing::warn!("failed to decode a subscription from Stripe: it has no id");
                    continue;
                }
            };
            let id = answer.id.clone();
            all.push(match self.to_fetched(answer, &mut upcoming_left).await? {
                Ok(fetched) => SubscriptionAnswer::Fetched(Box::new(fetched)),
                Err(cause) => SubscriptionAnswer::Unreadable(read::unreadable(&id, &raw, &cause)),
            });
        }
        Ok(all)
    }

    /// Classifies a subscription's items. `products` is what [`Stripe::products_beside_plan`] returns.
    pub(super) fn classify_items<'a>(
        &self,
        of: &'a answer::Subscription,
        products: &Products,
    ) -> Result<ClassifiedItems<'a>, InvalidSubscription> {
        items::classify(&of.items.data, products, &self.prices, &self.catalog).ok_or(InvalidSubscription::NoItem)
    }

    pub(super) async fn cancel(&self, id: &str) -> Result<(), ProviderError> {
        if !is_object_id(id) {
            return Err(unknown_subscription(id));
        }
        if optional(self.call::<answer::Object>(&CancelSubscription::new(id), None).await)?.is_some() {
            return Ok(());
        }
        // Stripe answers 404 for a canceled subscription, which can still be retrieved.
        self.subscription(id).await?.map(drop).ok_or_else(|| unknown_subscription(id))
    }

    /// Sets or clears the cancellation at the end of the period. Clearing also removes `cancel_at`, which Stripe's
    /// portal sets instead of `cancel_at_period_end` in some billing modes.
    pub(super) async fn set_end(&self, id: &str, end: PeriodEnd<'_>) -> Result<(), ProviderError> {
        let at_period_end = end.cancels();
        let current = self.subscription(id).await?.ok_or_else(|| unknown_subscription(id))?;
        let products = self.products_beside_plan(&current).await?;
        let (_, period_end) = read::period(&current, self.classify_items(&current, &products)?.plan_item)?;
        // Resuming (not `at_period_end`) also clears an end that is set for after the period.
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
            self.call(&ClearCancelAt { id: &current.id }, None).await?
        } else {
            let mut request = UpdateSubscription::new(&*current.id).cancel_at_period_end(at_period_end);
            if let PeriodEnd::Cancels(reason) = end
                && !reason.is_empty()
            {
                request = request.cancellation_details(cancellation_details(reason));
            }
            self.call(&request, None).await?
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
        self.call::<answer::Object>(&ReleaseSchedule { id: &id }, None).await?;
        Ok(())
    }

    async fn to_fetched(
        &self,
        mut answer: answer::Subscription,
        upcoming_left: &mut usize,
    ) -> Result<Result<FetchedSubscription, InvalidSubscription>, ProviderError> {
        let awaits = read::awaits_payment_of_a_change(&answer);
        let is_invoiced = answer.is_invoiced();
        let next = read::next_prices(&answer);
        let schedule = answer.schedule.as_ref().map(|schedule| match schedule {
            Expandable::Id(id) | Expandable::Object(answer::Schedule { id, .. }) => id.clone(),
        });
        let products = self.products_beside_plan(&answer).await?;
        self.fetch_currency_options(&mut answer).await?;
        self.complete_discounts(&mut answer).await?;
        let mut fetched = match read::to_fetched(answer, &products, &self.prices, &self.catalog) {
            Ok(fetched) => fetched,
            Err(cause) => return Ok(Err(cause)),
        };
        if let Some((prices, at)) = next {
            let (bought, seats) = self.bought_by(&prices).await?;
            fetched.pending = fetched.pending_change(bought, at);
            let now = fetched.details.seats;
            fetched.details.pending_seats =
                seats.filter(|seats| now != Some(*seats)).map(|seats| PendingSeats { seats, at });
        }
        if awaits || fetched.status.is_due() {
            // A subscription with sent invoices has its plan before the first payment, as one on trial does.
            let had_plan_unpaid = fetched.trial_end.is_some() || is_invoiced;
            fetched.debt = Some(match self.debt(&fetched.id, had_plan_unpaid).await {
                // Report an unknown debt: Dues then keeps the last paid plan that it has stored.
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
        if goes_on && *upcoming_left > 0 {
            *upcoming_left -= 1;
            fetched.details.next_payment = self.next_payment(&fetched.id, schedule.as_deref(), is_invoiced).await;
        }
        Ok(Ok(fetched))
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
