//! Validation errors of a form: a summary on top and a message at each field.

use std::borrow::Cow;

use leptos::prelude::*;
use locales::text;

use crate::{
    components::{icon::Tone, notice::alert},
    request::PageRequest,
};

/// Field names with their messages, in the form's order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mistakes(Vec<(&'static str, Cow<'static, str>)>);

impl Mistakes {
    /// Wraps errors that the page itself found.
    pub(crate) const fn new(wrong: Vec<(&'static str, Cow<'static, str>)>) -> Self {
        Self(wrong)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Builds the errors of those `fields` that the query parameter `wrong` names, with the messages of `words`.
    pub(crate) fn from_query<Words: Into<Cow<'static, str>>>(
        req: &PageRequest,
        fields: &[&'static str],
        words: impl Fn(&str) -> Option<Words>,
    ) -> Self {
        let wrong = req.queries("wrong");
        let named = fields.iter().filter(|field| wrong.iter().any(|name| name == *field));
        Self(named.filter_map(|field| Some((*field, words(field)?.into()))).collect())
    }

    pub(crate) fn of(&self, field: &str) -> Option<Cow<'static, str>> {
        self.0.iter().find(|(name, _)| *name == field).map(|(_, words)| words.clone())
    }

    /// Renders all errors, each with a link to its input: the field's name is also the input's id.
    pub(crate) fn summary(&self) -> Option<AnyView> {
        if self.0.is_empty() {
            return None;
        }
        let items = self
            .0
            .iter()
            .map(|(field, words)| view! { <li><a href=format!("#{field}")>{words.clone()}</a></li> })
            .collect_view();
        Some(alert(Tone::Stop, text!(form_summary, fields = self.0.len()), view! {<ul role="list">{items}</ul>}))
    }
}

/// Asserts that `message` returns a text for each of `fields`, and `None` for an unknown field.
#[cfg(test)]
pub(crate) fn assert_messages<Words>(fields: &[&str], message: impl Fn(&str) -> Option<Words>) {
    for field in fields {
        assert!(message(field).is_some(), "{field}");
    }
    assert!(message("script").is_none());
}
