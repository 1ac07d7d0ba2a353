//! `/account/address/{token}`: confirms a new address for the signed-in account.

use std::borrow::Cow;

use billing::service::{LinkError, ServiceError};
use domain::account::{Account, Email};
use http::StatusCode;
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use crate::{
    actions::account::TakeAddress,
    components::page::{Place, access::account_page, dead_end::DeadEnd, entry::opening, frame},
    request::{PageRequest, drawn_for::form_address},
};

pub(crate) fn account_address() -> AnyView {
    account_page(|services, account, req| async move {
        let token = req.last_segment().to_owned();
        match services.accounts().find_address_change(&token).await {
            Ok((user, email)) if user == account.user_id => Ok(page(&req, &account, &email, token)),
            Ok(_) => Ok(invalid_link(&req, text!(account_address_other), StatusCode::FORBIDDEN)),
            Err(ServiceError::InvalidLink(LinkError::Expired)) => {
                Ok(invalid_link(&req, text!(account_address_expired), StatusCode::GONE))
            }
            Err(ServiceError::InvalidLink(_)) => {
                Ok(invalid_link(&req, text!(account_address_unknown), StatusCode::NOT_FOUND))
            }
            Err(error) => Err(error),
        }
    })
}

pub(in crate::pages) fn page(req: &PageRequest, account: &Account, email: &Email, token: String) -> AnyView {
    let lead = text!(account_address_lead, current = account.email.as_str(), email = email.as_str());
    frame(
        text!(account_address_title),
        Place::Elsewhere,
        req.viewer(),
        opening(
            text!(account_address_title).into_any(),
            view! {
                <div class="stack">
                    <h1>{text!(account_address_head, email = email.as_str())}</h1>
                    <p class="lead">{lead}</p>
                </div>
                <form class="actions" method="post" action=form_address(TakeAddress::PATH)>
                    <input type="hidden" name="token" value=token/>
                    <button class="button main">{text!(account_address_use)}</button>
                    <a class="button" href="/settings/account">{text!(account_address_keep)}</a>
                </form>
            },
        ),
    )
}

fn invalid_link(req: &PageRequest, head: Cow<'static, str>, status: StatusCode) -> AnyView {
    let page = DeadEnd {
        status,
        title: text!(account_address_title),
        side: text!(account_address_title).into_any(),
        head,
        lead: text!(account_address_invalid_lead),
        way_on: ("/settings/account", text!(account_address_to_account)),
    };
    page.page(req.viewer())
}
