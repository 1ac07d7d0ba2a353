//! A new password by a link.

use ::billing::service::ServiceError;
use leptos::prelude::*;

use crate::{
    actions::{
        redirect_with_error,
        session::{begin, desk, remember_device},
    },
    draft::Draft,
    local_path::link_path,
    request::redirect,
};

const FORGOT: &str = "/password/forgot";

/// Has a link mailed, if the address has an account: the answer is the same if it has none.
#[server(prefix = "/rpc", endpoint = "forgot-password")]
pub(crate) async fn forgot_password(#[server(default)] email: String) -> Result<(), ServerFnError> {
    let draft = Draft::of([("email", email.as_str())]);
    let asked = async {
        let desk = desk()?;
        desk.services.ask_for_new_password(&email, desk.address).await
    };
    match asked.await {
        Ok(()) => redirect("/password/forgot?code=sent"),
        Err(error) => {
            draft.keep();
            redirect_with_error(FORGOT, Vec::new(), &error);
        }
    }
    Ok(())
}

/// Sets the password that a link allows to be set, ends every session of its owner's, and signs her in here.
#[server(prefix = "/rpc", endpoint = "set-password")]
pub(crate) async fn set_password(
    #[server(default)] token: String,
    #[server(default)] password: String,
) -> Result<(), ServerFnError> {
    let page = link_path("/password", &token);
    let set = async {
        let desk = desk()?;
        let set = desk.services.set_password(&token, &password, desk.address).await?;
        // Also where a code is still asked for.
        remember_device(&desk, &set.user).await?;
        begin(&desk, &set.user, desk.services.wall_now()).await.map(|()| set.was_first_proof)
    };
    match set.await {
        Ok(true) => redirect("/membership?code=account_handed_over"),
        Ok(false) => redirect("/membership?code=password_set"),
        Err(error @ (ServiceError::Validation { .. } | ServiceError::Busy { .. })) => {
            redirect_with_error(page.as_deref().unwrap_or(FORGOT), Vec::new(), &error);
        }
        // Its page says what a link is that sets nothing.
        Err(error @ ServiceError::LinkOver(_)) => match page {
            Some(page) => redirect(&page),
            None => redirect_with_error(FORGOT, Vec::new(), &error),
        },
        Err(error) => redirect_with_error(FORGOT, Vec::new(), &error),
    }
    Ok(())
}
