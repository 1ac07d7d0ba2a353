//! Alters the responses of the provider.

use std::sync::Mutex;

use axum::response::Response;
use serde_json::Value;

/// Alters an object of a response. Its `object` field holds its type, for Polar's objects, too.
type Change = Box<dyn FnMut(&mut Value) + Send>;

/// The alteration of each response; none by default.
#[derive(Default)]
pub(crate) struct ResponseAlteration(Mutex<Option<Change>>);

impl ResponseAlteration {
    pub(crate) fn alter_with(&self, change: impl FnMut(&mut Value) + Send + 'static) {
        *self.0.lock().unwrap() = Some(Box::new(change));
    }
}

/// Returns a response of Stripe, altered.
pub(crate) async fn altered_response(response: Response, alteration: &ResponseAlteration) -> Response {
    alter_body(response, alteration, each_object).await
}

/// Returns a response of Polar, altered. `path` is the request's path after `/polar/v1/`.
pub(crate) async fn altered_polar_response(
    response: Response,
    path: &str,
    alteration: &ResponseAlteration,
) -> Response {
    let kind = collection(path).to_owned();
    alter_body(response, alteration, move |value, change| each_polar_object(value, &kind, change)).await
}

async fn alter_body(
    response: Response,
    alteration: &ResponseAlteration,
    each: impl FnOnce(&mut Value, &mut Change),
) -> Response {
    if alteration.0.lock().unwrap().is_none() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let Ok(mut value) = serde_json::from_slice::<Value>(&body) else {
        return Response::from_parts(parts, body.into());
    };
    if let Some(change) = alteration.0.lock().unwrap().as_mut() {
        each(&mut value, change);
    }
    parts.headers.remove("content-length");
    Response::from_parts(parts, value.to_string().into())
}

/// Applies the change to each object of Stripe's API in a response, the outer ones first.
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

/// Applies the change to each object in a response of Polar, the outer ones first. Polar's objects do not name their
/// type. The type follows from an object's place: a product has the same type in a subscription and in a list of
/// products.
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

/// Returns `customers` for `customers/{id}`, `payment-methods` for `customers/{id}/payment-methods`.
fn collection(path: &str) -> &str {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    match (segments.next(), segments.next(), segments.next()) {
        (Some(first), Some("external"), _) => first,
        (Some(_), Some(_), Some(inner)) => inner,
        (first, ..) => first.unwrap_or_default(),
    }
}
