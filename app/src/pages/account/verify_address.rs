//! `/account/prove/{token}`: confirms an account's address.

use billing::service::{LinkError, ServiceError};
use domain::account::Account;
use http::StatusCode;
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    actions::{address::VerifyAddress, session::SignOut},
    components::page::{Place, dead_end::DeadEnd, entry::opening, failure, frame},
    request::{PageRequest, drawn_for::form_address, local_path::with_query, services},
};

pub(crate) fn verify_address() -> AnyView {
    let (Some(req), Some(services)) = (PageRequest::now(), services()) else { return ().into_any() };
    Suspend::new(async move {
        let token = req.last_segment().to_owned();
        match services.accounts().find_address_verification(&token).await {
            Ok(account) => page(&req, &account, &token),
            Err(ServiceError::InvalidLink(end)) => invalid_link(&req, end),
            Err(error) => failure::failure(&error, req.viewer()),
        }
    })
    .into_any()
}

/// Renders the page. `account` is the account of the link.
pub(in crate::pages) fn page(req: &PageRequest, account: &Account, token: &str) -> AnyView {
    let Account { user_id, email } = account;
    let here = format!("/account/prove/{token}");
    let way = match req.account() {
        Some(signed_in) if signed_in.user_id == *user_id => view! {
            <form class="actions" method="post" action=form_address(VerifyAddress::PATH)>
                <input type="hidden" name="token" value=token.to_owned()/>
                <button class="button main">"Confirm the address"</button>
            </form>
        }
        .into_any(),
        Some(signed_in) => view! {
            <div class="stack">
                <p>{format!("You are signed in as {}, and this link is for {email}. To confirm, sign in as {email}.", signed_in.email)}</p>
                <form class="actions" method="post" action=form_address(SignOut::PATH)>
                    <input type="hidden" name="next" value=here/>
                    <button class="button main">"Sign out and sign in again"</button>
                    <a href="/membership">"Stay signed in"</a>
                </form>
            </div>
        }
        .into_any(),
        None => view! {
            <div class="stack">
                <p>"Sign in to the account first. You come back here to confirm."</p>
                <p class="actions">
                    <a class="button main" href=with_query("/login", &[("next", &here)])>"Sign in"</a>
                    <a href="/password/forgot">"I didn’t make this account"</a>
                </p>
            </div>
        }
        .into_any(),
    };
    frame(
        "Confirm your address",
        Place::Elsewhere,
        req.viewer(),
        view! {
            {opening("Address".into_any(), view! {
                <div class="stack">
                    <h1>"Is this address yours?"</h1>
                    <p class="lead breaking">
                        {format!("An account was made with {email}. Confirm only if you made it. If you didn’t, set a new password: that gives the account to you and ends its keys and sessions.")}
                    </p>
                </div>
                {way}
            })}
        },
    )
}

/// Renders the page for an invalid link: 404 for an unknown or used one, 410 for an expired one.
pub(in crate::pages) fn invalid_link(req: &PageRequest, end: LinkError) -> AnyView {
    let (status, head) = match end {
        LinkError::Expired => (StatusCode::GONE, "This link has expired."),
        _ => (StatusCode::NOT_FOUND, "This link no longer works."),
    };
    let page = DeadEnd {
        status,
        title: "Confirm your address",
        side: "Address".into_any(),
        head,
        lead: "It was used, or a newer one replaced it. If your address is still to be confirmed, your team page says so and sends another link.",
        way_on: ("/settings/team", "Go to your team"),
    };
    page.page(req.viewer())
}
