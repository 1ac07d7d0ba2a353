//! The choice of mails about the open workspace.

use domain::account::OptionalMail;
use leptos::prelude::*;

use crate::{
    actions::{account::PAGE, redirect_with_error, signed_in},
    request::{local_path::with_query, redirect},
};

/// Makes the ticked mails the ones that the signed-in user gets about the open workspace. Unknown names are ignored.
#[server(prefix = "/rpc", endpoint = "mail-preferences")]
pub(crate) async fn change_mail_preferences(#[server(default)] mails: Vec<String>) -> Result<(), ServerFnError> {
    let Some((services, viewer)) = signed_in() else { return Ok(()) };
    let on: Vec<OptionalMail> = mails.iter().filter_map(|mail| mail.parse().ok()).collect();
    match services.accounts().change_mail_preferences(&viewer, &on).await {
        Ok(()) => redirect(&with_query(PAGE, &[("code", "mail_preferences_changed")])),
        Err(error) => redirect_with_error(PAGE, Vec::new(), &error),
    }
    Ok(())
}
