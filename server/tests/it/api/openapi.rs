//! `/openapi.json`: complete, and equal to the committed copy.

use std::{collections::BTreeSet, path::Path};

use domain::error_code::ErrorCode;
use serde_json::Value;

use crate::harness::{DOCUMENT, DocumentedOperation, operations, validator};

/// A field that a shared function reads.
const SHARED: &str = "idempotencyKey";
const REFRESH: &str = "cargo run --package server -- openapi > server/openapi.json";

#[test]
fn the_committed_copy_is_current() {
    let copy = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json")).unwrap();
    assert!(
        copy == server::api::operations::openapi::text(),
        "server/openapi.json is out of date. Refresh it: {REFRESH}"
    );
}

#[test]
fn operations_are_named_as_a_client_would_call_them() {
    let mut names = BTreeSet::new();
    for operation in operations() {
        let Some(name) = operation.is["operationId"].as_str() else { panic!("{} has no name", operation.name()) };
        let is_camel_case = name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.chars().all(|char| char.is_ascii_alphanumeric());
        let says_what_it_does = name.contains(|char: char| char.is_ascii_uppercase());
        assert!(is_camel_case && says_what_it_does, "{} is named {name}", operation.name());
        assert!(names.insert(name), "two operations are named {name}");
        assert!(operation.is["summary"].is_string(), "{name} has no summary");
    }
}

/// Returns the sources of `api`.
fn api_sources(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { api_sources(&path) } else { vec![std::fs::read_to_string(path).unwrap()] })
        .collect()
}

#[test]
fn every_field_that_a_request_reads_is_in_its_schema_under_that_name() {
    let mut compared = 0;
    for source in api_sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/api")) {
        let Some((_, from_name)) = source.split_once("impl ReadFields for ") else { continue };
        let (name, body) = from_name.split_once(" {").unwrap();
        let body = body.split("\n}\n").next().unwrap();
        // A choice of schemas, and a body that is no component, have no properties of their own.
        let Some(properties) = DOCUMENT["components"]["schemas"][name]["properties"].as_object() else { continue };
        let nested = properties.values().flat_map(|property| property["oneOf"].as_array().into_iter().flatten());
        let referenced = properties.values().chain(nested).filter_map(|property| property["$ref"].as_str());
        let of_parts: Vec<_> =
            referenced.filter_map(|part| DOCUMENT.pointer(&part[1..])?["properties"].as_object()).collect();
        for read in body.split("(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let is_documented = properties.contains_key(read) || of_parts.iter().any(|part| part.contains_key(read));
            assert!(is_documented, "the schema of {name} lacks {read}");
            compared += 1;
        }
        for property in properties.keys() {
            let is_read = source.contains(&format!("\"{property}\"")) || property == SHARED;
            assert!(is_read, "{name} does not read {property}");
        }
    }
    assert!(compared > 50, "compared {compared} fields");
}

#[test]
fn every_tag_has_a_description() {
    let explained: BTreeSet<_> =
        DOCUMENT["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let used = operations().flat_map(|operation| operation.is["tags"].as_array().unwrap());
    assert_eq!(used.map(|tag| tag.as_str().unwrap()).collect::<BTreeSet<_>>(), explained);
}

#[test]
fn every_operation_documents_who_may_call() {
    for operation in operations() {
        let ways = operation.is["security"].as_array();
        assert!(ways.is_some_and(|ways| !ways.is_empty()), "{} does not", operation.name());
    }
}

#[test]
fn every_error_documents_its_codes_and_the_request_id() {
    for operation in operations() {
        let name = operation.name();
        for (status, answer) in operation.is["responses"].as_object().unwrap() {
            assert!(answer["headers"]["x-request-id"].is_object(), "{name} {status} has no x-request-id");
            if status.as_str() < "400" {
                continue;
            }
            let schema = &answer["content"]["application/json"]["schema"]["allOf"];
            assert!(schema[0]["$ref"].is_string(), "{name} {status} has no schema");
            let codes = schema[1]["properties"]["code"]["enum"].as_array().unwrap();
            assert!(!codes.is_empty(), "{name} {status} names no code at the beginning of its description: {answer}");
            let comes_back = ["429", "503"].contains(&status.as_str());
            assert!(!comes_back || answer["headers"]["Retry-After"].is_object(), "{name} {status} has no Retry-After");
        }
    }
}

#[test]
fn documented_codes_are_those_of_the_registry_with_their_status() {
    let about = DOCUMENT["info"]["description"].as_str().unwrap();
    for code in ErrorCode::ALL {
        assert!(about.contains(&format!("- `{code}` ({}): {}", code.status(), code.message())), "{code}");
    }
    for operation in operations() {
        let name = operation.name();
        let answers = operation.is["responses"].as_object().unwrap().iter();
        for (status, answer) in answers.filter(|(status, _)| status.as_str() >= "400") {
            let schema = &answer["content"]["application/json"]["schema"]["allOf"][1];
            for code in schema["properties"]["code"]["enum"].as_array().unwrap() {
                let code: ErrorCode = code.as_str().unwrap().parse().unwrap_or_else(|_| panic!("{name}: {code}"));
                assert_eq!(code.status().to_string(), *status, "{name}: {code}");
            }
        }
    }
}

#[test]
fn examples_match_their_schemas() {
    let mut checked = 0;
    for (name, schema) in DOCUMENT["components"]["schemas"].as_object().unwrap() {
        checked += check_examples(&format!("schema {name}"), schema, schema);
    }
    for operation in operations() {
        for (what, content) in contents(&operation) {
            checked += check_examples(&format!("{} {what}", operation.name()), &content["schema"], content);
        }
        for parameter in operation.is["parameters"].as_array().into_iter().flatten() {
            checked += check_examples(&format!("{} {parameter}", operation.name()), &parameter["schema"], parameter);
        }
    }
    assert!(checked > 0, "there are no examples");
}

/// Returns the bodies of the request and of the responses.
fn contents<'a>(operation: &DocumentedOperation<'a>) -> Vec<(String, &'a Value)> {
    let request = operation.is.get("requestBody").map(|request| ("request".to_owned(), request));
    let answers = operation.is["responses"].as_object().unwrap().iter().map(|(status, is)| (status.clone(), is));
    let bodies = request.into_iter().chain(answers);
    bodies
        .flat_map(|(what, is)| is["content"].as_object().into_iter().flatten().map(move |(_, is)| (what.clone(), is)))
        .collect()
}

/// Checks the examples at `place` and returns their number.
fn check_examples(what: &str, schema: &Value, place: &Value) -> usize {
    let one = place.get("example").into_iter();
    let listed = place["examples"].as_array().into_iter().flatten();
    let named = place["examples"].as_object().into_iter().flatten().map(|(_, example)| &example["value"]);
    let examples: Vec<_> = one.chain(listed).chain(named).collect();
    let validator = validator(schema);
    for example in &examples {
        let wrong: Vec<_> =
            validator.iter_errors(example).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(wrong.is_empty(), "an example of {what} is not what its schema allows: {wrong:#?} in {example:#}");
    }
    examples.len()
}
