//! Actions that confirm an account's address.

use ::billing::service::ServiceError;
use leptos::prelude::*;

use crate::{
    actions::{
        log, redirect_with_error,
        session::{form_context, remember_device},
    },
    request::{
        PageRequest,
        local_path::{local_path, with_query},
        redirect,
    },
};

/// Mails the confirmation link again and redirects to `next` with the outcome.
#[server(prefix = "/rpc", endpoint = "send-address-proof")]
pub(crate) async fn send_address_verification(#[server(default)] next: String) -> Result<(), ServerFnError> {
    let page = local_path(&next).unwrap_or("/settings/team").to_owned();
    let Some(account) = PageRequest::now().and_then(|req| req.account()) else {
        redirect(&with_query("/login", &[("code", "session_over"), ("next", &page)]));
        return Ok(());
    };
    let sent = async {
        let context = form_context()?;
        context.services.accounts().request_address_verification(&account, context.address).await
    };
    let outcome = match sent.await {
        Ok(()) => "sent",
        Err(ServiceError::Throttled { .. }) => "throttled",
        Err(error) => {
            log(&error, PageRequest::now().and_then(|req| req.id()).as_deref());
            "failed"
        }
    };
    redirect(&with_query(&page, &[("proof", outcome)]));
    Ok(())
}

/// Confirms the address of the signed-in account.
///
/// Takes a POST by the signed-in user, so a mail scanner that opens the link confirms nothing.
#[server(prefix = "/rpc", endpoint = "prove-address")]
pub(crate) async fn verify_address(#[server(default)] token: String) -> Result<(), ServerFnError> {
    let page = format!("/account/prove/{token}");
    let page = local_path(&page).filter(|_| token.bytes().all(|byte| byte.is_ascii_alphanumeric())).unwrap_or("/");
    let Some(account) = PageRequest::now().and_then(|req| req.account()) else {
        redirect(&with_query("/login", &[("code", "session_over"), ("next", page)]));
        return Ok(());
    };
    let verified = async {
        let context = form_context()?;
        context.services.accounts().verify_address(&account, &token).await?;
        remember_device(&context, &account.user_id).await
    };
    match verified.await {
        Ok(()) => redirect("/membership?code=address_proven"),
        Err(error) => redirect_with_error(page, Vec::new(), &error),
    }
    Ok(())
}
