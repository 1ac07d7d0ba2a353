//! The board at `/`: the sandbox's objects, the webhooks it sent, and switches that simulate failures.

pub(crate) mod clock;
mod polar;
mod show;
mod stripe;
mod table;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

use crate::{
    page::input::{Input, Refusal},
    polar::objects::customer::Customer as PolarCustomer,
    storage::{
        Settings, StorageError, World,
        deliveries::{Delivery, State as DeliveryState},
    },
    stripe::objects::customer::Customer,
};

const MAX_DROP: i64 = 10_000;
const MAX_CALLS: i64 = 10_000;
/// A hundred percent, in hundredths of a percent.
const MAX_TAX_RATE: i64 = 10_000;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/", get(home))
        .route("/stripe/limit", post(limit_calls))
        .route("/stripe/tax", post(set_tax_rate))
        .route("/polar/limit", post(limit_polar_calls))
        .route("/deliveries", get(list))
        .route("/deliveries/drop", post(drop_next))
        .route("/deliveries/hold", post(hold))
        .route("/deliveries/release", post(release_all))
        .route("/deliveries/{id}/release", post(release))
        .route("/deliveries/{id}/resend", post(resend))
        .route("/customers/{id}/fail_payments", post(fail_payments))
        .route("/polar/tokens", post(polar::set_scopes))
}

async fn home(State(world): State<Arc<World>>) -> Result<Response, Refusal> {
    let page = world.transact(|tx| Ok::<_, StorageError>(show::board(tx))).await?;
    Ok(page.into_response())
}

/// Lists deliveries, newest first.
async fn list(State(world): State<Arc<World>>) -> Result<Json<Value>, Refusal> {
    let all = world.transact(|tx| {
        Ok::<_, StorageError>(tx.all::<Delivery>().rev().map(|delivery| delivery_json(delivery)).collect())
    });
    Ok(Json(all.await?))
}

fn delivery_json(delivery: &Delivery) -> Value {
    json!({
        "id": delivery.id,
        "event_id": delivery.event,
        "type": delivery.kind,
        "url": delivery.url,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "last_status": delivery.last_status,
        "last_error": delivery.last_error,
        "created": delivery.created.as_secs(),
    })
}

async fn drop_next(State(world): State<Arc<World>>, input: Input) -> Result<Response, Refusal> {
    let count = u32::try_from(input.int("count", 0..=MAX_DROP)?).unwrap_or_default();
    change_settings(world, input, move |settings| settings.drop_next = count).await
}

async fn hold(State(world): State<Arc<World>>, input: Input) -> Result<Response, Refusal> {
    let on = input.flag("on")?;
    change_settings(world, input, move |settings| settings.hold = on).await
}

/// Makes Stripe's API answer 429: to the next `next` calls, and to all beyond `per_sec` calls a second. A field that is
/// left out stays as it is. Zero calls a second stand for any number.
async fn limit_calls(State(world): State<Arc<World>>, input: Input) -> Result<Response, Refusal> {
    let read = |name: &str| -> Result<Option<u32>, Refusal> {
        if !input.has(name) {
            return Ok(None);
        }
        Ok(u32::try_from(input.int(name, 0..=MAX_CALLS)?).ok())
    };
    let (next, per_sec) = (read("next")?, read("per_sec")?);
    if next.is_none() && per_sec.is_none() {
        return Err(Refusal::bad("Send next, per_sec or both."));
    }
    change_settings(world, input, move |settings| {
        settings.limit_next = next.unwrap_or(settings.limit_next);
        if let Some(per_sec) = per_sec {
            settings.calls_per_sec = Some(per_sec).filter(|most| *most > 0);
        }
    })
    .await
}

/// Makes Polar's API answer 429 to the next `next` calls.
async fn limit_polar_calls(State(world): State<Arc<World>>, input: Input) -> Result<Response, Refusal> {
    let next = u32::try_from(input.int("next", 0..=MAX_CALLS)?).unwrap_or_default();
    change_settings(world, input, move |settings| settings.polar_limit_next = next).await
}

/// Sets the rate of automatic tax: `percent`, or `rate` in hundredths of a percent.
async fn set_tax_rate(State(world): State<Arc<World>>, input: Input) -> Result<Response, Refusal> {
    let rate = if input.has("percent") {
        input.int("percent", 0..=MAX_TAX_RATE / 100)? * 100
    } else {
        input.int("rate", 0..=MAX_TAX_RATE)?
    };
    let rate = u32::try_from(rate).unwrap_or_default();
    change_settings(world, input, move |settings| settings.tax_rate = rate).await
}

async fn change_settings(
    world: Arc<World>,
    input: Input,
    change: impl FnOnce(&mut Settings) + Send + 'static,
) -> Result<Response, Refusal> {
    let settings = world
        .transact(move |tx| {
            let mut settings = Settings::clone(&Settings::of(tx));
            change(&mut settings);
            tx.put(settings.clone());
            Ok::<_, StorageError>(settings)
        })
        .await?;
    Ok(input.answer(json!({
        "hold": settings.hold,
        "drop_next": settings.drop_next,
        "limit_next": settings.limit_next,
        "calls_per_sec": settings.calls_per_sec,
        "polar_limit_next": settings.polar_limit_next,
        "tax_rate": settings.tax_rate,
    })))
}

async fn release(State(world): State<Arc<World>>, Path(id): Path<String>, input: Input) -> Result<Response, Refusal> {
    let released = queue(&world, id, |delivery| delivery.state == DeliveryState::Held, "is not held").await?;
    Ok(input.answer(released))
}

async fn resend(State(world): State<Arc<World>>, Path(id): Path<String>, input: Input) -> Result<Response, Refusal> {
    Ok(input.answer(queue(&world, id, |_| true, "cannot be sent").await?))
}

async fn queue(
    world: &Arc<World>,
    id: String,
    may: fn(&Delivery) -> bool,
    else_it: &'static str,
) -> Result<Value, Refusal> {
    world
        .transact(move |tx| {
            let found = tx.get::<Delivery>(&id);
            let mut delivery = found
                .map(|delivery| Delivery::clone(&delivery))
                .ok_or_else(|| Refusal::not_found(format!("There is no delivery {id}.")))?;
            if !may(&delivery) {
                return Err(Refusal::bad(format!("The delivery {id} {else_it}.")));
            }
            delivery.queue(tx.wall);
            let answer = delivery_json(&delivery);
            tx.put(delivery);
            Ok(answer)
        })
        .await
}

/// Releases all held deliveries, oldest first.
async fn release_all(State(world): State<Arc<World>>, input: Input) -> Result<Response, Refusal> {
    let released = world
        .transact(|tx| {
            let held = |delivery: &&Arc<Delivery>| delivery.state == DeliveryState::Held;
            let held: Vec<_> = tx.all::<Delivery>().filter(held).cloned().collect();
            for delivery in &held {
                let mut delivery = Delivery::clone(delivery);
                delivery.queue(tx.wall);
                tx.put(delivery);
            }
            Ok::<_, StorageError>(held.len())
        })
        .await?;
    Ok(input.answer(json!({ "released": released })))
}

async fn fail_payments(
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    input: Input,
) -> Result<Response, Refusal> {
    let on = input.flag("on")?;
    let answer = json!({ "id": id, "fail_payments": on });
    world
        .transact(move |tx| {
            if let Some(found) = tx.get::<PolarCustomer>(&id).filter(|customer| customer.deleted.is_none()) {
                tx.put(PolarCustomer { fail_payments: on, ..PolarCustomer::clone(&found) });
                return Ok(());
            }
            let found = tx.get::<Customer>(&id).filter(|customer| !customer.deleted);
            let found = found.ok_or_else(|| Refusal::not_found(format!("There is no customer {id}.")))?;
            tx.put(Customer { fail_payments: on, ..Customer::clone(&found) });
            Ok::<_, Refusal>(())
        })
        .await?;
    Ok(input.answer(answer))
}
