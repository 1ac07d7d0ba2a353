//! The request for a custom plan.

use ::billing::{
    Services,
    identity::ClientAddress,
    service::{
        ServiceError,
        operator::enterprise::{NewEnterpriseRequest, Sender},
    },
};
use leptos::prelude::*;

use crate::{
    actions::redirect_with_error,
    request::{PageRequest, draft::Draft, local_path::with_query, redirect, services},
};

/// Path of the request for a custom plan.
pub(crate) const ENTERPRISE_PATH: &str = "/membership/enterprise";

/// Submits an enterprise request. The form's key makes a repeated submit idempotent. `homepage` is a honeypot: people
/// leave it empty.
#[allow(clippy::too_many_arguments, reason = "one for each field of the form, also in what the macro makes of it")]
#[server(prefix = "/rpc", endpoint = "enterprise-signup")]
pub(crate) async fn send_enterprise_request(
    #[server(default)] company: String,
    #[server(default)]
    #[server(rename = "contactName")]
    contact_name: String,
    #[server(default)] email: String,
    #[server(default)]
    #[server(rename = "useCases")]
    use_cases: Vec<String>,
    #[server(default)]
    #[server(rename = "expectedScale")]
    expected_scale: String,
    #[server(default)] notes: String,
    #[server(default)] homepage: String,
    #[server(default)] key: String,
) -> Result<(), ServerFnError> {
    let fields = [
        ("company", company.as_str()),
        ("contactName", contact_name.as_str()),
        ("email", email.as_str()),
        ("expectedScale", expected_scale.as_str()),
    ];
    let cases = use_cases.iter().map(|case| ("useCases", case.as_str()));
    let draft = Draft::of(fields.into_iter().chain(cases).chain([("notes", notes.as_str())]));
    let sent = async {
        let read = use_cases.iter().map(|case| case.parse().ok()).collect::<Option<_>>();
        let use_cases = read.ok_or_else(|| ServiceError::field("useCases", "There is no such use case."))?;
        let request = NewEnterpriseRequest {
            company,
            contact_name,
            email,
            use_cases,
            expected_scale,
            notes,
            trap: homepage,
            form_key: key,
        };
        let (services, sender, from) = form_context()?;
        services.operators().request_enterprise(request, sender, from).await
    };
    match sent.await {
        Ok(_) => redirect(&with_query(ENTERPRISE_PATH, &[("code", "received")])),
        Err(error) => {
            draft.keep();
            redirect_with_error(ENTERPRISE_PATH, Vec::new(), &error);
        }
    }
    Ok(())
}

/// Returns the services, the sender and their address. Works without a signed-in user.
fn form_context() -> Result<(Services, Sender, ClientAddress), ServiceError> {
    let found = PageRequest::now().and_then(|req| {
        let account = || req.account().map(Sender::from);
        let sender = req.workspace_viewer().map(Sender::from).or_else(account).unwrap_or_default();
        Some((services()?, sender, req.client_address()?))
    });
    found.ok_or(ServiceError::Internal("request context without services or client address"))
}
