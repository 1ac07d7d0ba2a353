//! Actions that accept an invitation.

use ::billing::{
    identity::session,
    service::{ServiceError, tenant::team::invitation::Accepted},
};
use leptos::prelude::*;

use crate::{
    actions::{
        redirect_with_error,
        session::{begin, form_context},
    },
    request::{
        PageRequest,
        local_path::{local_path, with_query},
        redirect,
    },
};

const JOINED: &str = "/membership?code=joined";

/// Path of the invitation's page; `/` for a malformed token.
fn page(token: &str) -> String {
    let path = format!("/invitations/{token}");
    local_path(&path).filter(|_| token.bytes().all(|byte| byte.is_ascii_alphanumeric())).unwrap_or("/").to_owned()
}

/// Accepts as the signed-in user and opens the workspace.
#[server(prefix = "/rpc", endpoint = "accept-invitation")]
pub(crate) async fn accept_invitation(#[server(default)] token: String) -> Result<(), ServerFnError> {
    let page = page(&token);
    let Some(account) = PageRequest::now().and_then(|req| req.account()) else {
        redirect(&with_query("/login", &[("code", "session_over"), ("next", &page)]));
        return Ok(());
    };
    let accepted = async {
        let context = form_context()?;
        let joined = context.services.invitations().accept_invitation(&account, &token).await?;
        Ok::<_, ServiceError>(session::switch_tenant(&context.session, &joined.tenant).await?)
    };
    match accepted.await {
        Ok(()) => redirect(JOINED),
        Err(error) => redirect_with_error(&page, Vec::new(), &error),
    }
    Ok(())
}

/// Accepts with a password: of the invited address's account, or of the account created for it.
#[server(prefix = "/rpc", endpoint = "join")]
pub(crate) async fn join(
    #[server(default)] token: String,
    #[server(default)] password: String,
) -> Result<(), ServerFnError> {
    let page = page(&token);
    let joined = async {
        let context = form_context()?;
        let now = context.services.wall_now();
        let (user, joined) =
            match context.services.invitations().accept_by_password(&token, &password, context.client.clone()).await? {
                Accepted::Joined(user, joined) => (user, joined),
                Accepted::NeedsCode(user) => {
                    session::await_code(&context.session, &user, now).await?;
                    return Err(ServiceError::SecondFactorRequired);
                }
            };
        begin(&context, &user, now).await?;
        Ok::<_, ServiceError>(session::switch_tenant(&context.session, &joined.tenant).await?)
    };
    match joined.await {
        Ok(()) => redirect(JOINED),
        // After the second factor's code, sign-in leads back to `page`, where the user accepts while signed in.
        Err(error @ ServiceError::SecondFactorRequired) => {
            redirect_with_error(&page, vec![("next", page.clone())], &error);
        }
        Err(error) => redirect_with_error(&page, Vec::new(), &error),
    }
    Ok(())
}
