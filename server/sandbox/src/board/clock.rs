//! `/clock`: reads the billing clock and moves it forward.

use std::sync::Arc;

use axum::{Json, Router, extract::State, response::Response, routing::get};
use domain::time::Clock;
use serde_json::{Value, json};

use crate::{
    page::input::{Input, Refusal},
    storage::World,
};

const SECS_PER_DAY: i64 = 86_400;
/// The largest step of one request: ten years.
const MAX_STEP_SECS: i64 = 10 * 366 * SECS_PER_DAY;
/// The largest total offset: a thousand years, so that dates stay representable.
const MAX_OFFSET_SECS: i64 = 1000 * 366 * SECS_PER_DAY;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new().route("/clock", get(read).post(advance))
}

async fn read(State(world): State<Arc<World>>) -> Json<Value> {
    Json(reading(&world))
}

/// Moves the clock by `advance_secs` or `advance_days`, and answers once everything that became due is processed.
async fn advance(State(world): State<Arc<World>>, input: Input) -> Result<Response, Refusal> {
    let secs = if input.has("advance_days") {
        input.int("advance_days", 1..=MAX_STEP_SECS / SECS_PER_DAY)? * SECS_PER_DAY
    } else {
        input.int("advance_secs", 1..=MAX_STEP_SECS)?
    };
    if world.billing.offset_secs() + secs > MAX_OFFSET_SECS {
        return Err(Refusal::bad("The clock is a thousand years ahead; start with a fresh data folder."));
    }
    world.advance(secs).await?;
    Ok(input.answer(reading(&world)))
}

fn reading(world: &World) -> Value {
    json!({ "now": world.billing.now().rfc3339_secs(), "offset_secs": world.billing.offset_secs() })
}
