//! Pagination: a list reads `page` and `limit` from the query and returns `{items, pagination}`, newest first by
//! default. A token sees one organization, so `organization_id` has no effect.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    call::{Answer, Call, Reply},
    objects::Resource,
};
use crate::storage::Transaction;

const DEFAULT_LIMIT: usize = 10;
const MAX_LIMIT: usize = 100;

/// One page of the account's rows that match `keep`.
pub(crate) fn page<R: Resource>(tx: &Transaction<'_>, call: &Call, keep: impl Fn(&R) -> bool) -> Answer {
    let mut rows: Vec<&Arc<R>> = tx
        .all::<R>()
        .rev()
        .filter(|row| row.account().key == call.account.key && !row.is_deleted() && keep(row))
        .collect();
    if call.query_values("sorting").next().is_some_and(|sorting| matches!(sorting, "created_at" | "started_at")) {
        rows.reverse();
    }
    paginate(call, &rows, |row| row.json(tx))
}

/// The requested page of `rows`.
pub(crate) fn paginate<T>(call: &Call, rows: &[T], json: impl Fn(&T) -> Value) -> Answer {
    let limit = call.query_count("limit", DEFAULT_LIMIT)?.min(MAX_LIMIT);
    let number = call.query_count("page", 1)?;
    let total = rows.len();
    let items: Vec<Value> = rows.iter().skip(limit.saturating_mul(number - 1)).take(limit).map(json).collect();
    Ok(Reply::Found(
        json!({ "items": items, "pagination": { "total_count": total, "max_page": total.div_ceil(limit) } }),
    ))
}
