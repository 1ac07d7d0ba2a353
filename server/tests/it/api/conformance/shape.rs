//! Compares a response with a documented body: the type of every field, and its value unless the value varies.

use std::collections::BTreeMap;

use serde_json::Value;

/// Returns how a response differs from the documented body; additional fields are no difference.
pub(super) fn differences(printed: &Value, varies: &BTreeMap<String, String>, answer: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(printed, answer, "", varies, &mut found);
    found
}

fn compare(printed: &Value, answer: &Value, at: &str, varies: &BTreeMap<String, String>, found: &mut Vec<String>) {
    match (printed, answer) {
        (Value::String(open), Value::Object(_)) if open == "{ ... }" => {}
        (Value::String(begun), Value::String(actual)) if begun.ends_with("...") && !actual.is_empty() => {}
        (Value::Object(printed), Value::Object(answer)) => {
            for (name, value) in printed {
                let at = format!("{at}/{name}");
                match answer.get(name) {
                    Some(actual) => compare(value, actual, &at, varies, found),
                    None => found.push(format!("{at} is missing")),
                }
            }
        }
        (Value::Array(printed), Value::Array(answer)) => {
            for (index, value) in printed.iter().enumerate() {
                if !answer.iter().any(|actual| is_like(value, actual, &format!("{at}/{index}"), varies)) {
                    found.push(format!("{at} has nothing like {value}"));
                }
            }
        }
        _ if kind(printed) != kind(answer) => {
            found.push(format!("{at} is {} {answer}, printed as {} {printed}", kind(answer), kind(printed)));
        }
        _ if printed != answer && !varies.contains_key(at) => {
            found.push(format!("{at} is {answer}, printed as {printed}"));
        }
        _ => {}
    }
}

fn is_like(printed: &Value, answer: &Value, at: &str, varies: &BTreeMap<String, String>) -> bool {
    let mut found = Vec::new();
    compare(printed, answer, at, varies, &mut found);
    found.is_empty()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "decimal",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::more_fields(json!({ "a": 1 }), json!({ "a": 1, "b": 2 }), true)]
    #[case::fewer_fields(json!({ "a": 1, "b": 2 }), json!({ "a": 1 }), false)]
    #[case::another_type(json!({ "a": 1 }), json!({ "a": "1" }), false)]
    #[case::another_kind_of_number(json!({ "a": 0.0 }), json!({ "a": 0 }), false)]
    #[case::null_for_a_value(json!({ "a": 1 }), json!({ "a": null }), false)]
    #[case::another_value(json!({ "a": 1 }), json!({ "a": 2 }), false)]
    #[case::a_value_of_its_own(json!({ "own": "x" }), json!({ "own": "y" }), true)]
    #[case::another_type_of_its_own(json!({ "own": "x" }), json!({ "own": 1 }), false)]
    #[case::an_open_object(json!({ "a": "{ ... }" }), json!({ "a": {} }), true)]
    #[case::no_open_object(json!({ "a": "{ ... }" }), json!({ "a": [] }), false)]
    #[case::an_open_text(json!({ "a": "cus_..." }), json!({ "a": "cus_1" }), true)]
    #[case::an_empty_text(json!({ "a": "cus_..." }), json!({ "a": "" }), false)]
    #[case::more_elements(json!([{ "a": 1 }]), json!([{ "a": 2 }, { "a": 1 }]), true)]
    #[case::no_such_element(json!([{ "a": 1 }]), json!([{ "a": 2 }]), false)]
    fn a_response_matches_the_documented_shape(#[case] printed: Value, #[case] answer: Value, #[case] is_like: bool) {
        let varies = BTreeMap::from([("/own".to_owned(), "the caller's".to_owned())]);
        assert_eq!(differences(&printed, &varies, &answer).is_empty(), is_like);
    }
}
