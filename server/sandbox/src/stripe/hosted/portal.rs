//! `/portal/{page}`: the hosted customer portal, and the flows that open one task in it.

mod change;
mod offers;
mod show;
mod visit;

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
};
use serde::Deserialize;

use self::{
    change::{PlannedChange, RequestedChange, due_now, is_current, is_scheduled, plan_change},
    visit::{Visit, visit},
};
use crate::{
    page::{
        card_form::CardFields,
        hosted::{Outcome, PageResult},
        input::{Input, Refusal},
    },
    storage::{Transaction, World},
    stripe::{
        api::{
            discounts::{self, Target},
            subscriptions::set_cancel_at_period_end,
        },
        billing::{cancellation, change as changing, payment, schedule},
        error::StripeError,
        objects::{
            Resource,
            customer::Customer,
            event::emit_change,
            portal_session::{AfterCompletion, FlowKind},
            price::Price,
            referenced,
            subscription::Subscription,
        },
    },
};

impl Visit {
    /// Ends the flow and returns where it leads: the portal, a redirect, or a confirmation page.
    fn finish_flow(mut self, tx: &mut Transaction<'_>) -> Outcome {
        let after = self.session.flow.as_ref().filter(|_| !self.session.flow_done).map(|flow| flow.after.clone());
        self.session.flow_done = true;
        let home = self.path("");
        tx.put(self.session.clone());
        match after {
            None | Some(AfterCompletion::PortalHomepage) => Outcome::GoTo(home),
            Some(AfterCompletion::Redirect { return_url }) => Outcome::GoTo(return_url),
            Some(AfterCompletion::HostedConfirmation { message }) => Outcome::show(show::confirmation(&self, message)),
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct SubscriptionQuery {
    subscription: String,
}

/// Shows the front page, or the page of the session's flow.
pub(super) async fn show(State(world): State<Arc<World>>, Path(page): Path<String>) -> PageResult {
    visit(world, page, |tx, visit| {
        let flow = visit.session.flow.as_ref().filter(|_| !visit.session.flow_done).map(|flow| flow.kind.clone());
        match flow {
            None => Ok(Outcome::show(show::home(tx, &visit))),
            Some(FlowKind::PaymentMethodUpdate) => {
                Ok(Outcome::show(show::card(&visit, &CardFields::fresh(None, name_of(&visit)))))
            }
            Some(FlowKind::SubscriptionCancel { subscription }) => review_cancel_of(tx, &visit, &subscription),
            Some(FlowKind::SubscriptionUpdate { subscription }) => {
                let subscription = visit.subscription(tx, &subscription)?;
                Ok(Outcome::show(show::choice(tx, &visit, &subscription)))
            }
            Some(FlowKind::SubscriptionUpdateConfirm { subscription, item, price, quantity }) => {
                review_change_of(tx, &visit, &RequestedChange { subscription, item, price, quantity }, None)
            }
        }
    })
    .await
}

pub(super) async fn review_change(
    State(world): State<Arc<World>>,
    Path(page): Path<String>,
    wanted: Result<Query<RequestedChange>, axum::extract::rejection::QueryRejection>,
) -> PageResult {
    visit(world, page, |tx, visit| match wanted {
        Ok(Query(wanted)) => review_change_of(tx, &visit, &wanted, None),
        Err(_) => Ok(Outcome::GoTo(visit.path(""))),
    })
    .await
}

/// A page that shows the cost of the change and a button that confirms it.
fn review_change_of(
    tx: &Transaction<'_>,
    visit: &Visit,
    wanted: &RequestedChange,
    refused: Option<&str>,
) -> PageResult {
    let before = visit.subscription(tx, &wanted.subscription)?;
    if is_current(&before, wanted) {
        return Ok(Outcome::show(show::home(tx, visit)));
    }
    let planned = plan_change(tx, visit, &before, wanted)?;
    let price = referenced::<Price>(tx, &wanted.price, "price")?;
    let status = if refused.is_some() { StatusCode::PAYMENT_REQUIRED } else { StatusCode::OK };
    Ok(Outcome::show(show::change(tx, visit, &before, &price, wanted, &planned, refused).status(status)))
}

/// Makes or schedules the change. If the charge is refused, nothing changes. A repeated post has no effect.
pub(super) async fn change(
    State(world): State<Arc<World>>,
    Path(page): Path<String>,
    input: Input,
) -> Result<PageResult, Refusal> {
    let text = |name: &str| input.text(name).unwrap_or_default().to_owned();
    let wanted = RequestedChange {
        subscription: text("subscription"),
        item: text("item"),
        price: text("price"),
        quantity: u64::try_from(input.int("quantity", 1..=1_000_000)?).unwrap_or(1),
    };
    let shows = visit(world, page, move |tx, visit| {
        let before = visit.subscription(tx, &wanted.subscription)?;
        if is_current(&before, &wanted) {
            return Ok(visit.finish_flow(tx));
        }
        if is_scheduled(tx, &before, &wanted) {
            return Ok(visit.finish_flow(tx));
        }
        let PlannedChange { mut change, is_deferred } = plan_change(tx, &visit, &before, &wanted)?;
        if is_deferred {
            // Changing the plan withdraws a cancellation.
            let mut kept = before.clone();
            set_cancel_at_period_end(tx, &mut kept, false);
            schedule::begin(tx, &kept, &change.after.items)?;
            return Ok(visit.finish_flow(tx));
        }
        if due_now(tx, &change) > 0 {
            let method = before.payment_method(tx);
            if let Some(refused) = payment::refusal(tx, Some(&visit.customer.id), method.as_deref()) {
                return review_change_of(tx, &visit, &wanted, Some(&refused.message));
            }
        }
        // Changing the plan withdraws a cancellation.
        set_cancel_at_period_end(tx, &mut change.after, false);
        changing::apply(tx, change)?;
        Ok(visit.finish_flow(tx))
    });
    Ok(shows.await)
}

pub(super) async fn review_cancel(
    State(world): State<Arc<World>>,
    Path(page): Path<String>,
    of: Result<Query<SubscriptionQuery>, axum::extract::rejection::QueryRejection>,
) -> PageResult {
    visit(world, page, |tx, visit| match of {
        Ok(Query(of)) => review_cancel_of(tx, &visit, &of.subscription),
        Err(_) => Ok(Outcome::GoTo(visit.path(""))),
    })
    .await
}

fn review_cancel_of(tx: &Transaction<'_>, visit: &Visit, subscription: &str) -> PageResult {
    let subscription = visit.subscription(tx, subscription)?;
    if subscription.cancel_at_period_end || schedule::pending_phase(tx, &subscription).is_some() {
        return Ok(Outcome::show(show::home(tx, visit)));
    }
    Ok(Outcome::show(show::cancel(tx, visit, &subscription)))
}

/// Cancels at the period's end, or at once if the configuration says so.
pub(super) async fn cancel(State(world): State<Arc<World>>, Path(page): Path<String>, input: Input) -> PageResult {
    visit(world, page, move |tx, visit| {
        let feature = &visit.configuration.features.cancel;
        if !feature.enabled {
            return Err(StripeError::refused("Subscriptions can’t be canceled here.").into());
        }
        let mut subscription = visit.subscription(tx, input.text("subscription").unwrap_or_default())?;
        if schedule::pending_phase(tx, &subscription).is_some() {
            return Err(StripeError::refused(
                "A change waits for the end of the period. It has to be taken back first.",
            )
            .into());
        }
        let given =
            input.text("feedback").filter(|given| feature.reasons.iter().flatten().any(|reason| reason == given));
        subscription.cancellation.feedback = given.map(str::to_owned).or(subscription.cancellation.feedback.take());
        if feature.immediately {
            cancellation::end(tx, subscription, Some("cancellation_requested"));
        } else {
            set_cancel_at_period_end(tx, &mut subscription, true);
            subscription.save(tx);
        }
        Ok(visit.finish_flow(tx))
    })
    .await
}

/// Withdraws a cancellation or a scheduled change.
pub(super) async fn resume(State(world): State<Arc<World>>, Path(page): Path<String>, input: Input) -> PageResult {
    visit(world, page, move |tx, visit| {
        let mut subscription = visit.subscription(tx, input.text("subscription").unwrap_or_default())?;
        if let Some(scheduled) = schedule::current(tx, &subscription) {
            schedule::release(tx, scheduled, &mut subscription);
        }
        set_cancel_at_period_end(tx, &mut subscription, false);
        subscription.save(tx);
        Ok(visit.finish_flow(tx))
    })
    .await
}

/// Redeems a promotion code for later invoices of a subscription.
pub(super) async fn redeem(State(world): State<Arc<World>>, Path(page): Path<String>, input: Input) -> PageResult {
    visit(world, page, move |tx, visit| {
        if !visit.configuration.features.update.enabled || !visit.allows("promotion_code") {
            return Err(StripeError::refused("Promotion codes can’t be redeemed here.").into());
        }
        let before = visit.subscription(tx, input.text("subscription").unwrap_or_default())?;
        let target = Target {
            customer: Some(&before.customer),
            subscription: Some(&before.id),
            currency: Some(&before.currency),
        };
        let code = input.text("promotion_code").unwrap_or_default().trim();
        let amount: i64 = before.items.iter().filter_map(|item| Some(item.price(tx)?.amount(item.quantity))).sum();
        let entered = discounts::entered(tx, code, target, amount)?;
        let discounts = vec![discounts::redeem(tx, &entered, target)];
        discounts::count_redeemed(tx, &before.discounts, &discounts);
        Subscription { discounts, ..before }.save(tx);
        Ok(visit.finish_flow(tx))
    })
    .await
}

pub(super) async fn card(State(world): State<Arc<World>>, Path(page): Path<String>) -> PageResult {
    visit(world, page, |_, visit| Ok(Outcome::show(show::card(&visit, &CardFields::fresh(None, name_of(&visit))))))
        .await
}

/// Makes the new card the default for the customer's invoices.
pub(super) async fn update_card(State(world): State<Arc<World>>, Path(page): Path<String>, input: Input) -> PageResult {
    visit(world, page, move |tx, visit| {
        if !visit.configuration.features.payment_method_update {
            return Err(StripeError::refused("Cards can’t be changed here.").into());
        }
        let (entry, fields) = match CardFields::typed(&input, false).check(tx) {
            Ok(checked) => checked,
            Err(fields) => return Ok(Outcome::show(show::card(&visit, &fields).status(StatusCode::BAD_REQUEST))),
        };
        let method = payment::new_method(tx, entry);
        let method = match payment::attach(tx, method, &visit.customer.id) {
            Ok(method) => method,
            Err(refused) => {
                let page = show::card(&visit, &fields.refuse(refused.message));
                return Ok(Outcome::show(page.status(StatusCode::PAYMENT_REQUIRED)));
            }
        };
        let before = visit.customer.json(tx);
        let customer = Customer { default_payment_method: Some(method.id.clone()), ..visit.customer.clone() };
        let after = customer.json(tx);
        tx.put(customer);
        emit_change(tx, "customer.updated", &before, after);
        let running: Vec<Subscription> = tx
            .owned::<Subscription>(&visit.customer.id)
            .filter(|subscription| !subscription.status.is_over())
            .map(|subscription| Subscription::clone(subscription))
            .collect();
        for mut subscription in running {
            subscription.default_payment_method = Some(method.id.clone());
            subscription.save(tx);
        }
        Ok(visit.finish_flow(tx))
    })
    .await
}

fn name_of(visit: &Visit) -> String {
    visit.customer.name.clone().unwrap_or_default()
}
