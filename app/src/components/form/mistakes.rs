//! Validation errors of a form: a summary on top and a message at each field.

use leptos::prelude::*;

use crate::{
    components::{icon::Tone, notice::alert},
    request::PageRequest,
    wording::{capital, count},
};

/// Field names with their messages, in the form's order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mistakes(Vec<(&'static str, String)>);

impl Mistakes {
    /// Wraps errors that the page itself found.
    pub(crate) const fn new(wrong: Vec<(&'static str, String)>) -> Self {
        Self(wrong)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Builds the errors of those `fields` that the query parameter `wrong` names, with the messages of `words`.
    pub(crate) fn from_query(
        req: &PageRequest,
        fields: &[&'static str],
        words: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let wrong = req.queries("wrong");
        let named = fields.iter().filter(|field| wrong.iter().any(|name| name == *field));
        Self(named.filter_map(|field| Some((*field, words(field)?))).collect())
    }

    pub(crate) fn of(&self, field: &str) -> Option<String> {
        self.0.iter().find(|(name, _)| *name == field).map(|(_, words)| words.clone())
    }

    /// Renders all errors, each with a link to its input: the field's name is also the input's id.
    pub(crate) fn summary(&self) -> Option<AnyView> {
        if self.0.is_empty() {
            return None;
        }
        let head = match self.0.len() {
            1 => "One thing to put right".to_owned(),
            several => format!("{} things to put right", capital(&count(several))),
        };
        let items = self
            .0
            .iter()
            .map(|(field, words)| view! { <li><a href=format!("#{field}")>{words.clone()}</a></li> })
            .collect_view();
        Some(alert(Tone::Stop, head, view! {<ul role="list">{items}</ul>}))
    }
}

/// Asserts that `message` returns a text for each of `fields`, and `None` for an unknown field.
#[cfg(test)]
pub(crate) fn assert_messages(fields: &[&str], message: impl Fn(&str) -> Option<String>) {
    for field in fields {
        assert!(message(field).is_some(), "{field}");
    }
    assert_eq!(message("script"), None);
}
