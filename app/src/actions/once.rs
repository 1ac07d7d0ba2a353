//! Idempotency of forms that create something: a double click or a reload sends them twice.

use ::billing::{
    Services,
    service::{
        ServiceError,
        base::idempotency::{IdempotencyClaim, KeyedRequest, StoredResponse},
    },
};
use domain::ids::TenantId;

use crate::request::shown_once::Recipient;

const DONE: u16 = 303;

/// Runs a form's `work` once per key and answers every repeat with the first result. A failed run releases the key.
///
/// The key is scoped to the form, and to the tenant and the user of `by`. `content` is the form's input: the same key
/// with other content is a new request. With an empty key `work` always runs; the pages of Dues always send a key.
/// `work` receives the attempt's id, to pass on to a provider as an idempotency key; `None` without a key.
///
/// A repeat does not run `work`: what it proves about the sender, as a recent confirmation, is to be checked before.
pub(crate) async fn once<Work: Future<Output = Result<String, ServiceError>>>(
    services: &Services,
    by: Recipient<'_>,
    form: &str,
    key: &str,
    content: &[&str],
    work: impl FnOnce(Option<String>) -> Work,
) -> Result<String, ServiceError> {
    if key.is_empty() {
        return work(None).await;
    }
    let tenant = by.tenant().map(TenantId::as_str).unwrap_or_default();
    let content: Vec<&[u8]> = content.iter().map(|text| text.as_bytes()).collect();
    let scope: [&[u8]; 4] = [form.as_bytes(), tenant.as_bytes(), by.user().as_bytes(), key.as_bytes()];
    let request = KeyedRequest::new(&[&scope[..], &content].concat(), &content).about(by.tenant().cloned());
    match services.idempotency().claim_request(&request).await? {
        IdempotencyClaim::Replay(kept) => Ok(String::from_utf8_lossy(&kept.body).into_owned()),
        IdempotencyClaim::New(held) => match work(Some(request.attempt())).await {
            Ok(made) => {
                let answer = StoredResponse {
                    status: DONE,
                    content_type: String::new(),
                    body: made.clone().into_bytes(),
                    asked_confirmation: false,
                };
                log_failure(services.idempotency().store_response(&held, &answer).await);
                Ok(made)
            }
            Err(error) => {
                log_failure(services.idempotency().release_claim(&held).await);
                Err(error)
            }
        },
    }
}

/// Logs the error. The user still gets the result of the form, which is valid even if the key could not be updated.
fn log_failure(outcome: Result<(), ServiceError>) {
    if let Err(error) = outcome {
        tracing::error!(error = &error as &dyn std::error::Error, "failed to update the idempotency key of a form");
    }
}
