//! Checks files of messages against the English catalog.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use crate::{
    catalog::{BUILT_IN, MESSAGES, NAMES, REFERENCE, Spec},
    shape::{Shape, ShapeError, shapes},
};

/// How the ids of formats of dates and amounts begin.
const FORMATS: &str = "format-";

/// Something wrong in a file of messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub path: String,
    pub problem: Problem,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The file is not Fluent, or a message has tags that don't match. The installation does not start.
    Unreadable(String),
    /// The English catalog has no message of this id.
    UnknownId { id: String },
    /// The English message does not have these arguments.
    UnknownArguments { id: String, arguments: Vec<String> },
    /// The format lacks arguments of the English one, so that dates or amounts lose a part.
    MissingArguments { id: String, arguments: Vec<String> },
    /// The English message does not have these tags.
    UnknownTags { id: String, tags: Vec<String> },
    /// The message lacks a link of the English message.
    MissingLinks { id: String, links: Vec<String> },
    /// The language has no text for these messages.
    Missing { ids: Vec<String> },
}

impl Finding {
    pub(crate) const fn is_fatal(&self) -> bool {
        matches!(self.problem, Problem::Unreadable(_))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, problem } = self;
        match problem {
            Problem::Unreadable(error) => write!(out, "{path}: {error}"),
            Problem::UnknownId { id } => write!(out, "{path}: {id}: there is no message of this id"),
            Problem::UnknownArguments { id, arguments } => {
                write!(out, "{path}: {id}: the English text has no {}", arguments.join(", "))
            }
            Problem::MissingArguments { id, arguments } => write!(out, "{path}: {id}: lacks {}", arguments.join(", ")),
            Problem::UnknownTags { id, tags } => {
                write!(out, "{path}: {id}: the English text has no {}", tags.join(", "))
            }
            Problem::MissingLinks { id, links } => write!(out, "{path}: {id}: lacks {}", links.join(", ")),
            Problem::Missing { ids } => write!(out, "{path}: {} not translated: {}", ids.len(), ids.join(", ")),
        }
    }
}

/// Checks a file of a language: its syntax, and each message against the English one.
pub(crate) fn file(language: &str, path: &str, text: &str) -> Vec<Finding> {
    let finding = |problem| Finding { path: path.to_owned(), problem };
    match shapes(text) {
        Ok(found) => found.iter().flat_map(|(id, shape)| message(language, id, shape)).map(finding).collect(),
        Err(error @ (ShapeError::Syntax { .. } | ShapeError::Message { .. })) => {
            vec![finding(Problem::Unreadable(error.to_string()))]
        }
    }
}

fn spec(id: &str) -> Option<&'static Spec> {
    MESSAGES.binary_search_by(|spec| spec.id.cmp(id)).ok().and_then(|index| MESSAGES.get(index))
}

fn message(language: &str, id: &str, shape: &Shape) -> Vec<Problem> {
    let Some(spec) = spec(id) else {
        let is_name = id.starts_with(NAMES) && shape.args.is_empty() && !shape.is_rich;
        return if is_name { Vec::new() } else { vec![Problem::UnknownId { id: id.to_owned() }] };
    };
    let id = || id.to_owned();
    let mut problems = Vec::new();
    let unknown = |arg: &&String| !spec.args.contains(&arg.as_str());
    let arguments: Vec<_> = shape.args.iter().filter(unknown).map(|arg| format!("${arg}")).collect();
    if !arguments.is_empty() {
        problems.push(Problem::UnknownArguments { id: id(), arguments });
    }
    // A sentence may do without an argument, a date or an amount may not.
    let dropped = spec.args.iter().filter(|arg| !shape.args.contains(**arg) && spec.id.starts_with(FORMATS));
    let arguments: Vec<_> = dropped.map(|arg| format!("${arg}")).collect();
    if !arguments.is_empty() {
        problems.push(Problem::MissingArguments { id: id(), arguments });
    }
    let links: BTreeSet<_> = shape.links().collect();
    let bracketed = |tag: &str| format!("<{tag}>");
    let tags: Vec<_> = links.iter().filter(|link| !spec.links.contains(link)).map(|link| bracketed(link)).collect();
    if !tags.is_empty() || (shape.is_rich && !spec.is_rich) {
        let tags = if tags.is_empty() { shape.tags.iter().map(|tag| bracketed(tag)).collect() } else { tags };
        problems.push(Problem::UnknownTags { id: id(), tags });
    }
    let missing: Vec<_> = spec.links.iter().filter(|link| !links.contains(*link)).map(|link| bracketed(link)).collect();
    if !missing.is_empty() && language != REFERENCE {
        problems.push(Problem::MissingLinks { id: id(), links: missing });
    }
    problems
}

/// Checks the files of a language's folder. `built_in` says whether the binary has messages of the language: a folder
/// then need not have them all. Files are given by path and text.
pub fn folder(language: &str, path: &str, files: &[(String, String)]) -> Vec<Finding> {
    let mut findings: Vec<_> = files.iter().flat_map(|(path, text)| file(language, path, text)).collect();
    let is_built_in = BUILT_IN.iter().any(|(tag, _)| *tag == language);
    if is_built_in || findings.iter().any(Finding::is_fatal) {
        return findings;
    }
    let translated: BTreeSet<_> =
        files.iter().filter_map(|(_, text)| shapes(text).ok()).flat_map(BTreeMap::into_keys).collect();
    let ids: Vec<_> =
        MESSAGES.iter().map(|spec| spec.id).filter(|id| !translated.contains(*id)).map(ToOwned::to_owned).collect();
    if !ids.is_empty() {
        findings.push(Finding { path: path.to_owned(), problem: Problem::Missing { ids } });
    }
    findings
}
