//! A form that makes something, sent twice: by a double click, or by somebody who loads its answer again.

use ::billing::{
    Services,
    service::{
        ServiceError,
        idempotency::{KeptAnswer, KeyedRequest, Turn},
    },
};
use domain::account::Viewer;

const DONE: u16 = 303;

/// Does the work of a form once, and answers what came of it however often the form is sent.
///
/// `key` came with the form; `content` is what was written into it: a form that was gone back to and filled in anew is another.
/// Without a key, whoever sends it has no page of ours, and is taken at her word. The work is told what this attempt is called,
/// for a provider that can know it again.
pub(crate) async fn once<Work: Future<Output = Result<String, ServiceError>>>(
    services: &Services,
    viewer: &Viewer,
    form: &str,
    key: &str,
    content: &[&str],
    work: impl FnOnce(Option<String>) -> Work,
) -> Result<String, ServiceError> {
    if key.is_empty() {
        return work(None).await;
    }
    let (tenant, person) = (viewer.here.tenant_id.as_str(), viewer.user_id.to_string());
    let content: Vec<&[u8]> = content.iter().map(|text| text.as_bytes()).collect();
    let whose: [&[u8]; 4] = [form.as_bytes(), tenant.as_bytes(), person.as_bytes(), key.as_bytes()];
    let request = KeyedRequest::new(&[&whose[..], &content].concat(), &content);
    match services.take_turn(&request).await? {
        Turn::Answered(kept) => Ok(String::from_utf8_lossy(&kept.body).into_owned()),
        Turn::Ours(held) => match work(Some(request.attempt())).await {
            Ok(made) => {
                let answer = KeptAnswer {
                    status: DONE,
                    content_type: String::new(),
                    body: made.clone().into_bytes(),
                    asked_confirmation: false,
                };
                log_failure(services.keep_answer(&held, &answer).await);
                Ok(made)
            }
            Err(error) => {
                log_failure(services.give_back(&held).await);
                Err(error)
            }
        },
    }
}

/// It is done, or refused: that is what she is to read, also when the key can't be written.
fn log_failure(outcome: Result<(), ServiceError>) {
    if let Err(error) = outcome {
        tracing::error!(error = &error as &dyn std::error::Error, "the key of a form can't be written");
    }
}
