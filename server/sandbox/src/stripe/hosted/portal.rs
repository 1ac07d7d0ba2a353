//! `/portal/{page}`: the hosted customer portal, and the flows that open one task in it.

mod show;

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
};
use serde::Deserialize;

use crate::{
    billing::period::Period,
    page::{
        card_form::CardFields,
        hosted::{Outcome, PageResult, not_found_page},
        input::{Input, Refusal},
    },
    storage::{Unit, World},
    stripe::{
        api::subscriptions::set_cancel_at_period_end,
        billing::{
            cancellation,
            change::{self as changing, Change},
            invoicing, items, payment, schedule,
        },
        error::StripeError,
        objects::{
            Resource,
            customer::Customer,
            event::emit_change,
            find,
            invoice::BillingReason,
            portal_configuration::PortalConfiguration,
            portal_session::{AfterCompletion, FlowKind, PortalSession},
            price::Price,
            referenced,
            subscription::Subscription,
        },
    },
};

/// A customer's visit to their portal, with the configuration that limits it.
struct Visit {
    session: PortalSession,
    configuration: PortalConfiguration,
    customer: Customer,
}

impl Visit {
    fn path(&self, to: &str) -> String {
        format!("/portal/{}{to}", self.session.page)
    }

    /// The customer's subscription with this id. Fails if it has ended.
    fn subscription(&self, unit: &Unit<'_>, id: &str) -> Result<Subscription, StripeError> {
        let found = find::<Subscription>(unit, id)?;
        if found.customer == self.customer.id && found.status.is_live() {
            Ok(found)
        } else {
            Err(StripeError::not_found(Subscription::WHAT, id))
        }
    }

    /// Ends the flow and returns where it leads: the portal, a redirect, or a confirmation page.
    fn finish_flow(mut self, unit: &mut Unit<'_>) -> Outcome {
        let after = self.session.flow.as_ref().filter(|_| !self.session.flow_done).map(|flow| flow.after.clone());
        self.session.flow_done = true;
        let home = self.path("");
        unit.put(self.session.clone());
        match after {
            None | Some(AfterCompletion::PortalHomepage) => Outcome::GoTo(home),
            Some(AfterCompletion::Redirect { return_url }) => Outcome::GoTo(return_url),
            Some(AfterCompletion::HostedConfirmation { message }) => Outcome::show(show::confirmation(&self, message)),
        }
    }
}

/// The requested change of plan, from a form or a query.
#[derive(Debug, Deserialize)]
pub(super) struct RequestedChange {
    subscription: String,
    item: String,
    price: String,
    quantity: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct SubscriptionQuery {
    subscription: String,
}

async fn visit(
    world: Arc<World>,
    page: String,
    act: impl FnOnce(&mut Unit<'_>, Visit) -> PageResult + Send + 'static,
) -> PageResult {
    world
        .transact(move |unit| {
            let session = unit.all::<PortalSession>().find(|it| it.page == page).map(|it| PortalSession::clone(it));
            let Some(session) = session else { return Ok(not_found_page("portal page")) };
            unit.enter_account_of(&session.id);
            let configuration = find::<PortalConfiguration>(unit, &session.configuration)?;
            let customer = find::<Customer>(unit, &session.customer)?;
            if customer.deleted {
                return Ok(not_found_page("portal page"));
            }
            act(unit, Visit { session, configuration, customer })
        })
        .await
}

/// Shows the front page, or the page of the session's flow.
pub(super) async fn show(State(world): State<Arc<World>>, Path(page): Path<String>) -> PageResult {
    visit(world, page, |unit, visit| {
        let flow = visit.session.flow.as_ref().filter(|_| !visit.session.flow_done).map(|flow| flow.kind.clone());
        match flow {
            None => Ok(Outcome::show(show::home(unit, &visit))),
            Some(FlowKind::PaymentMethodUpdate) => {
                Ok(Outcome::show(show::card(&visit, &CardFields::fresh(None, name_of(&visit)))))
            }
            Some(FlowKind::SubscriptionCancel { subscription }) => review_cancel_of(unit, &visit, &subscription),
            Some(FlowKind::SubscriptionUpdate { subscription }) => {
                let subscription = visit.subscription(unit, &subscription)?;
                Ok(Outcome::show(show::choice(unit, &visit, &subscription)))
            }
            Some(FlowKind::SubscriptionUpdateConfirm { subscription, item, price, quantity }) => {
                review_change_of(unit, &visit, &RequestedChange { subscription, item, price, quantity }, None)
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
    visit(world, page, |unit, visit| match wanted {
        Ok(Query(wanted)) => review_change_of(unit, &visit, &wanted, None),
        Err(_) => Ok(Outcome::GoTo(visit.path(""))),
    })
    .await
}

/// A page that shows the cost of the change and a button that confirms it.
fn review_change_of(unit: &Unit<'_>, visit: &Visit, wanted: &RequestedChange, refused: Option<&str>) -> PageResult {
    let before = visit.subscription(unit, &wanted.subscription)?;
    if is_current(&before, wanted) {
        return Ok(Outcome::show(show::home(unit, visit)));
    }
    let planned = plan_change(unit, visit, &before, wanted)?;
    let price = referenced::<Price>(unit, &wanted.price, "price")?;
    let status = if refused.is_some() { StatusCode::PAYMENT_REQUIRED } else { StatusCode::OK };
    Ok(Outcome::show(show::change(unit, visit, &before, &price, wanted, &planned, refused).status(status)))
}

/// Whether a schedule already contains this change.
fn is_scheduled(unit: &Unit<'_>, subscription: &Subscription, wanted: &RequestedChange) -> bool {
    let next = schedule::pending_phase(unit, subscription);
    next.is_some_and(|next| next.items.iter().any(|it| it.price == wanted.price && it.quantity == wanted.quantity))
}

fn is_current(subscription: &Subscription, wanted: &RequestedChange) -> bool {
    let on = |id: &str| subscription.items.iter().find(|item| item.id == id);
    on(&wanted.item).is_some_and(|item| item.price == wanted.price && item.quantity == wanted.quantity)
}

/// A change, and whether it is deferred to the period's end.
struct PlannedChange {
    change: Change,
    is_deferred: bool,
}

fn plan_change(
    unit: &Unit<'_>,
    visit: &Visit,
    before: &Subscription,
    wanted: &RequestedChange,
) -> Result<PlannedChange, StripeError> {
    if schedule::pending_phase(unit, before).is_some() {
        return Err(StripeError::refused("A change waits for the end of the period. It has to be taken back first."));
    }
    let update = &visit.configuration.features.update;
    if !update.enabled || !visit.configuration.allows_price(&wanted.price) {
        return Err(StripeError::refused("This plan can’t be chosen here."));
    }
    if !(1..=1_000_000).contains(&wanted.quantity) {
        return Err(StripeError::refused("The quantity must be between 1 and 1000000."));
    }
    let mut items = before.items.clone();
    let item = items.iter_mut().find(|item| item.id == wanted.item);
    let item = item.ok_or_else(|| StripeError::not_found("subscription item", &wanted.item))?;
    item.price.clone_from(&wanted.price);
    item.quantity = wanted.quantity;
    items::require_currency(unit, &items, &before.currency)?;
    if schedule::is_deferred(unit, update, &before.items, &items) {
        return Ok(PlannedChange { change: changing::plan_deferred(unit, before, items)?, is_deferred: true });
    }
    // As Stripe does by default, a change ends the trial.
    let ends_trial = before.trial.is_some_and(|trial| trial.end > unit.now).then_some(unit.now);
    let change = changing::plan(unit, before, items, ends_trial, update.proration, unit.now)?;
    Ok(PlannedChange { change, is_deferred: false })
}

/// Makes or schedules the change. If the charge is refused, nothing changes. A second post finds the change made.
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
    let shows = visit(world, page, move |unit, visit| {
        let before = visit.subscription(unit, &wanted.subscription)?;
        if is_current(&before, &wanted) {
            return Ok(visit.finish_flow(unit));
        }
        if is_scheduled(unit, &before, &wanted) {
            return Ok(visit.finish_flow(unit));
        }
        let PlannedChange { mut change, is_deferred } = plan_change(unit, &visit, &before, &wanted)?;
        if is_deferred {
            // Changing the plan withdraws a cancellation.
            let mut kept = before.clone();
            set_cancel_at_period_end(unit, &mut kept, false);
            schedule::begin(unit, &kept, &change.after.items)?;
            return Ok(visit.finish_flow(unit));
        }
        if due_now(unit, &change) > 0 {
            let method = before.payment_method(unit);
            if let Some(refused) = payment::refusal(unit, Some(&visit.customer.id), method.as_deref()) {
                return review_change_of(unit, &visit, &wanted, Some(&refused.message));
            }
        }
        // Changing the plan withdraws a cancellation.
        set_cancel_at_period_end(unit, &mut change.after, false);
        changing::apply(unit, change)?;
        Ok(visit.finish_flow(unit))
    });
    Ok(shows.await)
}

/// The amount to charge at once in minor units, after the customer's credit.
fn due_now(unit: &Unit<'_>, change: &Change) -> i64 {
    let now = Period { start: unit.now, end: unit.now };
    invoicing::draft(unit, &change.after, BillingReason::SubscriptionUpdate, change.now.clone(), now).amount_due
}

pub(super) async fn review_cancel(
    State(world): State<Arc<World>>,
    Path(page): Path<String>,
    of: Result<Query<SubscriptionQuery>, axum::extract::rejection::QueryRejection>,
) -> PageResult {
    visit(world, page, |unit, visit| match of {
        Ok(Query(of)) => review_cancel_of(unit, &visit, &of.subscription),
        Err(_) => Ok(Outcome::GoTo(visit.path(""))),
    })
    .await
}

fn review_cancel_of(unit: &Unit<'_>, visit: &Visit, subscription: &str) -> PageResult {
    let subscription = visit.subscription(unit, subscription)?;
    if subscription.cancel_at_period_end || schedule::pending_phase(unit, &subscription).is_some() {
        return Ok(Outcome::show(show::home(unit, visit)));
    }
    Ok(Outcome::show(show::cancel(unit, visit, &subscription)))
}

/// Cancels at the period's end, or at once if the configuration says so.
pub(super) async fn cancel(State(world): State<Arc<World>>, Path(page): Path<String>, input: Input) -> PageResult {
    visit(world, page, move |unit, visit| {
        let feature = &visit.configuration.features.cancel;
        if !feature.enabled {
            return Err(StripeError::refused("Subscriptions can’t be canceled here.").into());
        }
        let mut subscription = visit.subscription(unit, input.text("subscription").unwrap_or_default())?;
        if schedule::pending_phase(unit, &subscription).is_some() {
            return Err(StripeError::refused(
                "A change waits for the end of the period. It has to be taken back first.",
            )
            .into());
        }
        let given = input.text("feedback").filter(|given| feature.reasons.iter().flatten().any(|it| it == given));
        subscription.cancellation.feedback = given.map(str::to_owned).or(subscription.cancellation.feedback.take());
        if feature.immediately {
            cancellation::end(unit, subscription, Some("cancellation_requested"));
        } else {
            set_cancel_at_period_end(unit, &mut subscription, true);
            subscription.save(unit);
        }
        Ok(visit.finish_flow(unit))
    })
    .await
}

/// Withdraws a cancellation or a scheduled change.
pub(super) async fn resume(State(world): State<Arc<World>>, Path(page): Path<String>, input: Input) -> PageResult {
    visit(world, page, move |unit, visit| {
        let mut subscription = visit.subscription(unit, input.text("subscription").unwrap_or_default())?;
        if let Some(scheduled) = schedule::current(unit, &subscription) {
            schedule::release(unit, scheduled, &mut subscription);
        }
        set_cancel_at_period_end(unit, &mut subscription, false);
        subscription.save(unit);
        Ok(visit.finish_flow(unit))
    })
    .await
}

pub(super) async fn card(State(world): State<Arc<World>>, Path(page): Path<String>) -> PageResult {
    visit(world, page, |_, visit| Ok(Outcome::show(show::card(&visit, &CardFields::fresh(None, name_of(&visit))))))
        .await
}

/// Makes the new card the default for the customer's invoices.
pub(super) async fn update_card(State(world): State<Arc<World>>, Path(page): Path<String>, input: Input) -> PageResult {
    visit(world, page, move |unit, visit| {
        if !visit.configuration.features.payment_method_update {
            return Err(StripeError::refused("Cards can’t be changed here.").into());
        }
        let (entry, fields) = match CardFields::typed(&input, false).check(unit) {
            Ok(checked) => checked,
            Err(fields) => return Ok(Outcome::show(show::card(&visit, &fields).status(StatusCode::BAD_REQUEST))),
        };
        let method = payment::new_method(unit, entry);
        let method = match payment::attach(unit, method, &visit.customer.id) {
            Ok(method) => method,
            Err(refused) => {
                let page = show::card(&visit, &fields.refuse(refused.message));
                return Ok(Outcome::show(page.status(StatusCode::PAYMENT_REQUIRED)));
            }
        };
        let before = visit.customer.json(unit);
        let customer = Customer { default_payment_method: Some(method.id.clone()), ..visit.customer.clone() };
        let after = customer.json(unit);
        unit.put(customer);
        emit_change(unit, "customer.updated", &before, after);
        let running: Vec<Subscription> = unit
            .all::<Subscription>()
            .filter(|it| it.customer == visit.customer.id && !it.status.is_over())
            .map(|it| Subscription::clone(it))
            .collect();
        for mut subscription in running {
            subscription.default_payment_method = Some(method.id.clone());
            subscription.save(unit);
        }
        Ok(visit.finish_flow(unit))
    })
    .await
}

fn name_of(visit: &Visit) -> String {
    visit.customer.name.clone().unwrap_or_default()
}
