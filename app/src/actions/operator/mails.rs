//! Actions on the mails of the installation.

use ::billing::{identity::ClientAddress, mail::kind::LetterKind, service::ServiceError};
use leptos::prelude::*;
use locales::{Locale, installed};

use super::at_desk;
use crate::{
    actions::redirect_with_error,
    request::{PageRequest, local_path::with_query, redirect},
};

/// Path of the list of mails.
pub const MAILS: &str = "/operator/mails";

/// Returns the path of the page of a mail, without the language.
pub(crate) fn page_of(kind: LetterKind) -> String {
    format!("{MAILS}/{}", kind.as_str())
}

/// Mails a sample to the operator.
#[server(prefix = "/rpc", endpoint = "operator-send-mail")]
pub(crate) async fn operator_send_mail(
    #[server(default)] mail: String,
    #[server(default)] language: String,
) -> Result<(), ServerFnError> {
    let Some((services, operator)) = at_desk() else { return Ok(()) };
    let Ok(kind) = mail.parse::<LetterKind>() else {
        redirect_with_error(MAILS, Vec::new(), &ServiceError::NotFound("mail"));
        return Ok(());
    };
    let language = installed().get(&language).unwrap_or_else(Locale::current);
    let from = PageRequest::now().and_then(|req| req.client_address()).unwrap_or(ClientAddress::UNKNOWN);
    let sent = async { services.operators().send_sample(&operator?, kind, language, from).await };
    let page = page_of(kind);
    match sent.await {
        Ok(()) => redirect(&with_query(&page, &[("language", language.tag()), ("code", "sent")])),
        Err(error) => redirect_with_error(&page, vec![("language", language.tag().to_owned())], &error),
    }
    Ok(())
}
