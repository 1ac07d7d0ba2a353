//! Changes of a subscription's plan and seats without the portal, which changes no subscription with several items
//! (Stripe: "Customer portal", limitations).

use domain::{catalog::Plan, ids::CheckoutAttemptId};
use serde_json::{Value, json};
use stripe_client_core::{RequestBuilder, StripeMethod, StripeRequest};

use super::{
    ReleaseSchedule,
    item_change::ItemChange,
    items::{ClassifiedItems, Products},
    phases::{next_items, phases},
    read,
};
use crate::payment::{
    ChangeStart, ProviderError, SubscriptionChange,
    stripe::{
        Stripe,
        answer::{self, Expandable},
        read_id, unknown_subscription,
    },
};

/// A POST with a form.
struct Post {
    path: String,
    form: Value,
}

impl StripeRequest for Post {
    type Output = ();

    fn build(&self) -> RequestBuilder {
        RequestBuilder::new(StripeMethod::Post, self.path.as_str()).form(&self.form)
    }
}

impl Stripe {
    /// Changes a subscription. `key` makes the change idempotent.
    pub(in crate::payment::stripe) async fn change_directly(
        &self,
        change: &SubscriptionChange,
        start: ChangeStart,
        key: &CheckoutAttemptId,
    ) -> Result<(), ProviderError> {
        let id = &change.subscription;
        let current = self.subscription(id).await?.ok_or_else(|| unknown_subscription(id))?;
        let products = self.products_beside_plan(&current).await?;
        let items = self.changed_items((&current, &products), change)?;
        if items.is_empty() {
            return self.release(&current).await;
        }
        match start {
            ChangeStart::Now => {
                let mut form = json!({
                    "items": items.iter().map(ItemChange::form).collect::<Vec<_>>(),
                    "proration_behavior": "always_invoice",
                    // A declined payment is an error, and Stripe changes nothing.
                    "payment_behavior": "error_if_incomplete",
                });
                if let (true, Some(form)) = (self.ends_trial((&current, &products), change)?, form.as_object_mut()) {
                    form.insert("trial_end".to_owned(), json!("now"));
                }
                let post = Post { path: format!("/subscriptions/{}", current.id), form };
                self.call::<answer::Object>(&post, Some(format!("dues-change-{key}"))).await?;
                // Only now, so that a declined payment leaves what waits as it is.
                self.release(&current).await
            }
            ChangeStart::NextPeriod => self.schedule((&current, &products), &items, change, key).await,
        }
    }

    /// Schedules a change for the next period: the schedule's first phase is the current period as it is, and the second
    /// lasts one period. After that Stripe releases the subscription, which goes on as it is then.
    async fn schedule(
        &self,
        (current, products): (&answer::Subscription, &Products),
        items: &[ItemChange],
        change: &SubscriptionChange,
        key: &CheckoutAttemptId,
    ) -> Result<(), ProviderError> {
        let (period_start, end) = read::period(current, self.classify_items(current, products)?.plan_item)?;
        let known = current.schedule.as_ref().and_then(Expandable::object);
        let known = known.and_then(|known| Some((known.id.clone(), known.current_phase.as_ref()?.start)));
        let is_new = known.is_none();
        let (id, start) = if let Some(known) = known {
            known
        } else {
            self.release(current).await?;
            let form = json!({ "from_subscription": current.id });
            let create = Post { path: "/subscription_schedules".to_owned(), form };
            let made: answer::Schedule = self.call(&create, Some(format!("dues-schedule-{key}"))).await?;
            (made.id, made.current_phase.map_or(period_start, |phase| phase.start))
        };
        let id = read_id(id)?;
        let phases = phases(current, (start, end), next_items(&current.items.data, items), change.cycle);
        let form = json!({ "end_behavior": "release", "proration_behavior": "none", "phases": phases });
        let update = Post { path: format!("/subscription_schedules/{id}"), form };
        let updated: Result<answer::Object, _> = self.call(&update, Some(format!("dues-phases-{key}"))).await;
        if let (Err(_), true) = (&updated, is_new) {
            // A schedule of one phase would stand in the way of later changes. The outcome of the release does not matter
            // beside the error.
            let _: Result<answer::Object, _> = self.call(&ReleaseSchedule { id: &id }, None).await;
        }
        Ok(updated.map(drop)?)
    }

    /// Whether the change ends a trial, as a change in the portal does. A change of seats alone does not.
    pub(super) fn ends_trial(
        &self,
        (current, products): (&answer::Subscription, &Products),
        change: &SubscriptionChange,
    ) -> Result<bool, ProviderError> {
        let ClassifiedItems { bought, .. } = self.classify_items(current, products)?;
        Ok(current.is_trialing() && bought.as_ref() != Some(&(change.plan.clone(), change.cycle)))
    }

    /// Returns what becomes of the items that sell the plan and its seats. Items keep their prices, which may be those of
    /// a former catalog, where plan and cycle stay. Other items stay as they are.
    pub(super) fn changed_items(
        &self,
        (current, products): (&answer::Subscription, &Products),
        change: &SubscriptionChange,
    ) -> Result<Vec<ItemChange>, ProviderError> {
        let SubscriptionChange { subscription: _, plan, cycle, seats } = change;
        let ClassifiedItems { plan_item, bought, seats: seat_items, .. } = self.classify_items(current, products)?;
        let stays = bought.as_ref() == Some(&(plan.clone(), *cycle));
        let is_all_seats = self.catalog.plan(plan.as_str()).is_some_and(Plan::is_all_seats);
        let sold = self.catalog.plan(plan.as_str()).and_then(|plan| plan.seats.as_ref());
        let further = sold.zip(*seats).map_or(0, |(sold, seats)| sold.extra(seats));
        let base = seat_items.iter().all(|seat| seat.id != plan_item.id).then_some(plan_item);
        let mut changes = Vec::new();
        match (base, is_all_seats) {
            (Some(base), false) if !stays => {
                let price = Some(self.price(plan, *cycle)?.to_owned());
                // One, as the review says: what a former price without seats was bought of is not multiplied.
                changes.push(ItemChange::Changed { id: base.id.clone(), price, quantity: 1 });
            }
            (None, false) => {
                changes.push(ItemChange::Added { price: self.price(plan, *cycle)?.to_owned(), quantity: 1 });
            }
            (Some(base), true) => changes.push(ItemChange::Deleted { id: base.id.clone() }),
            (Some(_), false) | (None, true) => {}
        }
        let mut former = seat_items.into_iter();
        match (former.next(), further) {
            (None, 0) => {}
            (None, quantity) => {
                let price = self.seat_price(plan, *cycle)?.to_owned();
                changes.push(ItemChange::Added { price, quantity });
            }
            (Some(item), 0) => changes.push(ItemChange::Deleted { id: item.id.clone() }),
            (Some(item), quantity) if stays => {
                if item.quantity != Some(quantity) {
                    changes.push(ItemChange::Changed { id: item.id.clone(), price: None, quantity });
                }
            }
            (Some(item), quantity) => {
                let price = Some(self.seat_price(plan, *cycle)?.to_owned());
                changes.push(ItemChange::Changed { id: item.id.clone(), price, quantity });
            }
        }
        // Seats at several prices become one item.
        changes.extend(former.map(|item| ItemChange::Deleted { id: item.id.clone() }));
        Ok(changes)
    }
}
