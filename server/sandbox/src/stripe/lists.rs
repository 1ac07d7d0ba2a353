//! Pagination by `starting_after` and `ending_before`, newest first ("Pagination" in Stripe's API reference).

use std::sync::Arc;

use serde_json::{Value, json};

use super::{call::Call, error::StripeError, objects::Resource};
use crate::storage::Transaction;

const DEFAULT_LIMIT: i64 = 10;
const MAX_LIMIT: i64 = 100;

/// One page of the visible rows that match `keep`.
pub(crate) fn page<R: Resource>(
    tx: &Transaction<'_>,
    call: &Call,
    url: &str,
    keep: impl Fn(&R) -> bool,
) -> Result<Value, StripeError> {
    let limit = call.params.int("limit")?.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(StripeError::bad_as(
            "parameter_invalid_integer",
            "limit",
            format!("Invalid integer: limit must be between 1 and {MAX_LIMIT}"),
        ));
    }
    let limit = usize::try_from(limit).unwrap_or_default();
    let after = call.params.text("starting_after")?;
    let before = call.params.text("ending_before")?;
    if after.is_some() && before.is_some() {
        return Err(StripeError::bad(
            "ending_before",
            "Received both starting_after and ending_before: only one of them can be used.",
        ));
    }
    let created = call.params.group("created").ok().flatten();
    let range = match &created {
        None => call.params.int("created")?.map(|at| (at, at)),
        Some(range) => {
            let from = range.int("gte")?.or(range.int("gt")?.map(|at| at.saturating_add(1)));
            let to = range.int("lte")?.or(range.int("lt")?.map(|at| at.saturating_sub(1)));
            Some((from.unwrap_or(i64::MIN), to.unwrap_or(i64::MAX)))
        }
    };
    call.params.finish()?;

    let in_range = |row: &R| range.is_none_or(|(from, to)| (from..=to).contains(&row.created().as_secs()));
    let rows: Vec<&Arc<R>> = tx.all::<R>().rev().filter(|row| keep(row) && in_range(row)).collect();
    let place_of = |id: &str, param: &str| {
        rows.iter().position(|row| row.id() == id).ok_or_else(|| StripeError::no_such(R::WHAT, id, param))
    };
    let (start, end, has_more) = match (after, before) {
        (Some(id), _) => {
            let start = place_of(&id, "starting_after")? + 1;
            let end = rows.len().min(start + limit);
            (start, end, end < rows.len())
        }
        (None, Some(id)) => {
            let end = place_of(&id, "ending_before")?;
            let start = end.saturating_sub(limit);
            (start, end, start > 0)
        }
        (None, None) => (0, rows.len().min(limit), rows.len() > limit),
    };
    let data: Vec<Value> = rows.get(start..end).unwrap_or_default().iter().map(|row| row.json(tx)).collect();
    Ok(json!({ "object": "list", "data": data, "has_more": has_more, "url": url }))
}
