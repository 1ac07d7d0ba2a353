//! Pages of a list: `page` and `limit` in, `{items, pagination}` out; newest first unless asked otherwise. A key opens one
//! organization's account, so `organization_id` changes nothing.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    call::{Answer, Call, Reply},
    objects::Shown,
};
use crate::world::Unit;

const DEFAULT_LIMIT: usize = 10;
const MAX_LIMIT: usize = 100;

/// One page of the caller's rows that `keep` keeps.
pub(crate) fn page<R: Shown>(unit: &Unit<'_>, call: &Call, keep: impl Fn(&R) -> bool) -> Answer {
    let mut rows: Vec<&Arc<R>> = unit
        .all::<R>()
        .rev()
        .filter(|row| row.account().key == call.account.key && !row.is_gone() && keep(row))
        .collect();
    if call.asked("sorting").next().is_some_and(|sorting| matches!(sorting, "created_at" | "started_at")) {
        rows.reverse();
    }
    cut(call, &rows, |row| row.json(unit))
}

/// The page of `rows` that is asked for.
pub(crate) fn cut<T>(call: &Call, rows: &[T], json: impl Fn(&T) -> Value) -> Answer {
    let limit = call.asked_count("limit", DEFAULT_LIMIT)?.min(MAX_LIMIT);
    let number = call.asked_count("page", 1)?;
    let total = rows.len();
    let items: Vec<Value> = rows.iter().skip(limit.saturating_mul(number - 1)).take(limit).map(json).collect();
    Ok(Reply::Found(
        json!({ "items": items, "pagination": { "total_count": total, "max_page": total.div_ceil(limit) } }),
    ))
}
