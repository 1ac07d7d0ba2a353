//! `/v1/webhook_endpoints`

use serde_json::json;

use super::web_url;
use crate::{
    storage::{Transaction, ids},
    stripe::{
        call::{Answer, Call},
        error::StripeError,
        json_parts::with,
        lists,
        objects::{Metadata, Resource, find, webhook_endpoint::WebhookEndpoint},
        params::Params,
        version,
    },
};

/// Stripe's limit of endpoints per account in test mode.
const MAX_ENDPOINTS: usize = 16;

/// Creates an endpoint. Only this response contains the secret.
pub(crate) fn create(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let api_version = params.text("api_version")?;
    if let Some(wrong) = api_version.as_deref().filter(|version| !version::is_valid(version)) {
        return Err(StripeError::bad("api_version", format!("Invalid Stripe API version: {wrong}")));
    }
    if tx.count::<WebhookEndpoint>() >= MAX_ENDPOINTS {
        return Err(StripeError::refused(format!(
            "You have reached the maximum of {MAX_ENDPOINTS} test webhook endpoints."
        )));
    }
    let mut endpoint = WebhookEndpoint {
        id: ids::new("we"),
        created: tx.now,
        url: params.require("url")?,
        enabled_events: Vec::new(),
        enabled: true,
        description: None,
        metadata: Metadata::new(),
        secret: ids::secret("whsec"),
        api_version,
    };
    write(params, &mut endpoint)?;
    if endpoint.enabled_events.is_empty() {
        return Err(StripeError::missing("enabled_events"));
    }
    let object = with(endpoint.json(tx), "secret", endpoint.secret.clone());
    tx.put(endpoint);
    Ok(object.into())
}

pub(crate) fn update(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let mut endpoint = find::<WebhookEndpoint>(tx, &call.id)?;
    if let Some(url) = call.params.text("url")? {
        endpoint.url = url;
    }
    if let Some(disabled) = call.params.flag("disabled")? {
        endpoint.enabled = !disabled;
    }
    write(&call.params, &mut endpoint)?;
    let object = endpoint.json(tx);
    tx.put(endpoint);
    Ok(object.into())
}

pub(crate) fn list(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    Ok(lists::page::<WebhookEndpoint>(tx, call, "/v1/webhook_endpoints", |_| true)?.into())
}

pub(crate) fn delete(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    call.params.finish()?;
    let endpoint = find::<WebhookEndpoint>(tx, &call.id)?;
    tx.delete::<WebhookEndpoint>(&endpoint.id);
    Ok(json!({ "id": endpoint.id, "object": "webhook_endpoint", "deleted": true }).into())
}

fn write(params: &Params, endpoint: &mut WebhookEndpoint) -> Result<(), StripeError> {
    endpoint.url = web_url("url", std::mem::take(&mut endpoint.url))?;
    if let Some(events) = params.texts("enabled_events")? {
        let is_name = |name: &str| {
            name == "*" || (name.contains('.') && name.bytes().all(|b| b.is_ascii_lowercase() || b"._".contains(&b)))
        };
        if let Some(wrong) = events.iter().find(|name| !is_name(name)) {
            return Err(StripeError::bad(
                "enabled_events",
                format!("Invalid enabled_events: {wrong} is not the name of an event."),
            ));
        }
        endpoint.enabled_events = events;
    }
    params.patch("description", &mut endpoint.description)?;
    params.metadata(&mut endpoint.metadata)?;
    params.accept(&["connect"]);
    params.finish()
}
