//! Actions of users on their own account.

use ::billing::{
    identity::session,
    service::{ServiceError, account::settings::Proof},
};
use domain::account::Account;
use leptos::prelude::*;

use crate::{
    actions::{
        CONFIRM, confirmed, redirect_with_error,
        session::{FormContext, form_context, start_session},
    },
    request::{
        PageRequest,
        draft::Draft,
        local_path::{link_path, local_path, with_query},
        redirect, redirect_to_login_from_form,
        shown_once::{RECOVERY_CODES, Recipient},
        sign_out, with_confirmed,
    },
};

pub(crate) const PAGE: &str = "/settings/account";

/// Returns the request's parts and the account, with or without a workspace. Without a signed-in user, redirects to
/// sign-in.
fn signed_in() -> Option<(FormContext, Account)> {
    let req = PageRequest::now();
    let account = req.as_ref().and_then(PageRequest::account);
    let found = form_context().ok().zip(account);
    if found.is_none() {
        redirect_to_login_from_form(req.as_ref());
    }
    found
}

fn answer(outcome: Result<(), ServiceError>, code: &str) {
    match outcome {
        Ok(()) => redirect(&with_query(PAGE, &[("code", code)])),
        Err(error) => redirect_with_error(PAGE, Vec::new(), &error),
    }
}

/// Confirms who the signed-in user is, by a password or a second factor's code, and redirects to `next`.
#[server(prefix = "/rpc", endpoint = "confirm")]
pub(crate) async fn confirm_again(
    #[server(default)] password: String,
    #[server(default)] code: String,
    #[server(default)] next: String,
) -> Result<(), ServerFnError> {
    let Some((context, account)) = signed_in() else { return Ok(()) };
    let shown = async {
        let now = context.services.wall_now();
        let proof = if code.trim().is_empty() { Proof::Password(&password) } else { Proof::Code(&code) };
        context.services.accounts().confirm(&account, proof, &context.client).await?;
        session::confirm(&context.session, now).await?;
        Ok::<(), ServiceError>(())
    };
    match shown.await {
        Ok(()) => {
            if let Some(req) = PageRequest::now() {
                Draft::prolong(&req);
            }
            match local_path(&next) {
                Some(next) => redirect(&with_confirmed(next)),
                None => redirect("/membership"),
            }
        }
        Err(error) => {
            let next = local_path(&next).map(|next| ("next", next.to_owned()));
            redirect_with_error(CONFIRM, next.into_iter().collect(), &error);
        }
    }
    Ok(())
}

/// Sets a new password and ends every other session of the account.
#[server(prefix = "/rpc", endpoint = "change-password")]
pub(crate) async fn change_password(
    #[server(default)] current: String,
    #[server(default)] password: String,
) -> Result<(), ServerFnError> {
    let Some((context, account)) = signed_in() else { return Ok(()) };
    let changed = async {
        let confirmed = confirmed(&context.services).ok();
        let open = PageRequest::now().and_then(|req| req.viewer()).map(|viewer| viewer.current_membership.tenant_id);
        let (services, client) = (&context.services, &context.client);
        let known =
            services.accounts().change_password(&account, &current, &password, confirmed.as_ref(), client).await?;
        start_session(&context, &known).await?;
        if let Some(open) = open {
            session::switch_tenant(&context.session, &open).await?;
        }
        Ok(())
    };
    answer(changed.await, "password_changed");
    Ok(())
}

/// Mails a confirmation link to the new address. The address changes when the link is opened.
#[server(prefix = "/rpc", endpoint = "change-address")]
pub(crate) async fn change_address(#[server(default)] email: String) -> Result<(), ServerFnError> {
    let draft = Draft::of([("email", email.as_str())]);
    let Some((context, account)) = signed_in() else {
        draft.keep();
        return Ok(());
    };
    let requested = async {
        let confirmed = confirmed(&context.services)?;
        context.services.accounts().request_address_change(&account, &email, &confirmed, &context.client).await
    };
    let requested = requested.await;
    if requested.is_err() {
        draft.keep();
    }
    answer(requested, "address_link_sent");
    Ok(())
}

/// Cancels a pending change of address. Idempotent.
#[server(prefix = "/rpc", endpoint = "withdraw-address-change")]
pub(crate) async fn withdraw_address_change() -> Result<(), ServerFnError> {
    let Some((context, account)) = signed_in() else { return Ok(()) };
    answer(context.services.accounts().withdraw_address_change(&account).await, "address_kept");
    Ok(())
}

/// Sets the account's address to the one that the link's token confirms.
#[server(prefix = "/rpc", endpoint = "take-address")]
pub(crate) async fn take_address(#[server(default)] token: String) -> Result<(), ServerFnError> {
    let Some((context, account)) = signed_in() else { return Ok(()) };
    match context.services.accounts().change_address(&account, &token).await {
        Ok(_) => redirect(&with_query(PAGE, &[("code", "address_changed")])),
        // The link's page explains why it is invalid.
        Err(error @ ServiceError::InvalidLink(_)) => match link_path("/account/address", &token) {
            Some(page) => redirect(&page),
            None => redirect_with_error(PAGE, Vec::new(), &error),
        },
        Err(error) => redirect_with_error(PAGE, Vec::new(), &error),
    }
    Ok(())
}

/// Starts the setup of a second factor; a code must confirm it.
#[server(prefix = "/rpc", endpoint = "begin-second-factor")]
pub(crate) async fn begin_second_factor() -> Result<(), ServerFnError> {
    let Some((context, account)) = signed_in() else { return Ok(()) };
    let begun =
        async { context.services.accounts().begin_second_factor(&account, &confirmed(&context.services)?).await };
    match begun.await {
        Ok(()) => redirect("/settings/account#second-factor"),
        Err(error) => redirect_with_error(PAGE, Vec::new(), &error),
    }
    Ok(())
}

/// Enables the pending second factor by its first code. The next page shows the recovery codes once.
#[server(prefix = "/rpc", endpoint = "enable-second-factor")]
pub(crate) async fn enable_second_factor(#[server(default)] code: String) -> Result<(), ServerFnError> {
    let Some((context, account)) = signed_in() else { return Ok(()) };
    let enabled = async {
        context.services.accounts().enable_second_factor(&account, &confirmed(&context.services)?, &code).await
    };
    show_codes(&account, enabled.await, "second_factor_on");
    Ok(())
}

/// Removes the second factor and its recovery codes.
#[server(prefix = "/rpc", endpoint = "remove-second-factor")]
pub(crate) async fn remove_second_factor() -> Result<(), ServerFnError> {
    let Some((context, account)) = signed_in() else { return Ok(()) };
    let removed =
        async { context.services.accounts().remove_second_factor(&account, &confirmed(&context.services)?).await };
    answer(removed.await, "second_factor_off");
    Ok(())
}

/// Replaces the recovery codes. The next page shows them once.
#[server(prefix = "/rpc", endpoint = "renew-recovery-codes")]
pub(crate) async fn renew_recovery_codes() -> Result<(), ServerFnError> {
    let Some((context, account)) = signed_in() else { return Ok(()) };
    let renewed =
        async { context.services.accounts().renew_recovery_codes(&account, &confirmed(&context.services)?).await };
    show_codes(&account, renewed.await, "recovery_codes_renewed");
    Ok(())
}

fn show_codes(account: &Account, made: Result<Vec<String>, ServiceError>, code: &str) {
    let made = made.map(|codes| RECOVERY_CODES.keep(Recipient::person(&account.user_id), &codes.join(".")));
    answer(made, code);
}

/// Unlinks a sign-in of a Firebase project or of an identity provider from the account.
#[server(prefix = "/rpc", endpoint = "remove-sign-in")]
pub(crate) async fn remove_sign_in(
    #[server(default)] project: String,
    #[server(default)] issuer: String,
    #[server(default)] subject: String,
) -> Result<(), ServerFnError> {
    let Some((context, account)) = signed_in() else { return Ok(()) };
    let removed = async {
        let confirmed = confirmed(&context.services)?;
        let accounts = context.services.accounts();
        if issuer.is_empty() {
            accounts.remove_linked_sign_in(&account, &confirmed, &project, &subject).await
        } else {
            accounts.remove_linked_identity(&account, &confirmed, &issuer, &subject).await
        }
    };
    answer(removed.await, "sign_in_removed");
    Ok(())
}

fn redirect_signed_out() {
    sign_out::delete_cookies();
    redirect("/login?code=signed_out");
}

/// Ends one session by its handle. For the current session this is a sign-out.
#[server(prefix = "/rpc", endpoint = "end-session")]
pub(crate) async fn end_session(#[server(default)] handle: String) -> Result<(), ServerFnError> {
    let Some((context, account)) = signed_in() else { return Ok(()) };
    if session::handle(&context.session).is_some_and(|current| current == handle) {
        let ended = session::end(&context.session).await.map_err(ServiceError::from);
        match ended {
            Ok(()) => redirect_signed_out(),
            Err(error) => redirect_with_error(PAGE, Vec::new(), &error),
        }
        return Ok(());
    }
    answer(context.services.accounts().end_session(&account, &handle).await, "session_ended");
    Ok(())
}

/// Ends every session of the account, the current one included.
#[server(prefix = "/rpc", endpoint = "end-sessions")]
pub(crate) async fn end_every_session() -> Result<(), ServerFnError> {
    let Some((context, account)) = signed_in() else { return Ok(()) };
    let ended = async {
        context.services.accounts().end_every_session(&account).await?;
        Ok::<(), ServiceError>(session::end(&context.session).await?)
    };
    match ended.await {
        Ok(()) => redirect_signed_out(),
        Err(error) => redirect_with_error(PAGE, Vec::new(), &error),
    }
    Ok(())
}

/// Deletes the account and signs out.
#[server(prefix = "/rpc", endpoint = "delete-account")]
pub(crate) async fn delete_account(#[server(default)] typed_address: String) -> Result<(), ServerFnError> {
    let Some((context, account)) = signed_in() else { return Ok(()) };
    let deleted = async {
        let confirmed = confirmed(&context.services)?;
        context.services.accounts().delete_account(&account, &typed_address, &confirmed).await?;
        Ok::<(), ServiceError>(session::end(&context.session).await?)
    };
    match deleted.await {
        Ok(()) => {
            sign_out::delete_cookies();
            redirect("/login?code=account_deleted");
        }
        Err(error) => redirect_with_error(PAGE, Vec::new(), &error),
    }
    Ok(())
}
