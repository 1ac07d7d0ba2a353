//! The shape of a message: the arguments and tags of its text. Shared with the build script.

use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::{
    ast::{CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement},
    parser::{ParserError, parse},
};

/// Tags that format text. Every other tag is a link, whose target the caller gives by the tag's name.
const FORMATS: [&str; 3] = ["b", "bdi", "code"];

/// What a caller has to give for a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) args: BTreeSet<String>,
    pub(crate) tags: BTreeSet<String>,
    pub(crate) is_rich: bool,
    /// The text as it is written.
    pub(crate) english: String,
}

impl Shape {
    /// The names of the message's links.
    pub(crate) fn links(&self) -> impl Iterator<Item = &str> {
        self.tags.iter().map(String::as_str).filter(|tag| !FORMATS.contains(tag))
    }
}

/// Why a file of messages can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ShapeError {
    Syntax { line: usize, error: String },
    Message { id: String, problem: String },
}

impl std::fmt::Display for ShapeError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Syntax { line, error } => write!(out, "line {line}: {error}"),
            Self::Message { id, problem } => write!(out, "{id}: {problem}"),
        }
    }
}

/// Returns the shape of each message of a Fluent file. Terms have none.
pub(crate) fn shapes(text: &str) -> Result<BTreeMap<String, Shape>, ShapeError> {
    let resource = parse(text).map_err(|(_, errors)| syntax_error(text, &errors))?;
    let mut found = BTreeMap::new();
    for entry in &resource.body {
        let Entry::Message(message) = entry else { continue };
        let id = message.id.name.to_owned();
        let problem = |problem: &str| ShapeError::Message { id: id.clone(), problem: problem.to_owned() };
        let pattern = message.value.as_ref().ok_or_else(|| problem("a message needs a text"))?;
        if !message.attributes.is_empty() {
            return Err(problem("attributes are not used: give each text an id of its own"));
        }
        let mut shape = Shape { english: source(pattern), ..Shape::default() };
        let mut markup = String::new();
        read(pattern, &mut shape, &mut markup);
        check_tags(&markup, &mut shape).map_err(|error| problem(&error))?;
        if found.insert(id.clone(), shape).is_some() {
            return Err(problem("the id is in the file twice"));
        }
    }
    Ok(found)
}

fn syntax_error(text: &str, errors: &[ParserError]) -> ShapeError {
    let (at, error) = errors.first().map_or((0, String::new()), |error| (error.pos.start, error.to_string()));
    let line = text.get(..at).unwrap_or(text).matches('\n').count() + 1;
    ShapeError::Syntax { line, error }
}

/// The text of a pattern in one line, for documentation.
fn source(pattern: &Pattern<&str>) -> String {
    let mut text = String::new();
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { value } => text.push_str(value),
            PatternElement::Placeable { expression: Expression::Inline(inline) } => match inline {
                InlineExpression::VariableReference { id } => text.extend(["{ $", id.name, " }"]),
                InlineExpression::StringLiteral { value } => text.push_str(value),
                _ => text.push('…'),
            },
            PatternElement::Placeable { expression: Expression::Select { variants, .. } } => {
                if let Some(variant) = variants.last() {
                    text.push_str(&source(&variant.value));
                }
            }
        }
    }
    text
}

/// Collects the arguments of a pattern, and its text with all variants one after another.
fn read(pattern: &Pattern<&str>, shape: &mut Shape, markup: &mut String) {
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { value } => markup.push_str(value),
            PatternElement::Placeable { expression } => read_expression(expression, shape, markup),
        }
    }
}

fn read_expression(expression: &Expression<&str>, shape: &mut Shape, markup: &mut String) {
    match expression {
        Expression::Inline(inline) => read_inline(inline, shape, markup),
        Expression::Select { selector, variants } => {
            read_inline(selector, shape, markup);
            for variant in variants {
                read(&variant.value, shape, markup);
            }
        }
    }
}

fn read_inline(inline: &InlineExpression<&str>, shape: &mut Shape, markup: &mut String) {
    match inline {
        InlineExpression::VariableReference { id } => drop(shape.args.insert(id.name.to_owned())),
        InlineExpression::FunctionReference { arguments: CallArguments { positional, .. }, .. } => {
            for argument in positional {
                read_inline(argument, shape, markup);
            }
        }
        InlineExpression::Placeable { expression } => read_expression(expression, shape, markup),
        InlineExpression::StringLiteral { .. }
        | InlineExpression::NumberLiteral { .. }
        | InlineExpression::MessageReference { .. }
        | InlineExpression::TermReference { .. } => {}
    }
}

/// Collects the tags of a text. Tags are not nested, and each is closed.
fn check_tags(markup: &str, shape: &mut Shape) -> Result<(), String> {
    let mut rest = markup;
    let mut open: Option<&str> = None;
    while let Some(start) = rest.find('<') {
        let after = rest.get(start + 1..).unwrap_or_default();
        let Some(end) = after.find('>') else { return Err("a \"<\" begins no tag".to_owned()) };
        let tag = after.get(..end).unwrap_or_default();
        match (open, tag.strip_prefix('/')) {
            (Some(name), Some(closed)) if name == closed => open = None,
            (Some(name), _) => return Err(format!("<{name}> is not closed before <{tag}>")),
            (None, Some(_)) => return Err(format!("<{tag}> closes nothing")),
            (None, None) => {
                if tag.is_empty() || !tag.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') {
                    return Err(format!("<{tag}> is no tag: its name has lower-case letters and hyphens"));
                }
                open = Some(tag);
                shape.tags.insert(tag.to_owned());
                shape.is_rich = true;
            }
        }
        rest = after.get(end + 1..).unwrap_or_default();
    }
    open.map_or(Ok(()), |name| Err(format!("<{name}> is not closed")))
}
