//! A provider whose answers are others than it gave.

use std::sync::Mutex;

use axum::response::Response;
use serde_json::Value;

/// Changes an object of an answer.
type Change = Box<dyn FnMut(&mut Value) + Send>;

/// What becomes of each answer on its way; nothing until a test says so.
#[derive(Default)]
pub(crate) struct Answers(Mutex<Option<Change>>);

impl Answers {
    pub(crate) fn are_changed_by(&self, change: impl FnMut(&mut Value) + Send + 'static) {
        *self.0.lock().unwrap() = Some(Box::new(change));
    }
}

pub(crate) async fn changed(answer: Response, answers: &Answers) -> Response {
    if answers.0.lock().unwrap().is_none() {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let Ok(mut value) = serde_json::from_slice::<Value>(&body) else {
        return Response::from_parts(parts, body.into());
    };
    if let Some(change) = answers.0.lock().unwrap().as_mut() {
        each_object(&mut value, change);
    }
    parts.headers.remove("content-length");
    Response::from_parts(parts, value.to_string().into())
}

/// The objects of the API within an answer, the outer ones first.
fn each_object(value: &mut Value, change: &mut Change) {
    if value.get("object").is_some() {
        change(value);
    }
    match value {
        Value::Array(all) => all.iter_mut().for_each(|one| each_object(one, change)),
        Value::Object(fields) => fields.values_mut().for_each(|one| each_object(one, change)),
        _ => {}
    }
}
