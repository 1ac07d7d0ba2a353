//! Actions on the workspace's webhook endpoints.

use ::billing::service::{
    ServiceError,
    webhook::endpoint::{EndpointChange, EndpointSettings, EndpointWithSecret},
};
use domain::{account::Viewer, tenant::webhook_event::WebhookEvent};
use leptos::prelude::*;

use crate::{
    actions::{confirmed, once::once, redirect_with_error, signed_in, signed_in_with},
    request::{
        draft::Draft,
        local_path::with_query,
        redirect,
        shown_once::{Recipient, WEBHOOK_SECRET},
    },
};

/// Path of the list of the workspace's endpoints.
pub(crate) const PAGE: &str = "/settings/webhooks";

/// Path of an endpoint's page below the list's `page`. Reduces a posted `id` to one safe path segment.
pub(crate) fn page_of(page: &str, id: &str) -> String {
    let plain: String = id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(64).collect();
    format!("{page}/{plain}")
}

/// Creates an endpoint. Its page shows the secret once. The form's key makes a repeated submit idempotent.
#[server(prefix = "/rpc", endpoint = "add-webhook")]
pub(crate) async fn add_webhook(
    #[server(default)] url: String,
    #[server(default)] description: String,
    #[server(default)] events: Vec<String>,
    #[server(default)] key: String,
) -> Result<(), ServerFnError> {
    let draft = draft(&url, &description, &events);
    let Some((services, viewer)) = signed_in_with(&draft) else { return Ok(()) };
    let made = async {
        let confirmed = confirmed(&services)?;
        let settings =
            EndpointSettings { url: url.clone(), description: description.clone(), events: chosen(&events)? };
        let events = events.join(" ");
        let content = [&*url, &*description, &*events];
        let (services, viewer, confirmed) = (&services, &viewer, &confirmed);
        let work = |_| async move {
            services.endpoints().create_endpoint(viewer, confirmed, settings).await.map(|made| shown(&made))
        };
        once(services, Recipient::workspace(viewer), "add-webhook", &key, &content, work).await
    };
    match made.await {
        Ok(made) => show(&viewer, &made, "made"),
        Err(error) => {
            draft.keep();
            redirect_with_error(PAGE, Vec::new(), &error);
        }
    }
    Ok(())
}

/// Updates an endpoint's URL, description and events.
#[server(prefix = "/rpc", endpoint = "change-webhook")]
pub(crate) async fn change_webhook(
    #[server(default)] id: String,
    #[server(default)] url: String,
    #[server(default)] description: String,
    #[server(default)] events: Vec<String>,
) -> Result<(), ServerFnError> {
    let draft = draft(&url, &description, &events).about(&id);
    let Some((services, viewer)) = signed_in_with(&draft) else { return Ok(()) };
    let changed = async {
        let events = Some(chosen(&events)?);
        let change = EndpointChange { url: Some(url), description: Some(description), events, enabled: None };
        services.endpoints().change_endpoint(&viewer, &id, change, confirmed(&services).ok().as_ref()).await
    };
    match changed.await {
        Ok(_) => say(&id, "changed"),
        Err(error) => {
            draft.keep();
            redirect_with_error(&page_of(PAGE, &id), Vec::new(), &error);
        }
    }
    Ok(())
}

/// Enables or disables an endpoint.
#[server(prefix = "/rpc", endpoint = "switch-webhook")]
pub(crate) async fn switch_webhook(
    #[server(default)] id: String,
    #[server(default)] to: String,
) -> Result<(), ServerFnError> {
    let Some((services, viewer)) = signed_in() else { return Ok(()) };
    let enabled = to == "on";
    let change = EndpointChange { enabled: Some(enabled), ..EndpointChange::default() };
    match services.endpoints().change_endpoint(&viewer, &id, change, None).await {
        Ok(_) => say(&id, if enabled { "enabled" } else { "disabled" }),
        Err(error) => redirect_with_error(&page_of(PAGE, &id), Vec::new(), &error),
    }
    Ok(())
}

/// Deletes an endpoint.
#[server(prefix = "/rpc", endpoint = "delete-webhook")]
pub(crate) async fn delete_webhook(#[server(default)] id: String) -> Result<(), ServerFnError> {
    let Some((services, viewer)) = signed_in() else { return Ok(()) };
    match services.endpoints().delete_endpoint(&viewer, &id).await {
        Ok(()) => redirect(&with_query(PAGE, &[("code", "deleted")])),
        Err(error) => redirect_with_error(PAGE, Vec::new(), &error),
    }
    Ok(())
}

/// Rotates an endpoint's secret. The endpoint's page shows the new secret once.
#[server(prefix = "/rpc", endpoint = "rotate-webhook")]
pub(crate) async fn rotate_webhook(#[server(default)] id: String) -> Result<(), ServerFnError> {
    let Some((services, viewer)) = signed_in() else { return Ok(()) };
    let rotated = async { services.endpoints().rotate_endpoint_secret(&viewer, &confirmed(&services)?, &id).await };
    match rotated.await {
        Ok(made) => show(&viewer, &shown(&made), "rotated"),
        Err(error) => redirect_with_error(&page_of(PAGE, &id), Vec::new(), &error),
    }
    Ok(())
}

/// Sends a ping to an endpoint.
#[server(prefix = "/rpc", endpoint = "test-webhook")]
pub(crate) async fn test_webhook(#[server(default)] id: String) -> Result<(), ServerFnError> {
    let Some((services, viewer)) = signed_in() else { return Ok(()) };
    match services.endpoints().ping_endpoint(&viewer, &id).await {
        Ok(_) => say(&id, "pinged"),
        Err(error) => redirect_with_error(&page_of(PAGE, &id), Vec::new(), &error),
    }
    Ok(())
}

/// Sends a delivery again.
#[server(prefix = "/rpc", endpoint = "resend-webhook")]
pub(crate) async fn resend_webhook(
    #[server(default)] id: String,
    #[server(default)] delivery: String,
) -> Result<(), ServerFnError> {
    let Some((services, viewer)) = signed_in() else { return Ok(()) };
    match services.endpoints().resend_message(&viewer, &id, &delivery).await {
        Ok(_) => say(&id, "resent"),
        Err(error) => redirect_with_error(&page_of(PAGE, &id), Vec::new(), &error),
    }
    Ok(())
}

pub(super) fn draft(url: &str, description: &str, events: &[String]) -> Draft {
    let texts = [("url", url), ("description", description)];
    Draft::of(texts.into_iter().chain(events.iter().map(|event| ("events", event.as_str()))))
}

/// Parses the selected events. Returns `None`, which means every event, if no event is selected.
pub(super) fn chosen(events: &[String]) -> Result<Option<Vec<WebhookEvent>>, ServiceError> {
    let read = events.iter().map(|event| event.parse().ok()).collect::<Option<Vec<_>>>();
    let read = read.ok_or_else(|| ServiceError::field("events", "There is no such event."))?;
    Ok((!read.is_empty()).then_some(read))
}

/// Returns the endpoint's id and its secret, joined by a dot. Ids contain no dot.
pub(super) fn shown(made: &EndpointWithSecret) -> String {
    format!("{}.{}", made.endpoint.id, made.secret)
}

/// Returns the id of an endpoint from what [`shown`] returns.
pub(super) fn id_of(shown: &str) -> &str {
    shown.split_once('.').map_or(shown, |(id, _)| id)
}

fn show(viewer: &Viewer, shown: &str, code: &str) {
    WEBHOOK_SECRET.keep(Recipient::workspace(viewer), shown);
    say(id_of(shown), code);
}

fn say(id: &str, code: &str) {
    redirect(&with_query(&page_of(PAGE, id), &[("code", code)]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_selection_means_every_event_and_an_unknown_event_is_rejected() {
        assert_eq!(chosen(&[]).unwrap(), None);
        assert_eq!(chosen(&["limit.reached".to_owned()]).unwrap(), Some(vec![WebhookEvent::LimitReached]));
        assert!(chosen(&["limit.broken".to_owned()]).is_err());
    }

    #[test]
    fn an_id_stays_one_path_segment() {
        assert_eq!(page_of(PAGE, "../../login?x"), "/settings/webhooks/loginx");
    }
}
