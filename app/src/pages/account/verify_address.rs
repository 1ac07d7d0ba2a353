//! `/account/prove/{token}`: confirms an account's address.

use billing::service::{LinkError, ServiceError};
use domain::account::Account;
use http::StatusCode;
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

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
                <button class="button main">{text!(account_verify_confirm)}</button>
            </form>
        }
        .into_any(),
        Some(signed_in) => view! {
            <div class="stack">
                <p>{text!(account_verify_other, current = signed_in.email.as_str(), email = email.as_str())}</p>
                <form class="actions" method="post" action=form_address(SignOut::PATH)>
                    <input type="hidden" name="next" value=here/>
                    <button class="button main">{text!(account_verify_sign_out)}</button>
                    <a href="/membership">{text!(account_stay_signed_in)}</a>
                </form>
            </div>
        }
        .into_any(),
        None => view! {
            <div class="stack">
                <p>{text!(account_verify_sign_in)}</p>
                <p class="actions">
                    <a class="button main" href=with_query("/login", &[("next", &here)])>{text!(account_sign_in)}</a>
                    <a href="/password/forgot">{text!(account_verify_not_mine)}</a>
                </p>
            </div>
        }
        .into_any(),
    };
    frame(
        text!(account_verify_title),
        Place::Elsewhere,
        req.viewer(),
        view! {
            {opening(text!(account_verify_side).into_any(), view! {
                <div class="stack">
                    <h1>{text!(account_verify_head)}</h1>
                    <p class="lead breaking">
                        {text!(account_verify_lead, email = email.as_str())}
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
        LinkError::Expired => (StatusCode::GONE, text!(account_verify_expired)),
        _ => (StatusCode::NOT_FOUND, text!(account_verify_unknown)),
    };
    let page = DeadEnd {
        status,
        title: text!(account_verify_title),
        side: text!(account_verify_side).into_any(),
        head,
        lead: text!(account_verify_invalid_lead),
        way_on: ("/settings/team", text!(account_verify_to_team)),
    };
    page.page(req.viewer())
}
