//! A provider whose answers are others than it gave.

use std::sync::Mutex;

use axum::response::Response;
use serde_json::Value;

/// Changes an object of an answer. What kind of object it is stands under `object`, at Stripe and here at Polar.
type Change = Box<dyn FnMut(&mut Value) + Send>;

/// What becomes of each answer on its way; nothing until a test says so.
#[derive(Default)]
pub(crate) struct Answers(Mutex<Option<Change>>);

impl Answers {
    pub(crate) fn are_changed_by(&self, change: impl FnMut(&mut Value) + Send + 'static) {
        *self.0.lock().unwrap() = Some(Box::new(change));
    }
}

/// An answer of Stripe's.
pub(crate) async fn changed(answer: Response, answers: &Answers) -> Response {
    on_its_way(answer, answers, each_object).await
}

/// An answer of Polar's, to a request for this path behind `/polar/v1/`.
pub(crate) async fn changed_at_polar(answer: Response, path: &str, answers: &Answers) -> Response {
    let kind = collection(path).to_owned();
    on_its_way(answer, answers, move |value, change| each_polar_object(value, &kind, change)).await
}

async fn on_its_way(answer: Response, answers: &Answers, each: impl FnOnce(&mut Value, &mut Change)) -> Response {
    if answers.0.lock().unwrap().is_none() {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let Ok(mut value) = serde_json::from_slice::<Value>(&body) else {
        return Response::from_parts(parts, body.into());
    };
    if let Some(change) = answers.0.lock().unwrap().as_mut() {
        each(&mut value, change);
    }
    parts.headers.remove("content-length");
    Response::from_parts(parts, value.to_string().into())
}

/// The objects of Stripe's API within an answer, the outer ones first.
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

/// All objects within an answer of Polar's, the outer ones first. They do not say what they are: it is told from where they stand, so
/// that a product is the same within a subscription and among products.
fn each_polar_object(value: &mut Value, kind: &str, change: &mut Change) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(|one| each_polar_object(one, kind, change)),
        Value::Object(fields) => {
            let is_list = fields.contains_key("items") && fields.contains_key("pagination");
            fields.insert("object".to_owned(), if is_list { "list" } else { kind }.into());
            change(value);
            let Value::Object(fields) = value else { return };
            fields.remove("object");
            for (name, inner) in fields {
                let plural = if name.ends_with('s') { name.clone() } else { format!("{name}s") };
                let inner_kind = if is_list && name == "items" { kind } else { &plural };
                each_polar_object(inner, inner_kind, change);
            }
        }
        _ => {}
    }
}

/// `customers` of `customers/{id}`, `payment-methods` of `customers/{id}/payment-methods`.
fn collection(path: &str) -> &str {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    match (segments.next(), segments.next(), segments.next()) {
        (Some(first), Some("external"), _) => first,
        (Some(_), Some(_), Some(inner)) => inner,
        (first, ..) => first.unwrap_or_default(),
    }
}
