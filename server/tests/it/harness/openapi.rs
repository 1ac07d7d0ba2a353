//! Checks every response that a test receives against `/openapi.json`.

use std::{collections::BTreeMap, sync::LazyLock};

use jsonschema::Validator;
use reqwest::{Method, Url};
use serde_json::Value;

use super::Answer;

pub(crate) static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(server::api::operations::openapi::text()).unwrap());

/// An operation of the document: its method, path and definition.
#[derive(Clone, Copy)]
pub(crate) struct DocumentedOperation<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) is: &'a Value,
}

impl DocumentedOperation<'_> {
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }

    /// Returns the first example of the request body.
    pub(crate) fn example(&self) -> Option<Value> {
        examples(&self.is["requestBody"]["content"]["application/json"]).next().cloned()
    }
}

/// Returns every example of a body, from its media type or its schema.
pub(crate) fn examples(content: &Value) -> impl Iterator<Item = &Value> {
    let named = content["examples"].as_object().into_iter().flatten().map(|(_, example)| &example["value"]);
    content.get("example").into_iter().chain(named).chain(examples_of(&content["schema"]))
}

fn examples_of(schema: &Value) -> Vec<&Value> {
    if let Some(to) = schema["$ref"].as_str() {
        return examples_of(DOCUMENT.pointer(to.strip_prefix('#').unwrap()).unwrap());
    }
    let parts = ["oneOf", "allOf"].into_iter().filter_map(|parts| schema[parts].as_array()).flatten();
    schema.get("example").into_iter().chain(parts.flat_map(examples_of)).collect()
}

/// Returns the operation that a request with this method and path reaches; `None` if the document has none.
pub(crate) fn operation(method: &str, path: &str) -> Option<DocumentedOperation<'static>> {
    let here = operations().filter(|operation| operation.method.eq_ignore_ascii_case(method));
    let fitting = here.filter_map(|operation| fit(operation.path, path).map(|exact| (exact, operation)));
    fitting.max_by_key(|(exact, _)| *exact).map(|(_, operation)| operation)
}

/// Returns how many literal segments of the template match; `None` if the path does not match.
fn fit(template: &str, path: &str) -> Option<usize> {
    let is_parameter = |segment: &str| segment.starts_with('{');
    let pairs = || template.split('/').zip(path.split('/'));
    let is_alike = template.split('/').count() == path.split('/').count();
    let fits = pairs().all(|(segment, asked)| segment == asked || (is_parameter(segment) && !asked.is_empty()));
    (is_alike && fits).then(|| pairs().filter(|(segment, _)| !is_parameter(segment)).count())
}

/// Returns every operation of the document.
pub(crate) fn operations() -> impl Iterator<Item = DocumentedOperation<'static>> {
    DOCUMENT["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, is)| DocumentedOperation { method, path, is })
    })
}

/// Compiles a schema of the document.
pub(crate) fn validator(schema: &Value) -> Validator {
    // References point to the document's components.
    let whole = serde_json::json!({ "allOf": [schema], "components": DOCUMENT["components"] });
    jsonschema::draft202012::new(&whole).unwrap()
}

enum Body {
    None,
    Json(Validator),
    /// A body of this content type.
    Other(String),
}

impl Body {
    fn of(answer: &Value) -> Self {
        match answer["content"].as_object().into_iter().flatten().next() {
            None => Self::None,
            Some((kind, json)) if kind == "application/json" => Self::Json(validator(&json["schema"])),
            Some((kind, _)) => Self::Other(kind.clone()),
        }
    }
}

/// The documented bodies, by operation and status.
static ANSWERS: LazyLock<BTreeMap<(String, u16), Body>> = LazyLock::new(|| {
    let all = operations().flat_map(|operation| {
        let answers = operation.is["responses"].as_object().unwrap();
        answers.iter().map(move |(status, is)| ((operation.name(), status.parse().unwrap()), Body::of(is)))
    });
    all.collect()
});

/// Panics at a response that the document does not list, or whose body does not match. A path without an
/// operation, such as a page, is not checked.
#[track_caller]
pub(super) fn assert_documented(method: &Method, url: &Url, answer: &Answer) {
    let Some(operation) = operation(method.as_str(), url.path()) else { return };
    let name = operation.name();
    let Some(promised) = ANSWERS.get(&(name.clone(), answer.status)) else {
        panic!("{name} is not documented to answer {answer:#?}");
    };
    let validator = match promised {
        Body::Json(validator) => validator,
        Body::None => return assert_eq!(answer.text, "", "{name} answers {} without content", answer.status),
        Body::Other(kind) => {
            let essence = answer.header("content-type").and_then(|value| value.split(';').next());
            return assert_eq!(essence, Some(kind.as_str()), "{name}");
        }
    };
    assert_eq!(answer.header("content-type"), Some("application/json"), "{name} answers {answer:#?}");
    let body = answer.json();
    let wrong: Vec<_> =
        validator.iter_errors(&body).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{name} answers what its schema forbids: {wrong:#?} in {body:#}");
}
