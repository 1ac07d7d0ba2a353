//! Stripe's search query language ("Search" in its documentation): clauses such as `metadata['key']:'value'` and
//! `email~'acme'`, joined by `AND` or by `OR`.

use super::error::StripeError;

/// Stripe's limit of clauses in one query.
const MAX_CLAUSES: usize = 10;

/// A parsed query.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Query {
    clauses: Vec<Clause>,
    /// Whether one clause is enough.
    any: bool,
}

#[derive(Debug, PartialEq, Eq)]
struct Clause {
    negated: bool,
    field: Field,
    test: Test,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Named(String),
    Metadata(String),
}

#[derive(Debug, PartialEq, Eq)]
enum Test {
    Equals(String),
    Contains(String),
    /// Compares a number with the operator in front of it.
    Compares(&'static str, i64),
    /// `field:null`: the field has no value.
    IsNull,
}

impl Query {
    /// Parses a query over `fields`. Every metadata key can be searched.
    pub(crate) fn parse(text: &str, fields: &[&str]) -> Result<Self, StripeError> {
        let mut rest = text.trim();
        let mut clauses = Vec::new();
        let mut joins: Vec<bool> = Vec::new();
        loop {
            let (clause, after) = clause(rest).ok_or_else(|| malformed(text))?;
            if let Field::Named(name) = &clause.field
                && !fields.contains(&name.as_str())
            {
                let known = fields.join(", ");
                let message =
                    format!("Field `{name}` is an unsupported search field. Supported fields: {known}, metadata.");
                return Err(StripeError::bad("query", message));
            }
            clauses.push(clause);
            rest = after.trim_start();
            if rest.is_empty() {
                break;
            }
            let (word, after) = bare(rest);
            let (is_or, next) = match word.to_ascii_uppercase().as_str() {
                "AND" => (false, after.trim_start()),
                "OR" => (true, after.trim_start()),
                // Clauses side by side are joined by AND.
                _ => (false, rest),
            };
            joins.push(is_or);
            rest = next;
        }
        let any = joins.first().copied().unwrap_or(false);
        if joins.iter().any(|join| *join != any) {
            return Err(StripeError::bad("query", "A query can not combine `AND` and `OR`."));
        }
        if clauses.len() > MAX_CLAUSES {
            return Err(StripeError::bad("query", format!("A query can have up to {MAX_CLAUSES} clauses.")));
        }
        Ok(Self { clauses, any })
    }

    /// Whether an object matches, given the values of its fields.
    pub(crate) fn matches(&self, value: impl Fn(&Field) -> Option<String>) -> bool {
        let holds = |clause: &Clause| {
            let actual = value(&clause.field);
            let holds = match (&clause.test, &actual) {
                (Test::IsNull, actual) => actual.is_none(),
                (_, None) => false,
                (Test::Equals(text), Some(actual)) => actual.eq_ignore_ascii_case(text),
                (Test::Contains(text), Some(actual)) => {
                    actual.to_ascii_lowercase().contains(&text.to_ascii_lowercase())
                }
                (Test::Compares(operator, number), Some(actual)) => {
                    actual.parse().is_ok_and(|actual: i64| match *operator {
                        ">" => actual > *number,
                        "<" => actual < *number,
                        ">=" => actual >= *number,
                        _ => actual <= *number,
                    })
                }
            };
            holds != clause.negated
        };
        if self.any { self.clauses.iter().any(holds) } else { self.clauses.iter().all(holds) }
    }
}

fn malformed(text: &str) -> StripeError {
    StripeError::bad("query", format!("We were unable to parse your search query: {text}"))
}

/// The first clause and the text after it.
fn clause(text: &str) -> Option<(Clause, &str)> {
    let (negated, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (field, rest) = if let Some(rest) = text.strip_prefix("metadata[") {
        let (key, rest) = quoted(rest)?;
        (Field::Metadata(key), rest.strip_prefix(']')?)
    } else {
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.')?;
        let (name, rest) = text.split_at_checked(end)?;
        (Field::Named(name.to_owned()), rest)
    };
    for operator in [">=", "<=", ">", "<"] {
        if let Some(rest) = rest.strip_prefix(operator) {
            let (number, rest) = bare(rest);
            let number = number.parse().ok()?;
            return Some((Clause { negated, field, test: Test::Compares(operator, number) }, rest));
        }
    }
    if let Some(rest) = rest.strip_prefix('~') {
        let (text, rest) = quoted(rest)?;
        return Some((Clause { negated, field, test: Test::Contains(text) }, rest));
    }
    let rest = rest.strip_prefix(':')?;
    if let Some((text, rest)) = quoted(rest) {
        return Some((Clause { negated, field, test: Test::Equals(text) }, rest));
    }
    let (word, rest) = bare(rest);
    let wanted = match word {
        "null" | "NULL" => Test::IsNull,
        // A quote that does not end.
        word if word.is_empty() || word.starts_with(['\'', '"']) => return None,
        word => Test::Equals(word.to_owned()),
    };
    Some((Clause { negated, field, test: wanted }, rest))
}

/// A word up to the next white space, and the text after it.
fn bare(text: &str) -> (&str, &str) {
    text.split_at_checked(text.find(char::is_whitespace).unwrap_or(text.len())).unwrap_or((text, ""))
}

/// The text in single or double quotes, in which a backslash stands before a quote, and the text after it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => value.push(chars.next()?.1),
            c if c == quote => return Some((value, text.get(at + 1..)?)),
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: [&str; 3] = ["created", "email", "name"];

    fn matches(query: &str) -> bool {
        Query::parse(query, &FIELDS).unwrap().matches(|field| match field {
            Field::Named(name) if name == "email" => Some("Ada@acme.test".to_owned()),
            Field::Named(name) if name == "created" => Some("100".to_owned()),
            Field::Metadata(key) if key == "tenant id" => Some("it's 7".to_owned()),
            _ => None,
        })
    }

    #[test]
    fn clauses_compare_fields_and_metadata() {
        for query in [
            "email:'ada@acme.test'",
            r#"email:"ada@acme.test""#,
            r"metadata['tenant id']:'it\'s 7'",
            "email~'acme' AND created>99",
            "email:'x' OR created:100",
            "-email:'x' created<=100",
            "name:null",
            "-metadata['other']:'7'",
        ] {
            assert!(matches(query), "{query}");
        }
        for query in
            ["email:'ada'", "created>100", "email~'acme' AND created<100", "-email~'acme'", "metadata['a']:'b'"]
        {
            assert!(!matches(query), "{query}");
        }
    }

    #[test]
    fn malformed_queries_and_unknown_fields_are_refused() {
        for query in [
            "",
            "email",
            "email:",
            "email:'x",
            "metadata[a]:'b'",
            "phone:'1'",
            "email:'a' AND",
            "created>x",
            "email:'a' AND name:'b' OR created:1",
        ] {
            assert!(Query::parse(query, &FIELDS).is_err(), "{query}");
        }
    }
}
