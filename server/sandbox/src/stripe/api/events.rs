//! `/v1/events`

use crate::{
    storage::Transaction,
    stripe::{
        call::{Answer, Call},
        lists,
        objects::event::Event,
    },
};

pub(crate) fn list(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let kind = call.params.text("type")?;
    let kinds = call.params.texts("types")?;
    let matches = |pattern: &str, kind: &str| {
        pattern == kind || pattern.strip_suffix('*').is_some_and(|start| kind.starts_with(start))
    };
    let keep = |event: &Event| {
        kind.as_ref().is_none_or(|pattern| matches(pattern, &event.kind))
            && kinds.as_ref().is_none_or(|all| all.iter().any(|pattern| matches(pattern, &event.kind)))
    };
    Ok(lists::page(tx, call, "/v1/events", keep)?.into())
}
