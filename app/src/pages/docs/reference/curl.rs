//! The `curl` command of an operation.

use serde_json::Value;

use super::{
    example,
    json::{entries, is_set, items, members, text},
    schema::Schemas,
};
use crate::components::form::first_call::quoted;

const TENANT_HEADER: &str = "X-Tenant-ID";
const TENANT_EXTERNAL_HEADER: &str = "X-Tenant-External-ID";
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
/// The break between arguments.
const NEXT_LINE: &str = " \\\n  ";

/// Returns a command that calls the operation. The reader sets its shell variables, such as `$DUES`, the server's URL.
///
/// The command sends an API key if the operation accepts one, else an installation key, else an ID token, else a session
/// cookie.
pub(super) fn command(method: &str, path: &str, operation: &Value, schemas: &Schemas<'_>) -> String {
    let method = method.to_uppercase();
    let verb = if method == "GET" { String::new() } else { format!("-X {method} ") };
    let mut arguments = vec![format!("curl {verb}\"$DUES{}{}\"", filled_path(path, operation), query(operation))];
    let ways = || items(operation, "security").iter().flat_map(members).map(|(scheme, _)| scheme);
    let takes = |wanted: &str| ways().any(|scheme| scheme == wanted);
    let has_header = |name: &str| parameters(operation, "header").any(|parameter| text(parameter, "name") == name);
    if takes("api_key") {
        arguments.push("-H \"Authorization: Bearer $API_KEY\"".to_owned());
    } else if takes("installation_key") {
        arguments.push("-H \"Authorization: Bearer $INSTALLATION_KEY\"".to_owned());
        if has_header(TENANT_EXTERNAL_HEADER) {
            arguments.push(format!("-H \"{TENANT_EXTERNAL_HEADER}: $TENANT_EXTERNAL_ID\""));
        }
    } else if takes("firebase") {
        arguments.push("-H \"Authorization: Bearer $ID_TOKEN\"".to_owned());
        if has_header(TENANT_HEADER) {
            arguments.push(format!("-H \"{TENANT_HEADER}: $TENANT_ID\""));
        }
    } else if takes("session") {
        arguments.push("-b \"dues_session=$SESSION\"".to_owned());
    }
    for parameter in parameters(operation, "header").filter(|parameter| is_set(parameter, "required")) {
        let name = text(parameter, "name");
        arguments.push(format!("-H \"{name}: {}\"", value(parameter)));
    }
    if has_header(IDEMPOTENCY_KEY) {
        arguments.push(format!("-H \"{IDEMPOTENCY_KEY}: $(uuidgen)\""));
    }
    if let Some((content_type, content)) = operation.get("requestBody").and_then(|body| entries(body, "content").next())
    {
        arguments.push(format!("-H \"Content-Type: {content_type}\""));
        arguments.push(match example::body(content, schemas) {
            Value::Null => "--data-binary @body.json".to_owned(),
            body => format!("-d {}", quoted(&example::pretty(&body))),
        });
    }
    arguments.join(NEXT_LINE)
}

fn parameters<'a>(operation: &'a Value, place: &'a str) -> impl Iterator<Item = &'a Value> {
    items(operation, "parameters").iter().filter(move |parameter| text(parameter, "in") == place)
}

fn filled_path(path: &str, operation: &Value) -> String {
    parameters(operation, "path").fold(path.to_owned(), |path, parameter| {
        path.replace(&format!("{{{}}}", text(parameter, "name")), &value(parameter))
    })
}

fn query(operation: &Value) -> String {
    let required = parameters(operation, "query").filter(|parameter| is_set(parameter, "required"));
    let pairs: Vec<_> = required.map(|parameter| format!("{}={}", text(parameter, "name"), value(parameter))).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

/// Returns a parameter's example, or a variable with its name: `$USER_ID` for `userId`.
fn value(parameter: &Value) -> String {
    match parameter.get("example") {
        Some(Value::String(example)) => example.clone(),
        Some(example) => example.to_string(),
        None => variable(text(parameter, "name")),
    }
}

fn variable(name: &str) -> String {
    let mut variable = "$".to_owned();
    for char in name.chars() {
        if char.is_ascii_uppercase() {
            variable.push('_');
        }
        variable.push(if char.is_ascii_alphanumeric() { char.to_ascii_uppercase() } else { '_' });
    }
    variable
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn command_of(method: &str, path: &str, operation: &Value) -> String {
        command(method, path, operation, &Schemas::of(&Value::Null))
    }

    #[test]
    fn a_command_has_the_key_the_headers_and_the_body() {
        let operation = json!({
            "security": [{ "session": [] }, { "api_key": ["usage"] }],
            "parameters": [
                { "name": "userId", "in": "path", "required": true },
                { "name": "feature", "in": "query", "required": true, "example": "ai_tokens" },
                { "name": "limit", "in": "query" },
                { "name": "Idempotency-Key", "in": "header" },
                { "name": "X-Tenant-ID", "in": "header" },
            ],
            "requestBody": { "content": { "application/json": { "example": { "name": "it's" } } } },
        });
        let expected = "curl -X POST \"$DUES/users/$USER_ID?feature=ai_tokens\" \\\n  \
            -H \"Authorization: Bearer $API_KEY\" \\\n  \
            -H \"Idempotency-Key: $(uuidgen)\" \\\n  \
            -H \"Content-Type: application/json\" \\\n  \
            -d '{\"name\":\"it'\\''s\"}'";
        assert_eq!(command_of("post", "/users/{userId}", &operation), expected);
    }

    #[test]
    fn without_a_key_an_id_token_or_a_session_is_used() {
        let tenant = json!([{ "name": "X-Tenant-ID", "in": "header" }]);
        let operation = json!({ "security": [{ "session": [] }, { "firebase": [] }], "parameters": tenant });
        let expected =
            "curl \"$DUES/a\" \\\n  -H \"Authorization: Bearer $ID_TOKEN\" \\\n  -H \"X-Tenant-ID: $TENANT_ID\"";
        assert_eq!(command_of("get", "/a", &operation), expected);
        let operation = json!({ "security": [{ "session": [] }] });
        assert_eq!(
            command_of("delete", "/a", &operation),
            "curl -X DELETE \"$DUES/a\" \\\n  -b \"dues_session=$SESSION\""
        );
    }

    #[test]
    fn a_command_for_an_installation_key_names_the_tenant() {
        let headers =
            json!([{ "name": "X-Tenant-ID", "in": "header" }, { "name": "X-Tenant-External-ID", "in": "header" }]);
        let operation = json!({ "security": [{ "installation_key": ["portal"] }], "parameters": headers });
        let expected = "curl \"$DUES/a\" \\\n  -H \"Authorization: Bearer $INSTALLATION_KEY\" \\\n  \
            -H \"X-Tenant-External-ID: $TENANT_EXTERNAL_ID\"";
        assert_eq!(command_of("get", "/a", &operation), expected);
    }

    #[test]
    fn every_operation_with_a_caller_authenticates_it() {
        let document: Value = serde_json::from_str(include_str!("../../../../../server/openapi.json")).unwrap();
        let operations = members(&document["paths"])
            .flat_map(|(path, methods)| members(methods).map(move |(method, operation)| (path, method, operation)));
        for (path, method, operation) in operations.filter(|(_, method, _)| *method != "parameters") {
            let is_open = items(operation, "security").iter().any(|scheme| members(scheme).next().is_none());
            let command = command_of(method, path, operation);
            let has_caller = command.contains("Authorization: Bearer") || command.contains("dues_session=");
            let is_signed = items(operation, "security").is_empty();
            assert!(is_open || is_signed || has_caller, "{method} {path}: {command}");
        }
    }

    #[test]
    fn a_body_of_any_form_is_read_from_a_file() {
        let operation = json!({
            "security": [{}],
            "parameters": [{ "name": "stripe-signature", "in": "header", "required": true }],
            "requestBody": { "content": { "application/json": { "schema": {} } } },
        });
        let command = command_of("post", "/hook", &operation);
        assert!(command.contains("-H \"stripe-signature: $STRIPE_SIGNATURE\""), "{command}");
        assert!(command.ends_with("--data-binary @body.json"), "{command}");
    }
}
