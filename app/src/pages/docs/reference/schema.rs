//! Fields of a schema, as flat lists.

use serde_json::Value;

use super::json::{entries, items, text};
use crate::pages::docs::markdown;

/// Maximum depth of the nested fields that are listed.
const MAX_DEPTH: usize = 6;
/// Maximum number of references followed in a row, which bounds circular references.
const MAX_REFERENCES: usize = 8;
const PREFIX: &str = "#/components/schemas/";
/// The largest integer that JSON carries exactly. A maximum of this or more is not shown.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// A field or parameter. Descriptions are HTML.
#[derive(Clone, Debug)]
pub(super) struct Field {
    /// Its path within the body: `prices[].amount`.
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) is_required: bool,
    /// Further limits of its value.
    pub(super) limits: Vec<String>,
    pub(super) about: String,
}

/// The shape of a body.
#[derive(Debug, Default)]
pub(super) struct Shape {
    pub(super) kind: String,
    /// The fields, with one list for each shape that the body can have.
    pub(super) variants: Vec<Vec<Field>>,
}

/// The named schemas of the document.
#[derive(Debug)]
pub(super) struct Schemas<'a>(Option<&'a Value>);

/// The schema at the end of a chain of references, the first description in the chain, and whether any part of the
/// chain allows `null`.
#[derive(Clone, Copy)]
struct Resolved<'a> {
    schema: &'a Value,
    about: &'a str,
    is_nullable: bool,
}

impl<'a> Schemas<'a> {
    pub(super) fn of(document: &'a Value) -> Self {
        Self(document.pointer("/components/schemas"))
    }

    /// Follows references. A schema with one alternative beside `null` counts as a reference to that alternative.
    pub(super) fn schema(&self, schema: &'a Value) -> &'a Value {
        self.resolve(schema).schema
    }

    /// Returns the schemas in `allOf`, or the schema itself without `allOf`.
    pub(super) fn parts(&self, schema: &'a Value) -> Vec<&'a Value> {
        let parts = items(schema, "allOf");
        if parts.is_empty() { vec![schema] } else { parts.iter().map(|part| self.schema(part)).collect() }
    }

    /// Returns the schemas in `oneOf` and `anyOf`, except `null`; empty without them.
    pub(super) fn alternatives(schema: &'a Value) -> Vec<&'a Value> {
        let all = items(schema, "oneOf").iter().chain(items(schema, "anyOf"));
        all.filter(|one| text(one, "type") != "null").collect()
    }

    pub(super) fn shape(&self, schema: &'a Value) -> Shape {
        let schema = self.resolve(schema).schema;
        let alternatives = Self::alternatives(schema);
        let variants = if alternatives.is_empty() { vec![schema] } else { alternatives };
        let lists = variants.into_iter().map(|variant| {
            let mut fields = Vec::new();
            self.list(variant, "", MAX_DEPTH, &mut fields);
            fields
        });
        Shape { kind: self.kind(schema), variants: lists.filter(|fields| !fields.is_empty()).collect() }
    }

    /// Describes a schema as a field.
    pub(super) fn field(&self, name: &str, schema: &'a Value) -> Field {
        let resolved = self.resolve(schema);
        let kind = self.kind(resolved.schema);
        Field {
            name: name.to_owned(),
            kind: if resolved.is_nullable { format!("{kind} or null") } else { kind },
            is_required: false,
            limits: limits(resolved.schema),
            about: markdown::line(resolved.about),
        }
    }

    fn resolve(&self, schema: &'a Value) -> Resolved<'a> {
        let mut found = Resolved { schema, about: text(schema, "description"), is_nullable: false };
        for _ in 0..MAX_REFERENCES {
            found.is_nullable |= types(found.schema).any(|name| name == "null");
            let alternatives = Self::alternatives(found.schema);
            let count = items(found.schema, "oneOf").len() + items(found.schema, "anyOf").len();
            found.is_nullable |= alternatives.len() < count;
            let named = text(found.schema, "$ref").strip_prefix(PREFIX).and_then(|name| self.0?.get(name));
            let next = match (named, alternatives.as_slice()) {
                (Some(named), _) => named,
                (None, [only]) => *only,
                _ => return found,
            };
            found.schema = next;
            if found.about.is_empty() {
                found.about = text(next, "description");
            }
        }
        found
    }

    /// Adds the fields of a schema to `fields`, each followed by its nested fields, at most `depth` levels deep.
    fn list(&self, schema: &'a Value, prefix: &str, depth: usize, fields: &mut Vec<Field>) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let schema = self.resolve(schema).schema;
        for part in self.parts(schema) {
            let required: Vec<_> = items(part, "required").iter().filter_map(Value::as_str).collect();
            for (name, property) in entries(part, "properties") {
                let path = format!("{prefix}{name}");
                fields.push(Field { is_required: required.contains(&name), ..self.field(&path, property) });
                self.list(property, &format!("{path}."), depth, fields);
            }
            if let Some(item) = part.get("items") {
                let list = prefix.strip_suffix('.').unwrap_or(prefix);
                self.list(item, &format!("{list}[]."), depth, fields);
            }
            if let Some(value) = part.get("additionalProperties").filter(|value| value.is_object()) {
                self.list(value, &format!("{prefix}*."), depth, fields);
            }
        }
    }

    fn kind(&self, schema: &'a Value) -> String {
        let schema = self.resolve(schema).schema;
        if Self::alternatives(schema).len() > 1 {
            return "one of several shapes".to_owned();
        }
        let nested = |key: &str| schema.get(key).filter(|nested| nested.is_object()).map(|nested| self.kind(nested));
        let name = types(schema).find(|name| *name != "null").unwrap_or_default();
        match (name, nested("items"), nested("additionalProperties"), text(schema, "format")) {
            ("array", Some(item), ..) => format!("list of {item}"),
            ("object", _, Some(value), _) => format!("object of {value} by name"),
            ("string", _, _, format) if !format.is_empty() => format!("string ({format})"),
            ("", ..) if schema.get("allOf").is_some() => "object".to_owned(),
            ("", ..) => "any value".to_owned(),
            (name, ..) => name.to_owned(),
        }
    }
}

/// Returns the types of a schema, whose `type` may be one name or a list.
fn types(schema: &Value) -> impl Iterator<Item = &str> {
    let one = schema.get("type").and_then(Value::as_str);
    one.into_iter().chain(items(schema, "type").iter().filter_map(Value::as_str))
}

fn limits(schema: &Value) -> Vec<String> {
    let values = items(schema, "enum").iter().filter_map(Value::as_str).collect::<Vec<_>>();
    let default = schema.get("default").filter(|default| !default.is_null());
    let parts = [
        (!values.is_empty()).then(|| values.join(" | ")),
        range(schema, "minimum", "maximum", ""),
        range(schema, "minLength", "maxLength", " characters"),
        range(schema, "minItems", "maxItems", " items"),
        schema.get("pattern").and_then(Value::as_str).map(|pattern| format!("pattern {pattern}")),
        default.map(|default| format!("default {default}")),
    ];
    parts.into_iter().flatten().collect()
}

fn range(schema: &Value, least: &str, most: &str, unit: &str) -> Option<String> {
    let most = schema.get(most).filter(|most| most.as_f64().is_some_and(|most| most < MAX_SAFE_INTEGER));
    match (schema.get(least), most) {
        (Some(least), Some(most)) if least == most => Some(format!("{least}{unit}")),
        (Some(least), Some(most)) => Some(format!("{least} to {most}{unit}")),
        (Some(least), None) => Some(format!("at least {least}{unit}")),
        (None, Some(most)) => Some(format!("at most {most}{unit}")),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({ "components": { "schemas": {
            "Price": { "type": "object", "required": ["amount"], "properties": {
                "amount": { "type": "integer", "minimum": 0, "description": "In *cents*." },
                "currency": { "type": ["string", "null"], "minLength": 3, "maxLength": 3 },
            } },
            "Plan": { "allOf": [
                { "$ref": "#/components/schemas/Price" },
                { "type": "object", "properties": {
                    "prices": { "type": "array", "maxItems": 10, "items": { "$ref": "#/components/schemas/Price" } },
                    "next": { "oneOf": [{ "$ref": "#/components/schemas/Plan", "description": "The next." }, { "type": "null" }] },
                    "cycle": { "$ref": "#/components/schemas/Cycle" },
                    "limits": { "type": "object", "additionalProperties": { "type": "integer" } },
                } },
            ] },
            "Cycle": { "type": "string", "description": "A cycle.", "enum": ["monthly", "yearly"] },
        } } })
    }

    #[test]
    fn fields_are_listed_with_those_of_their_values() {
        let document = document();
        let schema = json!({ "$ref": "#/components/schemas/Plan" });
        let shape = Schemas::of(&document).shape(&schema);
        let [fields] = shape.variants.as_slice() else { panic!("{shape:?}") };
        let line = |field: &Field| {
            let required = if field.is_required { ", required" } else { "" };
            format!("{}: {}{required}; {}; {}", field.name, field.kind, field.limits.join("; "), field.about)
        };
        let lines: Vec<_> = fields.iter().map(line).collect();
        assert_eq!(lines[0], "amount: integer, required; at least 0; In <em>cents</em>.");
        assert_eq!(lines[1], "currency: string or null; 3 characters; ");
        assert_eq!(lines[2], "prices: list of object; at most 10 items; ");
        assert_eq!(lines[3], "prices[].amount: integer, required; at least 0; In <em>cents</em>.");
        assert_eq!(lines[5], "next: object or null; ; The next.");
        for expected in ["cycle: string; monthly | yearly; A cycle.", "limits: object of integer by name; ; "] {
            assert!(lines.iter().any(|line| line == expected), "{expected}: {lines:#?}");
        }
        assert!(fields.len() < 100, "a schema that contains itself ends");
    }

    #[test]
    fn each_alternative_has_its_fields() {
        let document = document();
        let schema = json!({ "oneOf": [
            { "$ref": "#/components/schemas/Price" },
            { "type": "object", "properties": { "url": { "type": "string", "format": "uri" } } },
        ] });
        let shape = Schemas::of(&document).shape(&schema);
        assert_eq!((shape.kind.as_str(), shape.variants.len()), ("one of several shapes", 2));
        assert_eq!(shape.variants[1][0].kind, "string (uri)");
        assert!(Schemas::of(&document).shape(&json!({})).variants.is_empty());
    }
}
