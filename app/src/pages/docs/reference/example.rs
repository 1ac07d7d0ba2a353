//! Examples of bodies, from the `OpenAPI` document or else made from the schema.

use serde_json::{Map, Value};

use super::{
    json::{entries, items, text},
    schema::Schemas,
};

/// Maximum nesting of a value made from a schema.
const MAX_DEPTH: usize = 6;
/// Maximum length of JSON that is shown on one line, in characters.
const MAX_LINE: usize = 60;
const TIME: &str = "2026-02-01T00:00:00Z";

/// Returns the first example that the document gives for a body or its schema.
pub(super) fn given(content: &Value, schemas: &Schemas<'_>) -> Option<Value> {
    let named =
        content.get("examples").and_then(Value::as_object).and_then(|named| named.values().next()?.get("value"));
    content.get("example").or(named).cloned().or_else(|| of_schema(content.get("schema")?, schemas))
}

/// Returns an example of a body; `null` if there is neither an example nor a schema.
pub(super) fn body(content: &Value, schemas: &Schemas<'_>) -> Value {
    let from_schema = || content.get("schema").map(|schema| made(schema, schemas, MAX_DEPTH));
    given(content, schemas).or_else(from_schema).unwrap_or_default()
}

/// Formats JSON. A value of at most [`MAX_LINE`] characters stays on one line.
pub(super) fn pretty(value: &Value) -> String {
    let line = value.to_string();
    if line.chars().count() <= MAX_LINE { line } else { serde_json::to_string_pretty(value).unwrap_or(line) }
}

fn of_schema(schema: &Value, schemas: &Schemas<'_>) -> Option<Value> {
    let schema = schemas.schema(schema);
    let listed = items(schema, "examples").first();
    let here = schema.get("example").or(listed).cloned();
    here.or_else(|| Schemas::alternatives(schema).into_iter().find_map(|one| of_schema(one, schemas)))
}

/// Makes a value from a schema: the schema's example, else a value with the required fields.
fn made(schema: &Value, schemas: &Schemas<'_>, depth: usize) -> Value {
    if let Some(example) = of_schema(schema, schemas) {
        return example;
    }
    let Some(depth) = depth.checked_sub(1) else { return Value::Null };
    let schema = schemas.schema(schema);
    if let Some(first) = Schemas::alternatives(schema).first() {
        return made(first, schemas, depth);
    }
    if let Some(first) = items(schema, "enum").first() {
        return first.clone();
    }
    let allowed = schema.get("default").or_else(|| schema.get("minimum"));
    match kind(schema) {
        "string" if text(schema, "format") == "date-time" => TIME.into(),
        "string" => allowed.cloned().unwrap_or_else(|| "…".into()),
        "integer" | "number" => allowed.cloned().unwrap_or_else(|| 1.into()),
        "boolean" => allowed.cloned().unwrap_or(Value::Bool(true)),
        "array" => schema.get("items").map(|item| made(item, schemas, depth)).into_iter().collect(),
        _ => object(schema, schemas, depth),
    }
}

fn object(schema: &Value, schemas: &Schemas<'_>, depth: usize) -> Value {
    let mut fields = Map::new();
    for part in schemas.parts(schema) {
        let required: Vec<_> = items(part, "required").iter().filter_map(Value::as_str).collect();
        for (name, property) in entries(part, "properties").filter(|(name, _)| required.contains(name)) {
            let value = match (name, kind(schemas.schema(property))) {
                ("email", "string") => "ada@example.com".into(),
                ("url", "string") => "https://example.com/webhooks".into(),
                _ => made(property, schemas, depth),
            };
            fields.insert(name.to_owned(), value);
        }
    }
    if fields.is_empty() { Value::Null } else { Value::Object(fields) }
}

/// Returns the type of a schema; the first type if the schema lists several.
fn kind(schema: &Value) -> &str {
    items(schema, "type").first().and_then(Value::as_str).unwrap_or_else(|| text(schema, "type"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_example_of_the_document_is_preferred() {
        let document = json!({ "components": { "schemas": {
            "Amount": { "type": "object", "example": { "amount": 2 } },
        } } });
        let schemas = Schemas::of(&document);
        let schema = json!({ "oneOf": [{ "$ref": "#/components/schemas/Amount" }, { "type": "null" }] });
        assert_eq!(body(&json!({ "schema": schema }), &schemas), json!({ "amount": 2 }));
        let named = json!({ "schema": schema, "examples": { "first": { "value": { "amount": 3 } } } });
        assert_eq!(body(&named, &schemas), json!({ "amount": 3 }));
        assert_eq!(body(&json!({ "schema": {} }), &schemas), Value::Null);
    }

    #[test]
    fn otherwise_the_required_fields_are_made() {
        let document = json!({});
        let schema = json!({ "type": "object", "required": ["email", "at", "roles", "count"], "properties": {
            "email": { "type": "string" },
            "at": { "type": ["string", "null"], "format": "date-time" },
            "roles": { "type": "array", "items": { "type": "string", "enum": ["owner", "member"] } },
            "count": { "type": "integer", "minimum": 3 },
            "note": { "type": "string" },
        } });
        let expected = json!({ "email": "ada@example.com", "at": TIME, "roles": ["owner"], "count": 3 });
        assert_eq!(body(&json!({ "schema": schema }), &Schemas::of(&document)), expected);
        assert!(given(&json!({ "schema": schema }), &Schemas::of(&document)).is_none());
    }
}
