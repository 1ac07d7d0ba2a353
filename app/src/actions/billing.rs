//! What leads to the payment provider and back.

use ::billing::service::{ServiceError, biller::Biller, checkout::CheckoutWish, portal::PortalDoor};
use leptos::prelude::*;

use crate::{
    actions::{redirect_with_error, signed_in},
    components::provider_form::Door,
    request::redirect,
};

/// Goes to the provider's page for a plan. An error is told on the review that it was sent from.
#[server(prefix = "/rpc", endpoint = "checkout")]
pub(crate) async fn start_checkout(
    #[server(default)] plan: String,
    #[server(default)] cycle: String,
) -> Result<(), ServerFnError> {
    let Some((services, viewer)) = signed_in() else { return Ok(()) };
    let started = async {
        let cycle = cycle.parse().map_err(|_| ServiceError::field("cycle", "A billing cycle is monthly or yearly."))?;
        let wish = CheckoutWish { plan: plan.clone(), cycle, success_url: None, cancel_url: None, only_upward: false };
        services.start_checkout(&Biller::admin(&viewer)?, wish).await
    };
    match started.await {
        Ok(started) => redirect(started.url.as_str()),
        Err(error) => {
            // The name as it was sent, but no longer than a name can be: it becomes part of an address.
            let named = |text: &str| text.chars().take(64).collect::<String>();
            redirect_with_error("/checkout", vec![("plan", named(&plan)), ("cycle", named(&cycle))], &error);
        }
    }
    Ok(())
}

/// Goes to the provider's billing portal.
#[server(prefix = "/rpc", endpoint = "portal")]
pub(crate) async fn open_portal(#[server(default)] door: String) -> Result<(), ServerFnError> {
    let Some((services, viewer)) = signed_in() else { return Ok(()) };
    let door = match Door::named(&door) {
        Some(Door::Cancel) => PortalDoor::Cancel,
        Some(Door::UpdateCard) => PortalDoor::UpdateCard,
        Some(Door::Home) | None => PortalDoor::Home,
    };
    match services.open_portal(&viewer, door).await {
        Ok(url) => redirect(url.as_str()),
        Err(error) => redirect_with_error("/membership", Vec::new(), &error),
    }
    Ok(())
}

/// Asks the provider how the subscription stands.
#[server(prefix = "/rpc", endpoint = "sync")]
pub(crate) async fn sync_subscription() -> Result<(), ServerFnError> {
    let Some((services, viewer)) = signed_in() else { return Ok(()) };
    let synced = async { services.sync_subscription(&Biller::admin(&viewer)?).await };
    match synced.await {
        Ok(()) => redirect("/membership?code=synced"),
        Err(error) => redirect_with_error("/membership", Vec::new(), &error),
    }
    Ok(())
}
