//! `/portal/polar/{token}`: the customer portal. There are no deep links: every flow starts on the portal's front page.

mod show;
mod visit;

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
};
use serde::Deserialize;

use self::visit::{Visit, visit};
use crate::{
    billing::card::TestCard,
    page::{
        card_form::CardFields,
        hosted::{Outcome, PageError, PageResult},
        input::{Input, Refusal},
    },
    polar::{
        billing::{
            change::{self as changing, Proration},
            lifecycle,
        },
        error::PolarError,
        objects::{
            Resource,
            customer::{Card, Customer},
            event::emit,
            order::{Order, OrderStatus},
        },
    },
    storage::{Transaction, World},
};

/// How the portal bills a change of product.
const PRORATION: Proration = Proration::Invoice;

/// The parameters of a change of product, from a form or a query.
#[derive(Debug, Deserialize)]
pub(super) struct RequestedChange {
    subscription: String,
    product: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct SubscriptionQuery {
    subscription: String,
}

impl From<PolarError> for PageError {
    fn from(error: PolarError) -> Self {
        Self(error.status, "Polar’s stand-in says no to this.".to_owned())
    }
}

pub(super) async fn show(State(world): State<Arc<World>>, Path(token): Path<String>) -> PageResult {
    visit(world, token, |tx, visit| Ok(Outcome::show(show::home(tx, &visit)))).await
}

pub(super) async fn review_change(
    State(world): State<Arc<World>>,
    Path(token): Path<String>,
    wanted: Result<Query<RequestedChange>, axum::extract::rejection::QueryRejection>,
) -> PageResult {
    visit(world, token, |tx, visit| match wanted {
        Ok(Query(wanted)) => review(tx, &visit, &wanted, false),
        Err(_) => Ok(visit.home()),
    })
    .await
}

/// A page that shows the cost of the change and a button that confirms it.
fn review(tx: &Transaction<'_>, visit: &Visit, wanted: &RequestedChange, is_refused: bool) -> PageResult {
    let before = visit.subscription(tx, &wanted.subscription)?;
    let product = visit.product(tx, &wanted.product)?;
    match changing::plan(tx, &before, &product, PRORATION) {
        Some(change) if before.product != product.id => {
            let page = show::change(tx, visit, &before, &product, &change, is_refused);
            let status = if is_refused { StatusCode::PAYMENT_REQUIRED } else { StatusCode::OK };
            Ok(Outcome::show(page.status(status)))
        }
        _ => Ok(visit.home()),
    }
}

/// Makes the change. If the charge is refused, nothing changes. A repeated post has no effect.
pub(super) async fn change(State(world): State<Arc<World>>, Path(token): Path<String>, input: Input) -> PageResult {
    let text = |name: &str| input.text(name).unwrap_or_default().to_owned();
    let wanted = RequestedChange { subscription: text("subscription"), product: text("product") };
    visit(world, token, move |tx, visit| {
        let before = visit.subscription(tx, &wanted.subscription)?;
        let product = visit.product(tx, &wanted.product)?;
        if before.product == product.id {
            return Ok(visit.home());
        }
        match changing::change_product(tx, &before, &product, PRORATION) {
            Ok(()) => Ok(visit.home()),
            Err(error) if error.status == StatusCode::PAYMENT_REQUIRED => review(tx, &visit, &wanted, true),
            Err(error) => Err(error.into()),
        }
    })
    .await
}

/// Changes the number of seats, and charges for more of them at once. If the charge is refused, nothing changes.
pub(super) async fn change_seats(
    State(world): State<Arc<World>>,
    Path(token): Path<String>,
    input: Input,
) -> Result<PageResult, Refusal> {
    let seats = u32::try_from(input.int("seats", 1..=1000)?).unwrap_or(1);
    let id = input.text("subscription").unwrap_or_default().to_owned();
    let shows = visit(world, token, move |tx, visit| {
        let before = visit.subscription(tx, &id)?;
        changing::change_seats(tx, &before, seats, PRORATION)?;
        Ok(visit.home())
    });
    Ok(shows.await)
}

pub(super) async fn review_cancel(
    State(world): State<Arc<World>>,
    Path(token): Path<String>,
    of: Result<Query<SubscriptionQuery>, axum::extract::rejection::QueryRejection>,
) -> PageResult {
    visit(world, token, |tx, visit| match of {
        Ok(Query(of)) => {
            let subscription = visit.subscription(tx, &of.subscription)?;
            Ok(Outcome::show(show::cancel(tx, &visit, &subscription)))
        }
        Err(_) => Ok(visit.home()),
    })
    .await
}

pub(super) async fn cancel(State(world): State<Arc<World>>, Path(token): Path<String>, input: Input) -> PageResult {
    set_ending(world, token, &input, true).await
}

/// Withdraws a cancellation.
pub(super) async fn resume(State(world): State<Arc<World>>, Path(token): Path<String>, input: Input) -> PageResult {
    set_ending(world, token, &input, false).await
}

async fn set_ending(world: Arc<World>, token: String, input: &Input, ends: bool) -> PageResult {
    let id = input.text("subscription").unwrap_or_default().to_owned();
    visit(world, token, move |tx, visit| {
        let subscription = visit.subscription(tx, &id)?;
        if subscription.cancel_at_period_end != ends {
            lifecycle::cancel_at_period_end(tx, subscription, ends);
        }
        Ok(visit.home())
    })
    .await
}

pub(super) async fn card(State(world): State<Arc<World>>, Path(token): Path<String>) -> PageResult {
    visit(world, token, |_, visit| {
        let name = visit.customer.name.clone().unwrap_or_default();
        Ok(Outcome::show(show::card(&visit, &CardFields::fresh(None, name))))
    })
    .await
}

/// Replaces the card and retries pending orders with it.
pub(super) async fn update_card(
    State(world): State<Arc<World>>,
    Path(token): Path<String>,
    input: Input,
) -> PageResult {
    visit(world, token, move |tx, visit| {
        let (entry, fields) = match CardFields::typed(&input, false).check(tx) {
            Ok(checked) => checked,
            Err(fields) => return Ok(Outcome::show(show::card(&visit, &fields).status(StatusCode::BAD_REQUEST))),
        };
        if entry.card == TestCard::IsDeclined {
            let page = show::card(&visit, &fields.refuse(lifecycle::DECLINED));
            return Ok(Outcome::show(page.status(StatusCode::PAYMENT_REQUIRED)));
        }
        let customer = Customer { card: Some(Card::new(tx, &entry)), modified: Some(tx.now), ..visit.customer.clone() };
        let (body, account) = (customer.json(tx), customer.account.clone());
        tx.put(customer);
        emit(tx, &account, "customer.updated", body);
        let owed: Vec<Order> = tx
            .owned::<Order>(&visit.customer.id)
            .filter(|order| order.status == OrderStatus::Pending)
            .map(|order| Order::clone(order))
            .collect();
        for order in owed {
            lifecycle::retry(tx, order);
        }
        Ok(visit.home())
    })
    .await
}
