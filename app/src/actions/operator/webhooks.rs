//! Actions on the webhook endpoints of the installation.

use ::billing::service::webhook::endpoint::{EndpointChange, EndpointSettings};
use domain::ids::TenantId;
use leptos::prelude::*;

use super::{at_desk, at_desk_with};
use crate::{
    actions::{
        confirmed,
        once::once,
        redirect_with_error,
        webhooks::{chosen, draft, id_of, page_of, shown},
    },
    request::{
        PageRequest,
        local_path::with_query,
        redirect,
        shown_once::{DESK_WEBHOOK_SECRET, Recipient},
    },
};

/// Path of the list of the installation's endpoints.
pub(crate) const PAGE: &str = "/operator/webhooks";

/// Creates an endpoint of the installation. Its page shows the secret once. The form's key makes a repeated submit
/// idempotent.
#[server(prefix = "/rpc", endpoint = "operator-add-webhook")]
pub(crate) async fn operator_add_webhook(
    #[server(default)] url: String,
    #[server(default)] description: String,
    #[server(default)] events: Vec<String>,
    #[server(default)] key: String,
) -> Result<(), ServerFnError> {
    let draft = draft(&url, &description, &events);
    let Some((services, operator)) = at_desk_with(&draft) else { return Ok(()) };
    let made = async {
        let (operator, confirmed) = (operator?, confirmed(&services)?);
        let settings =
            EndpointSettings { url: url.clone(), description: description.clone(), events: chosen(&events)? };
        let events = events.join(" ");
        let content = [&*url, &*description, &*events];
        let (services, operator, confirmed) = (&services, &operator, &confirmed);
        let work = |_| async move {
            services.endpoints().create_endpoint(operator, confirmed, settings).await.map(|made| shown(&made))
        };
        let installation = TenantId::installation();
        let by = Recipient::desk(operator.user(), &installation);
        once(services, by, "operator-add-webhook", &key, &content, work).await
    };
    match made.await {
        Ok(made) => show(&made, "made"),
        Err(error) => {
            draft.keep();
            redirect_with_error(PAGE, Vec::new(), &error);
        }
    }
    Ok(())
}

/// Updates the URL, description and events of an endpoint of the installation.
#[server(prefix = "/rpc", endpoint = "operator-change-webhook")]
pub(crate) async fn operator_change_webhook(
    #[server(default)] id: String,
    #[server(default)] url: String,
    #[server(default)] description: String,
    #[server(default)] events: Vec<String>,
) -> Result<(), ServerFnError> {
    let draft = draft(&url, &description, &events).about(&id);
    let Some((services, operator)) = at_desk_with(&draft) else { return Ok(()) };
    let changed = async {
        let events = Some(chosen(&events)?);
        let change = EndpointChange { url: Some(url), description: Some(description), events, enabled: None };
        services.endpoints().change_endpoint(&operator?, &id, change, Some(&confirmed(&services)?)).await
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

/// Enables or disables an endpoint of the installation.
#[server(prefix = "/rpc", endpoint = "operator-switch-webhook")]
pub(crate) async fn operator_switch_webhook(
    #[server(default)] id: String,
    #[server(default)] to: String,
) -> Result<(), ServerFnError> {
    let Some((services, operator)) = at_desk() else { return Ok(()) };
    let enabled = to == "on";
    let change = EndpointChange { enabled: Some(enabled), ..EndpointChange::default() };
    let switched = async { services.endpoints().change_endpoint(&operator?, &id, change, None).await };
    match switched.await {
        Ok(_) => say(&id, if enabled { "enabled" } else { "disabled" }),
        Err(error) => redirect_with_error(&page_of(PAGE, &id), Vec::new(), &error),
    }
    Ok(())
}

/// Deletes an endpoint of the installation.
#[server(prefix = "/rpc", endpoint = "operator-delete-webhook")]
pub(crate) async fn operator_delete_webhook(#[server(default)] id: String) -> Result<(), ServerFnError> {
    let Some((services, operator)) = at_desk() else { return Ok(()) };
    let deleted = async { services.endpoints().delete_endpoint(&operator?, &id).await };
    match deleted.await {
        Ok(()) => redirect(&with_query(PAGE, &[("code", "deleted")])),
        Err(error) => redirect_with_error(PAGE, Vec::new(), &error),
    }
    Ok(())
}

/// Rotates the secret of an endpoint of the installation. The endpoint's page shows the new secret once.
#[server(prefix = "/rpc", endpoint = "operator-rotate-webhook")]
pub(crate) async fn operator_rotate_webhook(#[server(default)] id: String) -> Result<(), ServerFnError> {
    let Some((services, operator)) = at_desk() else { return Ok(()) };
    let rotated = async { services.endpoints().rotate_endpoint_secret(&operator?, &confirmed(&services)?, &id).await };
    match rotated.await {
        Ok(made) => show(&shown(&made), "rotated"),
        Err(error) => redirect_with_error(&page_of(PAGE, &id), Vec::new(), &error),
    }
    Ok(())
}

/// Sends a ping to an endpoint of the installation.
#[server(prefix = "/rpc", endpoint = "operator-test-webhook")]
pub(crate) async fn operator_test_webhook(#[server(default)] id: String) -> Result<(), ServerFnError> {
    let Some((services, operator)) = at_desk() else { return Ok(()) };
    let pinged = async { services.endpoints().ping_endpoint(&operator?, &id).await };
    match pinged.await {
        Ok(_) => say(&id, "pinged"),
        Err(error) => redirect_with_error(&page_of(PAGE, &id), Vec::new(), &error),
    }
    Ok(())
}

/// Sends a delivery to an endpoint of the installation again.
#[server(prefix = "/rpc", endpoint = "operator-resend-webhook")]
pub(crate) async fn operator_resend_webhook(
    #[server(default)] id: String,
    #[server(default)] delivery: String,
) -> Result<(), ServerFnError> {
    let Some((services, operator)) = at_desk() else { return Ok(()) };
    let resent = async { services.endpoints().resend_message(&operator?, &id, &delivery).await };
    match resent.await {
        Ok(_) => say(&id, "resent"),
        Err(error) => redirect_with_error(&page_of(PAGE, &id), Vec::new(), &error),
    }
    Ok(())
}

fn show(shown: &str, code: &str) {
    if let Some(account) = PageRequest::now().and_then(|req| req.account()) {
        let recipient = TenantId::installation();
        DESK_WEBHOOK_SECRET.keep(Recipient::desk(&account.user_id, &recipient), shown);
    }
    say(id_of(shown), code);
}

fn say(id: &str, code: &str) {
    redirect(&with_query(&page_of(PAGE, id), &[("code", code)]));
}
