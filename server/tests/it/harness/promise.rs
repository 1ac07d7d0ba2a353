//! What `/openapi.json` promises, held against every answer that a test sees.

use std::{collections::BTreeMap, sync::LazyLock};

use jsonschema::Validator;
use reqwest::{Method, Url};
use serde_json::Value;

use super::Answer;

pub(crate) static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(server::api::openapi::text()).unwrap());
static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| operations(&DOCUMENT).map(Operation::new).collect());

/// A method and a path of the document, with what stands there.
#[derive(Clone, Copy)]
pub(crate) struct Promised<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) is: &'a Value,
}

impl Promised<'_> {
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }
}

/// Every operation of a document.
pub(crate) fn operations(document: &Value) -> impl Iterator<Item = Promised<'_>> {
    document["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, is)| Promised { method, path, is })
    })
}

/// A schema of the document, ready to hold values against it.
pub(crate) fn validator(schema: &Value) -> Validator {
    // References lead to the document's components.
    let whole = serde_json::json!({ "allOf": [schema], "components": DOCUMENT["components"] });
    jsonschema::draft202012::new(&whole).unwrap()
}

struct Operation {
    method: Method,
    path: &'static str,
    /// By status; `None` for an answer without content.
    answers: BTreeMap<u16, Option<Validator>>,
}

impl Operation {
    fn new(Promised { method, path, is }: Promised<'static>) -> Self {
        let answers = is["responses"].as_object().unwrap().iter().map(|(status, answer)| {
            let json = answer["content"].get("application/json");
            (status.parse().unwrap(), json.map(|json| validator(&json["schema"])))
        });
        Self { method: method.to_uppercase().parse().unwrap(), path, answers: answers.collect() }
    }

    /// How many segments of the path are said as they are; `None` for another path.
    fn matches(&self, path: &str) -> Option<usize> {
        let (own, asked) = (self.path.split('/'), path.split('/'));
        let is_alike = own.clone().count() == asked.clone().count();
        let is_parameter = |segment: &str| segment.starts_with('{');
        let fits = own.clone().zip(asked).all(|(own, asked)| own == asked || (is_parameter(own) && !asked.is_empty()));
        (is_alike && fits).then(|| own.filter(|segment| !is_parameter(segment)).count())
    }
}

/// Stops at an answer that the document does not name, or that has another shape there. What the document has no
/// operation for, such as pages, is let through.
#[track_caller]
pub(super) fn hold(method: &Method, url: &Url, answer: &Answer) {
    let here = OPERATIONS.iter().filter(|operation| operation.method == *method);
    let here = here.filter_map(|operation| operation.matches(url.path()).map(|exact| (exact, operation)));
    let Some((_, operation)) = here.max_by_key(|(exact, _)| *exact) else { return };
    let what = || format!("{method} {}", operation.path);
    let Some(promised) = operation.answers.get(&answer.status) else {
        panic!("{} is not documented to answer {answer:#?}", what());
    };
    let Some(validator) = promised else {
        assert_eq!(answer.text, "", "{} answers {} without content", what(), answer.status);
        return;
    };
    assert_eq!(answer.header("content-type"), Some("application/json"), "{} answers {answer:#?}", what());
    let body = answer.json();
    let wrong: Vec<_> =
        validator.iter_errors(&body).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{} answers what its schema forbids: {wrong:#?} in {body:#}", what());
}
