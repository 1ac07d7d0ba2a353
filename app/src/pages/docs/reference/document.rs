//! The view model of the reference, read from the `OpenAPI` document.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    curl, example,
    json::{entries, is_set, items, members, text},
    schema::{Field, Schemas, Shape},
};
use crate::pages::docs::{layout::REFERENCE, markdown};

/// The whole API.
#[derive(Debug, Default)]
pub(in crate::pages::docs) struct Reference {
    /// Introduction, as HTML.
    pub(super) about: String,
    pub(super) schemes: Vec<Scheme>,
    pub(in crate::pages::docs) tags: Vec<Tag>,
}

/// A way to authenticate.
#[derive(Debug)]
pub(super) struct Scheme {
    pub(super) title: &'static str,
    /// The header that carries the credential.
    pub(super) header: String,
    pub(super) about: String,
}

/// A group of operations. Each group has one page.
#[derive(Debug)]
pub(in crate::pages::docs) struct Tag {
    /// Last segment of the page's address.
    pub(super) name: String,
    pub(super) title: String,
    pub(super) about: String,
    pub(in crate::pages::docs) operations: Vec<Operation>,
}

/// A method of a path. Descriptions are HTML.
#[derive(Debug)]
pub(in crate::pages::docs) struct Operation {
    /// The operation's id, which is its anchor on the page.
    pub(super) id: String,
    pub(in crate::pages::docs) title: String,
    pub(in crate::pages::docs) method: String,
    pub(in crate::pages::docs) path: String,
    /// Everything about the operation as plain text, for the search.
    pub(in crate::pages::docs) text: String,
    pub(super) summary: String,
    pub(super) about: String,
    /// The callers that the operation accepts, one line per way to authenticate.
    pub(super) callers: Vec<String>,
    pub(super) curl: String,
    pub(super) parameters: Vec<Field>,
    pub(super) body: Option<Body>,
    pub(super) responses: Vec<Response>,
    /// Responses with a status of 400 and above.
    pub(super) errors: Vec<Response>,
}

/// The body of a request.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) content_types: Vec<String>,
    pub(super) is_required: bool,
    pub(super) shape: Shape,
}

/// A response by its status.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: String,
    pub(super) about: String,
    pub(super) content_type: Option<String>,
    pub(super) shape: Shape,
    pub(super) example: Option<String>,
}

impl Reference {
    /// Parses the `OpenAPI` document. Missing parts are left out. For text that is not JSON the reference is empty.
    pub(in crate::pages::docs) fn parse(openapi: &str) -> Self {
        let document: Value = serde_json::from_str(openapi).unwrap_or_default();
        let schemas = Schemas::of(&document);
        let mut by_tag: BTreeMap<&str, Vec<Operation>> = BTreeMap::new();
        for (path, methods) in entries(&document, "paths") {
            for (method, operation) in members(methods) {
                let tag = items(operation, "tags").first().and_then(Value::as_str).unwrap_or("other");
                by_tag.entry(tag).or_default().push(Operation::read(path, method, operation, &schemas));
            }
        }
        let mut tags = Vec::new();
        for tag in items(&document, "tags") {
            let name = text(tag, "name");
            tags.extend(by_tag.remove(name).map(|operations| Tag::new(name, text(tag, "description"), operations)));
        }
        tags.extend(by_tag.into_iter().map(|(name, operations)| Tag::new(name, "", operations)));
        let about = document.pointer("/info/description").and_then(Value::as_str).unwrap_or_default();
        let declared = document.pointer("/components/securitySchemes").into_iter().flat_map(members);
        let security = declared.map(|(name, declaration)| Scheme::read(name, declaration)).collect();
        Self { about: markdown::fragment(about), schemes: security, tags }
    }
}

impl Scheme {
    fn read(name: &str, scheme: &Value) -> Self {
        let header = match text(scheme, "in") {
            "cookie" => format!("Cookie: {}=…", text(scheme, "name")),
            _ => format!("Authorization: Bearer {}", text(scheme, "bearerFormat")),
        };
        let title = match name {
            "session" => "Session",
            "firebase" => "Firebase ID token",
            "api_key" => "API key",
            "installation_key" => "Installation key",
            _ => "Other",
        };
        Self { title, header, about: markdown::fragment(text(scheme, "description")) }
    }
}

impl Tag {
    fn new(name: &str, about: &str, operations: Vec<Operation>) -> Self {
        let mut letters = name.chars();
        let title = letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
        Self { name: name.to_owned(), title, about: markdown::line(about), operations }
    }

    pub(super) fn path(&self) -> String {
        format!("{REFERENCE}/{}", self.name)
    }

    pub(in crate::pages::docs) fn link_to(&self, operation: &Operation) -> String {
        format!("{}#{}", self.path(), operation.id)
    }
}

impl Operation {
    fn read(path: &str, method: &str, operation: &Value, schemas: &Schemas<'_>) -> Self {
        let id = text(operation, "operationId").to_owned();
        let read = |(status, response): (&str, &Value)| Response::read(status, response, schemas);
        let (errors, responses): (Vec<_>, Vec<_>) =
            entries(operation, "responses").map(read).partition(|response| response.status.as_str() >= "400");
        let (summary, about) = (text(operation, "summary"), text(operation, "description"));
        let parameters: Vec<_> =
            items(operation, "parameters").iter().map(|parameter| parameter_field(parameter, schemas)).collect();
        let body = operation.get("requestBody").map(|body| Body::read(body, schemas));
        Self {
            title: title(&id),
            method: method.to_uppercase(),
            path: path.to_owned(),
            text: searched_text(operation, &parameters, body.as_ref()),
            summary: markdown::line(summary),
            about: markdown::fragment(about),
            callers: items(operation, "security").iter().flat_map(callers).collect(),
            curl: curl::command(method, path, operation, schemas),
            id,
            parameters,
            body,
            responses,
            errors,
        }
    }
}

fn searched_text(operation: &Value, parameters: &[Field], body: Option<&Body>) -> String {
    let of_body = body.into_iter().flat_map(|body| body.shape.variants.iter().flatten());
    let names = parameters.iter().chain(of_body).map(|field| field.name.clone());
    let described = [text(operation, "summary"), text(operation, "description")].map(markdown::plain);
    let responses = entries(operation, "responses").map(|(_, response)| markdown::plain(text(response, "description")));
    described.into_iter().chain(names).chain(responses).collect::<Vec<_>>().join(" ")
}

fn parameter_field(parameter: &Value, schemas: &Schemas<'_>) -> Field {
    let null = Value::Null;
    let mut field = schemas.field(text(parameter, "name"), parameter.get("schema").unwrap_or(&null));
    field.is_required = is_set(parameter, "required");
    field.about = markdown::line(text(parameter, "description"));
    field.kind = format!("{}, {}", place(text(parameter, "in")), field.kind);
    field
}

/// Describes where a parameter is sent.
fn place(of: &str) -> &str {
    match of {
        "path" => "in the path",
        "query" => "in the query",
        other => other,
    }
}

/// Describes the callers that a security requirement accepts, one line per scheme. An empty requirement accepts any
/// caller.
fn callers(requirement: &Value) -> Vec<String> {
    let mut ways = members(requirement).peekable();
    if ways.peek().is_none() {
        return vec!["No authentication required.".to_owned()];
    }
    let way = |(scheme, needed): (&str, &Value)| {
        let needed: Vec<_> = needed.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let of = match &*needed {
            ["admin"] => " of an owner or admin",
            ["billing"] => " of an owner, an admin or a member with the role billing",
            _ => "",
        };
        match scheme {
            "session" => format!("A session{of}."),
            "firebase" => format!("A Firebase ID token{of}."),
            "api_key" if needed.is_empty() => "An API key with any scope.".to_owned(),
            "api_key" => format!("An API key with the scope {}.", needed.join(" and ")),
            "installation_key" if needed.is_empty() => "An installation key with any scope.".to_owned(),
            "installation_key" => format!("An installation key with the scope {}.", needed.join(" and ")),
            other => format!("{other}: {}", needed.join(", ")),
        }
    };
    ways.map(way).collect()
}

/// Returns the words of a camel-case name: "Create API key" for `createApiKey`.
fn title(id: &str) -> String {
    let mut words = String::new();
    for char in id.chars() {
        if char.is_uppercase() {
            words.push(' ');
        }
        words.extend(char.to_lowercase());
    }
    let words = words.split(' ').map(|word| if word == "api" { "API" } else { word }).collect::<Vec<_>>().join(" ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

impl Body {
    fn read(body: &Value, schemas: &Schemas<'_>) -> Self {
        let content_types = entries(body, "content").map(|(content_type, _)| content_type.to_owned()).collect();
        let schema = entries(body, "content").next().and_then(|(_, content)| content.get("schema"));
        let shape = schema.map(|schema| schemas.shape(schema)).unwrap_or_default();
        Self { content_types, is_required: is_set(body, "required"), shape }
    }
}

impl Response {
    fn read(status: &str, response: &Value, schemas: &Schemas<'_>) -> Self {
        let content = entries(response, "content").next();
        let is_error = status >= "400";
        let shape = content.filter(|_| !is_error).and_then(|(_, content)| content.get("schema"));
        let example = content.filter(|_| !is_error).and_then(|(_, content)| example::given(content, schemas));
        Self {
            status: status.to_owned(),
            about: markdown::fragment(text(response, "description")),
            content_type: content.map(|(content_type, _)| content_type.to_owned()),
            shape: shape.map(|schema| schemas.shape(schema)).unwrap_or_default(),
            example: example.map(|example| example::pretty(&example)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_the_operation_in_words() {
        for (id, expected) in [
            ("createApiKey", "Create API key"),
            ("logIn", "Log in"),
            ("getOpenApi", "Get open API"),
            ("consumeFeature", "Consume feature"),
            ("", ""),
        ] {
            assert_eq!(title(id), expected);
        }
    }

    #[test]
    fn callers_are_named_with_what_they_need() {
        for (requirement, expected) in [
            (serde_json::json!({}), "No authentication required."),
            (serde_json::json!({ "session": ["admin"] }), "A session of an owner or admin."),
            (
                serde_json::json!({ "firebase": ["billing"] }),
                "A Firebase ID token of an owner, an admin or a member with the role billing.",
            ),
            (serde_json::json!({ "firebase": [] }), "A Firebase ID token."),
            (serde_json::json!({ "api_key": ["usage"] }), "An API key with the scope usage."),
            (serde_json::json!({ "api_key": [] }), "An API key with any scope."),
            (serde_json::json!({ "installation_key": ["tenants"] }), "An installation key with the scope tenants."),
        ] {
            assert_eq!(callers(&requirement), [expected]);
        }
    }

    #[test]
    fn what_is_no_document_is_empty() {
        for text in ["", "{}", "[1]", "{\"paths\":{\"/a\":{\"get\":{}}}}"] {
            let reference = Reference::parse(text);
            assert!(reference.schemes.is_empty() && reference.tags.len() < 2, "{reference:?}");
        }
    }
}
