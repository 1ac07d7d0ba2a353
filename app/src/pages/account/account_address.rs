//! `/account/address/{token}`: confirms a new address for the signed-in account.

use billing::service::{LinkError, ServiceError};
use domain::account::{Account, Email};
use http::StatusCode;
use leptos::{prelude::*, server_fn::ServerFn};

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
            Ok(_) => Ok(invalid_link(&req, "This link is for another account.", StatusCode::FORBIDDEN)),
            Err(ServiceError::InvalidLink(LinkError::Expired)) => {
                Ok(invalid_link(&req, "This link has expired.", StatusCode::GONE))
            }
            Err(ServiceError::InvalidLink(_)) => {
                Ok(invalid_link(&req, "This link no longer works.", StatusCode::NOT_FOUND))
            }
            Err(error) => Err(error),
        }
    })
}

pub(in crate::pages) fn page(req: &PageRequest, account: &Account, email: &Email, token: String) -> AnyView {
    let lead =
        format!("Your account moves from {} to {email}. From then on you sign in with the new address.", account.email);
    frame(
        "New address",
        Place::Elsewhere,
        req.viewer(),
        opening(
            "New address".into_any(),
            view! {
                <div class="stack">
                    <h1>{format!("Use {email}?")}</h1>
                    <p class="lead">{lead}</p>
                </div>
                <form class="actions" method="post" action=form_address(TakeAddress::PATH)>
                    <input type="hidden" name="token" value=token/>
                    <button class="button main">"Use this address"</button>
                    <a class="button" href="/settings/account">"Keep the current one"</a>
                </form>
            },
        ),
    )
}

fn invalid_link(req: &PageRequest, head: &'static str, status: StatusCode) -> AnyView {
    let page = DeadEnd {
        status,
        title: "New address",
        side: "New address".into_any(),
        head,
        lead: "A link works once, within a day, for the account that asked for it. A newer link replaces it.",
        way_on: ("/settings/account", "Your account"),
    };
    page.page(req.viewer())
}
