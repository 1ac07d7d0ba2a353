//! Actions that lead to the payment provider and back.

use ::billing::service::{
    ServiceError, base::permission::Biller, checkout::CheckoutOrder, subscription::portal::PortalTarget,
    tenant::installation::portal::PortalViewer,
};
use domain::subscription::{
    cancellation::CancellationReason,
    checkout_options::{CheckoutDiscount, CheckoutOptions},
};
use leptos::prelude::*;
use locales::Locale;

use crate::{
    actions::{in_workspace, redirect_with_error, seats::parse_seats},
    request::{
        PageRequest,
        local_path::with_query,
        redirect,
        shown_once::{LEAVE_FRAME_PATH, PROVIDER_PAGE, Recipient},
    },
};

const MEMBERSHIP: &str = "/membership";
const BILLING: &str = "/settings/billing";
const ACTIVITY: &str = "/settings/billing/activity";

/// Page that the provider's portal opens on; the form's `door` value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PortalPage {
    Home,
    Cancel,
    UpdateCard,
}

domain::all_variants!(PortalPage { Home, Cancel, UpdateCard });

impl PortalPage {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Cancel => "cancel",
            Self::UpdateCard => "update_card",
        }
    }

    pub(crate) fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|page| page.as_str() == text)
    }
}

/// Returns the portal session if the page is in a frame on the product's site.
///
/// The provider's page then replaces the product's window, and has to lead back to the product and not to Dues, because
/// browsers send the session's cookie to the frame alone.
fn framed_portal() -> Option<PortalViewer> {
    PageRequest::now().filter(PageRequest::is_framed).and_then(|req| req.portal().cloned())
}

/// Redirects to the provider's page at `url`. That page can't be framed: with a portal session in `framed`, redirects
/// to a page of Dues whose link opens `url` in the whole window.
fn redirect_to_provider(framed: Option<&PortalViewer>, url: &str) {
    match framed {
        Some(portal) => {
            PROVIDER_PAGE.keep(Recipient::portal(portal), &with_query("", &[("to", url)]));
            redirect(LEAVE_FRAME_PATH);
        }
        None => redirect(url),
    }
}

/// Starts a checkout and redirects to the provider's page. Errors show on the review page that posted the form.
#[server(prefix = "/rpc", endpoint = "checkout")]
pub(crate) async fn start_checkout(
    #[server(default)] plan: String,
    #[server(default)] cycle: String,
    #[server(default)] seats: String,
    #[server(default)] currency: String,
    #[server(default)] promotion_code: String,
) -> Result<(), ServerFnError> {
    let Some((services, viewer)) = in_workspace() else { return Ok(()) };
    let framed = framed_portal();
    let promotion_code = promotion_code.trim();
    let started = async {
        let cycle = cycle.parse().map_err(|_| ServiceError::field("cycle", "A billing cycle is monthly or yearly."))?;
        let wanted = match seats.as_str() {
            "" => None,
            text => {
                Some(parse_seats(text).ok_or_else(|| ServiceError::field("seats", "Write a whole number of seats."))?)
            }
        };
        let back = framed.as_ref().map(|portal| portal.back().url.clone());
        let order = CheckoutOrder {
            plan: plan.clone(),
            cycle,
            success_url: back.clone(),
            cancel_url: back,
            upgrade_only: false,
            seats: wanted,
            is_confirmed: true,
            language: Some(Locale::current()),
            options: CheckoutOptions {
                currency: currency.parse().ok(),
                discount: (!promotion_code.is_empty())
                    .then(|| CheckoutDiscount::PromotionCode(promotion_code.to_owned())),
                ..CheckoutOptions::default()
            },
        };
        services.checkouts().start_checkout(&Biller::person(&viewer)?, order).await
    };
    match started.await {
        Ok(started) => redirect_to_provider(framed.as_ref(), &started.url),
        Err(error) => {
            // What was submitted becomes part of the redirect's URL, so its length is bounded.
            let bounded = |text: &str| text.chars().take(64).collect::<String>();
            let mut pairs = vec![("plan", bounded(&plan)), ("cycle", bounded(&cycle))];
            let others = [("currency", &*currency), ("promotion_code", promotion_code)];
            pairs.extend(
                others.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name, bounded(text))),
            );
            pairs.extend(parse_seats(&seats).map(|seats| ("seats", seats.to_string())));
            redirect_with_error("/checkout", pairs, &error);
        }
    }
    Ok(())
}

/// Opens the provider's billing portal, which leads back to the page that has the form.
#[server(prefix = "/rpc", endpoint = "portal")]
pub(crate) async fn open_portal(
    #[server(default)] door: String,
    #[server(default)] from: String,
) -> Result<(), ServerFnError> {
    let Some((services, viewer)) = in_workspace() else { return Ok(()) };
    let page = match PortalPage::named(&door) {
        Some(PortalPage::Cancel) => PortalTarget::Cancel,
        Some(PortalPage::UpdateCard) => PortalTarget::UpdateCard,
        Some(PortalPage::Home) | None => PortalTarget::Home,
    };
    let framed = framed_portal();
    let is_of_billing = from == "settings";
    let opened = async {
        let biller = Biller::person(&viewer)?;
        match &framed {
            None if is_of_billing => {
                services.subscriptions().open_portal_from_billing(&biller, page, Some(Locale::current())).await
            }
            framed => {
                let back = framed.as_ref().map(|portal| portal.back().url.as_str());
                services.subscriptions().open_portal_from(&biller, page, back, Some(Locale::current())).await
            }
        }
    };
    match opened.await {
        Ok(url) => redirect_to_provider(framed.as_ref(), &url),
        Err(error) => redirect_with_error(if is_of_billing { BILLING } else { MEMBERSHIP }, Vec::new(), &error),
    }
    Ok(())
}

/// Fetches the subscription from the provider and applies what changed.
#[server(prefix = "/rpc", endpoint = "sync")]
pub(crate) async fn sync_subscription(#[server(default)] from: String) -> Result<(), ServerFnError> {
    let Some((services, viewer)) = in_workspace() else { return Ok(()) };
    let page = if from == "settings" { ACTIVITY } else { MEMBERSHIP };
    let synced = async { services.subscriptions().sync_subscription(&Biller::person(&viewer)?).await };
    match synced.await {
        Ok(()) => redirect(&with_query(page, &[("code", "synced")])),
        Err(error) => redirect_with_error(page, Vec::new(), &error),
    }
    Ok(())
}

/// Cancels the subscription at the end of the paid period. A reason is optional, and never prevents it.
#[server(prefix = "/rpc", endpoint = "cancel-subscription")]
pub(crate) async fn cancel_subscription(
    #[server(default)] feedback: String,
    #[server(default)] comment: String,
) -> Result<(), ServerFnError> {
    let Some((services, viewer)) = in_workspace() else { return Ok(()) };
    let reason = CancellationReason::read(&feedback, &comment);
    let canceled = async { services.subscriptions().cancel_with_reason(&Biller::person(&viewer)?, &reason).await };
    match canceled.await {
        Ok(()) => redirect(&with_query(MEMBERSHIP, &[("code", "ending")])),
        Err(error) => redirect_with_error(MEMBERSHIP, Vec::new(), &error),
    }
    Ok(())
}

/// Withdraws the cancellation.
#[server(prefix = "/rpc", endpoint = "resume-subscription")]
pub(crate) async fn resume_subscription() -> Result<(), ServerFnError> {
    let Some((services, viewer)) = in_workspace() else { return Ok(()) };
    let resumed = async { services.subscriptions().resume(&Biller::person(&viewer)?).await };
    match resumed.await {
        Ok(()) => redirect(&with_query(MEMBERSHIP, &[("code", "resumed")])),
        Err(error) => redirect_with_error(MEMBERSHIP, Vec::new(), &error),
    }
    Ok(())
}

/// Retries a failed job now.
#[server(prefix = "/rpc", endpoint = "try-again")]
pub(crate) async fn try_again(#[server(default)] job: String) -> Result<(), ServerFnError> {
    let Some((services, viewer)) = in_workspace() else { return Ok(()) };
    let hastened = async { services.subscriptions().retry_job(&Biller::person(&viewer)?, &job).await };
    match hastened.await {
        Ok(()) => redirect(&with_query(ACTIVITY, &[("code", "tried")])),
        Err(error) => redirect_with_error(ACTIVITY, Vec::new(), &error),
    }
    Ok(())
}
