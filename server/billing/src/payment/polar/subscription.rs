//! Subscriptions: fetch, list, change and revoke.

use domain::{
    catalog::{Catalog, Cycle},
    ids::PlanId,
    money::{Currency, Money},
    subscription::{
        BillingDetails, BillingInterval, Discount, NextPayment, Off, ProviderStatus, UNNAMED_SUBSCRIPTION,
        UnmanagedReason, item::SubscriptionItem, one_line, seats::PendingSeats,
    },
    time::Timestamp,
};
use http::Method;
use serde_json::{Map, Value, json};

use super::{
    Polar, answer,
    answer::{List, PaymentMethod, Product},
    checkout::ATTEMPT,
    client::{CallError, optional},
    customer::unknown_customer,
    is_object_id, money, unknown_subscription,
};
use crate::payment::{
    Debt, FetchedPaymentMethod, FetchedSubscription, PeriodEnd, ProviderError, SubscriptionAnswer,
    UnreadableSubscription, UnsoldItem, price_map::PriceMap, select_by_id,
};

/// The metadata key with the plan that a product counts as. `server polar setup` puts it on its products. A product that
/// was replaced keeps its plan by this key.
pub(super) const PLAN_METADATA: &str = "dues_plan";
/// The metadata key with the cycle that a product counts as.
pub(super) const CYCLE_METADATA: &str = "dues_cycle";
const PAGE: &str = "100";
/// Maximum number of pages of a customer's subscriptions that are read.
const MAX_PAGES: u64 = 10;

/// Why a subscription can't be decoded. Its text is stored and shown with the unmanaged subscription.
#[derive(Debug, thiserror::Error)]
enum InvalidSubscription {
    #[error("it has no current period")]
    NoPeriod,
    #[error("it names no customer")]
    NoCustomer,
    #[error("{0} is no time at which anything is billed")]
    Time(&'static str),
    #[error("it names no product")]
    NoProduct,
    #[error("its status {0:?} is not known")]
    Status(String),
    #[error("{0}")]
    Shape(#[from] serde_json::Error),
}

/// Start of the year 2000. Earlier times are invalid.
const FIRST_YEAR_SECS: i64 = 946_684_800;
/// Start of the year 3000. This and later times are invalid.
const LAST_YEAR_SECS: i64 = 32_503_680_000;

/// Whether a time is within the valid years.
pub(super) fn is_valid_time(at: Timestamp) -> bool {
    (FIRST_YEAR_SECS..LAST_YEAR_SECS).contains(&at.as_secs())
}

/// Validates the times of a subscription that are used.
fn check_times(answer: &answer::Subscription) -> Result<(), InvalidSubscription> {
    let times = [
        ("created_at", Some(answer.created_at)),
        ("started_at", answer.started_at),
        ("current_period_start", Some(answer.current_period_start)),
        ("current_period_end", answer.current_period_end),
        ("ends_at", answer.ends_at),
        ("ended_at", answer.ended_at),
        ("trial_end", answer.trial_end),
    ];
    let invalid = times.into_iter().find(|(_, at)| at.is_some_and(|at| !is_valid_time(at)));
    invalid.map_or(Ok(()), |(field, _)| Err(InvalidSubscription::Time(field)))
}

impl Polar {
    pub(super) async fn subscription(&self, id: &str) -> Result<Option<SubscriptionAnswer>, ProviderError> {
        if !is_object_id(id) {
            return Ok(None);
        }
        let found = optional(self.client.get::<Value>(&format!("subscriptions/{id}"), &[]).await)?;
        match found {
            Some(found) => Ok(Some(select_by_id(id, self.decode_all(vec![found]).await?))),
            None => Ok(None),
        }
    }

    pub(super) async fn subscriptions(&self, customer: &str) -> Result<Vec<SubscriptionAnswer>, ProviderError> {
        let all = self.all_subscriptions(customer).await?;
        if all.is_empty() {
            self.require_known(customer).await?;
        }
        self.decode_all(all).await
    }

    /// Decodes subscriptions one by one: an unreadable one does not fail the others.
    async fn decode_all(&self, answers: Vec<Value>) -> Result<Vec<SubscriptionAnswer>, ProviderError> {
        let mut readable = Vec::new();
        let mut all = Vec::new();
        for raw in answers {
            let Some(id) = raw.get("id").and_then(Value::as_str).filter(|id| is_object_id(id)) else {
                tracing::warn!("failed to decode a subscription from Polar: it has no id");
                continue;
            };
            match serde_json::from_value::<answer::Subscription>(raw.clone()) {
                Ok(answer) => readable.push((raw, answer)),
                Err(cause) => all.push(SubscriptionAnswer::Unreadable(unreadable(id, &raw, &cause.into()))),
            }
        }
        let method = self.payment_method(readable.iter().map(|(_, answer)| answer)).await?;
        for (raw, answer) in readable {
            let id = answer.id.clone();
            all.push(match self.with_debt(answer, method.clone()).await? {
                Ok(fetched) => SubscriptionAnswer::Fetched(Box::new(fetched)),
                Err(cause) => SubscriptionAnswer::Unreadable(unreadable(&id, &raw, &cause)),
            });
        }
        Ok(all)
    }

    async fn with_debt(
        &self,
        answer: answer::Subscription,
        payment_method: FetchedPaymentMethod,
    ) -> Result<Result<FetchedSubscription, InvalidSubscription>, ProviderError> {
        let pending = answer.pending_update.as_ref().filter(|pending| is_valid_time(pending.applies_at));
        let next = match pending {
            Some(answer::PendingUpdate { applies_at, product_id: Some(product), seats: _ }) => {
                Some((self.sold_at(product).await?, *applies_at))
            }
            _ => None,
        };
        let next_seats =
            pending.and_then(|pending| Some(PendingSeats { seats: pending.seats?, at: pending.applies_at }));
        let mut fetched = match self.to_fetched(answer, payment_method) {
            Ok(fetched) => fetched,
            Err(cause) => return Ok(Err(cause)),
        };
        fetched.pending = next.and_then(|(sold, at)| fetched.pending_change(sold, at));
        let seats = fetched.details.seats;
        fetched.details.pending_seats = next_seats.filter(|next| seats.is_some_and(|seats| seats != next.seats));
        if fetched.status.is_due() {
            fetched.debt = Some(match self.debt(&fetched.id, fetched.trial_end.is_some()).await {
                // Report an unknown debt: Dues then keeps the last paid plan that it has stored.
                Err(ProviderError::Decode(_)) => Debt { since: None, amount: None, paid: None },
                debt => debt?,
            });
        }
        Ok(Ok(fetched))
    }

    /// Returns the plan that a product sells. Fetches the product only if it is not in the product map.
    async fn sold_at(&self, product: &str) -> Result<Option<(PlanId, Cycle)>, ProviderError> {
        if let Some(sold) = self.products.sold_by(product) {
            return Ok(Some(sold.plan_and_cycle()));
        }
        if !is_object_id(product) {
            return Ok(None);
        }
        let found = match optional(self.client.get::<Product>(&format!("products/{product}"), &[]).await) {
            // A product that can't be read sells nothing.
            Err(ProviderError::Decode(_)) => None,
            found => found?,
        };
        let found = found.filter(|found| found.id == product);
        Ok(found.and_then(|found| sold_by(product, Some(&found), &self.products, &self.catalog)))
    }

    /// Lists a customer's subscriptions without decoding them, newest first.
    pub(super) async fn all_subscriptions(&self, customer: &str) -> Result<Vec<Value>, ProviderError> {
        if !is_object_id(customer) {
            return Err(unknown_customer());
        }
        let mut all = Vec::new();
        for page in 1..=MAX_PAGES {
            let number = page.to_string();
            let query = [("customer_id", customer), ("limit", PAGE), ("page", &number), ("sorting", "-started_at")];
            let List { items, pagination } = self.client.get::<List<Value>>("subscriptions/", &query).await?;
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
        match self.client.send_idempotent::<answer::Object>(Method::DELETE, &path, &Value::Null).await {
            Err(CallError::Refused(refusal)) if refusal.error == "AlreadyCanceledSubscription" => Ok(()),
            answer => optional(answer)?.map(drop).ok_or_else(|| unknown_subscription(id)),
        }
    }

    pub(super) async fn set_end(&self, id: &str, end: PeriodEnd<'_>) -> Result<(), ProviderError> {
        let path = format!("subscriptions/{id}");
        let mut body = Map::from_iter([("cancel_at_period_end".to_owned(), json!(end.cancels()))]);
        if let PeriodEnd::Cancels(reason) = end {
            let feedback = reason.feedback.map(|feedback| ("customer_cancellation_reason".to_owned(), json!(feedback)));
            let comment = reason.comment().map(|comment| ("customer_cancellation_comment".to_owned(), json!(comment)));
            body.extend(feedback.into_iter().chain(comment));
        }
        let body = Value::Object(body);
        match self.client.send_idempotent::<answer::Object>(Method::PATCH, &path, &body).await {
            Err(CallError::Refused(refusal)) if refusal.error == "AlreadyCanceledSubscription" => Ok(()),
            answer => optional(answer)?.map(drop).ok_or_else(|| unknown_subscription(id)),
        }
    }

    /// Drops the pending change (Polar: "Clear the pending subscription update").
    pub(super) async fn drop_pending(&self, id: &str) -> Result<(), ProviderError> {
        let path = format!("subscriptions/{id}");
        let body = json!({ "pending_update": null });
        let dropped = optional(self.client.send_idempotent::<answer::Object>(Method::PATCH, &path, &body).await)?;
        dropped.map(drop).ok_or_else(|| unknown_subscription(id))
    }

    /// Returns the customer's default payment method. It is unknown where the call is refused, as for a key without the
    /// permission, and where the answer lacks it.
    async fn payment_method<'a>(
        &self,
        mut of: impl Iterator<Item = &'a answer::Subscription>,
    ) -> Result<FetchedPaymentMethod, ProviderError> {
        let Some(customer) = of.find_map(|answer| answer.customer.as_ref()) else {
            return Ok(FetchedPaymentMethod::Unknown);
        };
        let Some(method) = &customer.default_payment_method_id else { return Ok(FetchedPaymentMethod::None) };
        let customer = &customer.id;
        if !is_object_id(customer) {
            return Ok(FetchedPaymentMethod::Unknown);
        }
        let path = format!("customers/{customer}/payment-methods");
        match self.client.get::<List<PaymentMethod>>(&path, &[]).await {
            Ok(List { items, .. }) => {
                let kind = items.into_iter().find(|item| item.id == *method).map(|item| one_line(&item.kind));
                let kind = kind.filter(|kind| !kind.is_empty());
                Ok(kind.map_or(FetchedPaymentMethod::Unknown, FetchedPaymentMethod::Kind))
            }
            // Nothing is written then.
            Err(CallError::Unavailable(cause)) => Err(CallError::Unavailable(cause).into()),
            Err(CallError::Refused(_) | CallError::Unreadable(_) | CallError::TooLarge) => {
                Ok(FetchedPaymentMethod::Unknown)
            }
        }
    }

    fn to_fetched(
        &self,
        answer: answer::Subscription,
        payment_method: FetchedPaymentMethod,
    ) -> Result<FetchedSubscription, InvalidSubscription> {
        let status: ProviderStatus =
            answer.status.parse().map_err(|_| InvalidSubscription::Status(answer.status.clone()))?;
        if !is_object_id(&answer.customer_id) {
            return Err(InvalidSubscription::NoCustomer);
        }
        check_times(&answer)?;
        if !is_object_id(&answer.product_id) {
            return Err(InvalidSubscription::NoProduct);
        }
        let bought = sold_by(&answer.product_id, answer.product.as_ref(), &self.products, &self.catalog);
        let currency = answer.currency.as_deref().and_then(|currency| currency.parse().ok());
        let period_end = answer.current_period_end.or(answer.ended_at).ok_or(InvalidSubscription::NoPeriod)?;
        let price = answer.amount.zip(currency).map(|(amount, currency)| money(amount, currency));
        // As at Stripe: a subscription that ends within the period is not renewed, whatever
        // `cancel_at_period_end` says.
        let ends_by = answer.ends_at.is_some_and(|at| at <= period_end);
        let cancel_at_period_end = (answer.cancel_at_period_end || ends_by) && answer.ended_at.is_none();
        let is_adjusted = price.is_none() || answer.discount_id.is_some() || !answer.meters.is_empty();
        let goes_on = matches!(status, ProviderStatus::Active | ProviderStatus::Trialing) && !cancel_at_period_end;
        let interval = answer.billing_interval();
        let unsold = bought.is_none().then(|| UnsoldItem {
            price: answer.product_id.clone(),
            item: in_parts(answer.product.as_ref(), &answer.product_id, price, interval),
            cycle: interval.map(BillingInterval::nearest_cycle),
        });
        let plan = bought.as_ref().and_then(|(plan, _)| self.catalog.plan(plan.as_str()));
        let seats = plan.and_then(|plan| plan.seats.as_ref()).and(answer.seats);
        let attempt = answer.metadata.get(ATTEMPT).and_then(Value::as_str).and_then(|attempt| attempt.parse().ok());
        let details = BillingDetails {
            quantity: if seats.is_some() { 1 } else { answer.seats.unwrap_or(1) },
            seats,
            is_adjusted,
            discounts: discount(&answer.discount, currency).into_iter().collect(),
            cancel_at: answer.ends_at.filter(|at| *at != period_end && answer.ended_at.is_none()),
            // Polar has no upcoming invoices. The next payment is the subscription's amount, unless discounts, meters or
            // a waiting update of product or seats change it.
            next_payment: price
                .filter(|_| goes_on && !is_adjusted && !answer.has_waiting_change())
                .map(|amount| NextPayment { amount, at: period_end }),
            currency,
            interval,
            ..BillingDetails::default()
        };
        Ok(FetchedSubscription {
            id: answer.id,
            customer: answer.customer_id,
            status,
            bought,
            started_at: answer.started_at.unwrap_or(answer.created_at),
            period_start: answer.current_period_start,
            period_end,
            cancel_at_period_end,
            ended_at: answer.ended_at,
            payment_method,
            trial_end: answer.trial_end,
            pending: None,
            price,
            details,
            unsold: unsold.into_iter().collect(),
            debt: None,
            ended_unpaid: None,
            attempt,
            checkout: answer.checkout_id.as_str().filter(|id| is_object_id(id)).map(str::to_owned),
        })
    }
}

/// Returns the discount of a subscription in `currency`; `None` without one, and for one that can't be read. Polar does
/// not report when it ends.
fn discount(answer: &Value, currency: Option<Currency>) -> Option<Discount> {
    let text = |name: &str| {
        let text = one_line(answer.get(name)?.as_str()?);
        (!text.is_empty()).then_some(text)
    };
    let off = if let Some(hundredths) = answer.get("basis_points").and_then(Value::as_u64) {
        Off::Percent(u32::try_from(hundredths).ok().filter(|hundredths| *hundredths <= 10_000)?)
    } else {
        // A discount has an amount in each of its currencies. `amount` is one of them.
        let in_currency = currency.and_then(|currency| {
            let amount = answer.get("amounts")?.get(currency.code().to_ascii_lowercase())?.as_i64()?;
            Some((amount, currency))
        });
        let first = || Some((answer.get("amount")?.as_i64()?, answer.get("currency")?.as_str()?.parse().ok()?));
        let (amount, currency) = in_currency.or_else(first).filter(|(amount, _)| *amount > 0)?;
        Off::Amount(money(amount, currency))
    };
    Some(Discount { name: text("code").or_else(|| text("name")), off, until: None })
}

/// Reads the parts of a product that people see, such as "Support, $50.00 a month".
fn in_parts(
    product: Option<&Product>,
    id: &str,
    price: Option<Money>,
    every: Option<BillingInterval>,
) -> SubscriptionItem {
    SubscriptionItem { name: one_line(product.map_or(id, |product| &product.name)), quantity: None, price, every }
}

/// Builds the record of an unreadable subscription from the fields that can be read.
fn unreadable(id: &str, answer: &Value, cause: &InvalidSubscription) -> UnreadableSubscription {
    let customer = answer.get("customer_id").and_then(Value::as_str).filter(|id| is_object_id(id));
    let name = answer.pointer("/product/name").and_then(Value::as_str).map(one_line);
    let (reason, detail) = match cause {
        InvalidSubscription::Status(status) => (UnmanagedReason::UnknownStatus, one_line(status)),
        other => (UnmanagedReason::Unreadable, one_line(&other.to_string())),
    };
    UnreadableSubscription {
        id: id.to_owned(),
        customer: customer.map(str::to_owned),
        reason,
        described: name.filter(|name| !name.is_empty()).unwrap_or_else(|| UNNAMED_SUBSCRIPTION.to_owned()),
        items: Vec::new(),
        detail: Some(detail).filter(|detail| !detail.is_empty()),
    }
}

/// Returns the plan and cycle that a product counts as: by the product map and the catalog, else by the product's
/// metadata. Without a cycle in the metadata, the product's interval decides.
pub(super) fn sold_by(
    id: &str,
    product: Option<&Product>,
    products: &PriceMap,
    catalog: &Catalog,
) -> Option<(PlanId, Cycle)> {
    if let Some(sold) = products.sold_by(id) {
        return Some(sold.plan_and_cycle());
    }
    let product = product?;
    let plan = catalog.plan(product.tag(PLAN_METADATA)?)?;
    let cycle = product.tag(CYCLE_METADATA).and_then(|cycle| cycle.parse().ok());
    let cycle = cycle.or_else(|| Some(product.billing_interval()?.nearest_cycle()))?;
    Some((plan.id.clone(), cycle))
}

#[cfg(test)]
mod tests;
