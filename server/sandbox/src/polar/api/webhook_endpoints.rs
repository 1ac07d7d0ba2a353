//! `/v1/webhooks/endpoints`

use serde_json::Value;

use crate::{
    polar::{
        call::{Answer, Call, Reply},
        error::PolarError,
        lists,
        objects::{Resource, find, webhook_endpoint::WebhookEndpoint},
    },
    storage::{Transaction, ids},
};

pub(crate) fn list(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    lists::page::<WebhookEndpoint>(tx, call, |_| true)
}

pub(crate) fn retrieve(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    Ok(Reply::Found(find::<WebhookEndpoint>(tx, &call.account, &call.id)?.json(tx)))
}

pub(crate) fn create(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    if call.require("format")? != "raw" {
        let message = "The sandbox sends webhooks in the format 'raw'.";
        return Err(PolarError::field("format", "enum", message, call.field("format").cloned().unwrap_or_default()));
    }
    let endpoint = WebhookEndpoint {
        id: ids::uuid(),
        account: call.account.clone(),
        created: tx.now,
        modified: None,
        url: call.web_url("url")?.ok_or_else(|| PolarError::missing("url"))?,
        name: call.text("name")?,
        events: events(call)?.ok_or_else(|| PolarError::missing("events"))?,
        secret: ids::secret("polar_whs"),
        enabled: true,
    };
    let body = endpoint.json(tx);
    tx.put(endpoint);
    Ok(Reply::Made(body))
}

pub(crate) fn update(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let mut endpoint = find::<WebhookEndpoint>(tx, &call.account, &call.id)?;
    if let Some(url) = call.web_url("url")? {
        endpoint.url = url;
    }
    if let Some(events) = events(call)? {
        endpoint.events = events;
    }
    if let Some(enabled) = call.flag("enabled")? {
        endpoint.enabled = enabled;
    }
    endpoint.modified = Some(tx.now);
    let body = endpoint.json(tx);
    tx.put(endpoint);
    Ok(Reply::Found(body))
}

pub(crate) fn delete(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let endpoint = find::<WebhookEndpoint>(tx, &call.account, &call.id)?;
    tx.delete::<WebhookEndpoint>(&endpoint.id);
    Ok(Reply::Nothing)
}

fn events(call: &Call) -> Result<Option<Vec<String>>, PolarError> {
    let Some(list) = call.list("events")? else { return Ok(None) };
    let text = |value: &Value| match value.as_str() {
        Some(kind) if kind.contains('.') => Ok(kind.to_owned()),
        _ => Err(PolarError::field("events", "enum", "Input should be an event type", value.clone())),
    };
    list.iter().map(text).collect::<Result<_, _>>().map(Some)
}
