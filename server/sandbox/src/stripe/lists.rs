//! Pagination by `starting_after` and `ending_before`, newest first ("Pagination" in Stripe's API reference).
//!
//! A page reads only the rows from its cursor on, so that walking a large account takes time in proportion to its size.

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
    page_of(tx, call, url, None, keep)
}

/// As [`page`], of the rows of `owner` only. `None` for all rows.
pub(crate) fn page_of<R: Resource>(
    tx: &Transaction<'_>,
    call: &Call,
    url: &str,
    owner: Option<&str>,
    keep: impl Fn(&R) -> bool,
) -> Result<Value, StripeError> {
    let limit = limit(call)?;
    let after = call.params.text("starting_after")?;
    let before = call.params.text("ending_before")?;
    if after.is_some() && before.is_some() {
        return Err(StripeError::bad(
            "ending_before",
            "Received both starting_after and ending_before: only one of them can be used.",
        ));
    }
    let range = created_range(call)?;
    call.params.finish()?;
    for (id, param) in [(&after, "starting_after"), (&before, "ending_before")] {
        if let Some(id) = id.as_ref().filter(|id| tx.get::<R>(id).is_none()) {
            return Err(StripeError::no_such(R::WHAT, id, param));
        }
    }

    let is_listed =
        |row: &&Arc<R>| range.is_none_or(|(from, to)| (from..=to).contains(&row.created().as_secs())) && keep(row);
    let mut rows: Vec<&Arc<R>> = match &before {
        Some(id) => tx.newer::<R>(owner, id).filter(is_listed).take(limit + 1).collect(),
        None => tx.older::<R>(owner, after.as_deref()).rev().filter(is_listed).take(limit + 1).collect(),
    };
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    if before.is_some() {
        rows.reverse();
    }
    let data: Vec<Value> = rows.into_iter().map(|row| row.json(tx)).collect();
    Ok(json!({ "object": "list", "data": data, "has_more": has_more, "url": url }))
}

/// The parameter `limit`: the number of objects on a page.
pub(super) fn limit(call: &Call) -> Result<usize, StripeError> {
    let limit = call.params.int("limit")?.unwrap_or(DEFAULT_LIMIT);
    if (1..=MAX_LIMIT).contains(&limit) {
        return Ok(usize::try_from(limit).unwrap_or_default());
    }
    Err(StripeError::bad_as(
        "parameter_invalid_integer",
        "limit",
        format!("Invalid integer: limit must be between 1 and {MAX_LIMIT}"),
    ))
}

/// The first and the last second that the parameter `created` allows. `None` if it is absent.
fn created_range(call: &Call) -> Result<Option<(i64, i64)>, StripeError> {
    match &call.params.group("created").ok().flatten() {
        None => Ok(call.params.int("created")?.map(|at| (at, at))),
        Some(range) => {
            let from = range.int("gte")?.or(range.int("gt")?.map(|at| at.saturating_add(1)));
            let to = range.int("lte")?.or(range.int("lt")?.map(|at| at.saturating_sub(1)));
            Ok(Some((from.unwrap_or(i64::MIN), to.unwrap_or(i64::MAX))))
        }
    }
}
