//! Password reset by a mailed link.

use ::billing::service::ServiceError;
use leptos::prelude::*;

use crate::{
    actions::{
        redirect_with_error,
        session::{begin, form_context, remember_device_of_reset},
    },
    request::{draft::Draft, local_path::link_path, redirect},
};

const FORGOT: &str = "/password/forgot";

/// Mails a reset link if the address has an account. The answer is the same if it has none.
#[server(prefix = "/rpc", endpoint = "forgot-password")]
pub(crate) async fn forgot_password(#[server(default)] email: String) -> Result<(), ServerFnError> {
    let draft = Draft::of([("email", email.as_str())]);
    let requested = async {
        let context = form_context()?;
        context.services.accounts().request_password_reset(&email, context.address).await
    };
    match requested.await {
        Ok(()) => redirect("/password/forgot?code=sent"),
        Err(error) => {
            draft.keep();
            redirect_with_error(FORGOT, Vec::new(), &error);
        }
    }
    Ok(())
}

/// Sets the password of the link's account, ends all its sessions and signs the user in on this browser.
#[server(prefix = "/rpc", endpoint = "set-password")]
pub(crate) async fn set_password(
    #[server(default)] token: String,
    #[server(default)] password: String,
) -> Result<(), ServerFnError> {
    let page = link_path("/password", &token);
    let set = async {
        let context = form_context()?;
        let set = context.services.accounts().set_password(&token, &password, context.address).await?;
        // Remembers the browser even if a second factor is still required: the opened link verified the address.
        remember_device_of_reset(&context, &set.user).await?;
        begin(&context, &set.user, context.services.wall_now()).await.map(|()| set.was_first_verification)
    };
    match set.await {
        Ok(true) => redirect("/membership?code=account_handed_over"),
        Ok(false) => redirect("/membership?code=password_set"),
        Err(error @ (ServiceError::Validation { .. } | ServiceError::Busy { .. })) => {
            redirect_with_error(page.as_deref().unwrap_or(FORGOT), Vec::new(), &error);
        }
        // The link's page explains why it is invalid.
        Err(error @ ServiceError::InvalidLink(_)) => match page {
            Some(page) => redirect(&page),
            None => redirect_with_error(FORGOT, Vec::new(), &error),
        },
        Err(error) => redirect_with_error(FORGOT, Vec::new(), &error),
    }
    Ok(())
}
