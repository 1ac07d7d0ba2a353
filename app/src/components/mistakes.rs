//! What is wrong with a form that was sent back: all of it on top, and each mistake at its field.

use leptos::prelude::*;

use crate::{
    components::{icon::Tone, notice::alert},
    request::Asked,
    wording::{capital, count},
};

/// Names of fields with words for what is wrong with each, in the form's order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mistakes(Vec<(&'static str, String)>);

impl Mistakes {
    /// Those of a form that the page itself has read.
    pub(crate) const fn new(wrong: Vec<(&'static str, String)>) -> Self {
        Self(wrong)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those of the form's `fields` that the address names as wrong, in our own words.
    pub(crate) fn told(asked: &Asked, fields: &[&'static str], words: impl Fn(&str) -> Option<String>) -> Self {
        let wrong = asked.queries("wrong");
        let told = fields.iter().filter(|field| wrong.iter().any(|name| name == *field));
        Self(told.filter_map(|field| Some((*field, words(field)?))).collect())
    }

    pub(crate) fn of(&self, field: &str) -> Option<String> {
        self.0.iter().find(|(name, _)| *name == field).map(|(_, words)| words.clone())
    }

    /// Every mistake, each with a way to its field, which has its name for an id.
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
