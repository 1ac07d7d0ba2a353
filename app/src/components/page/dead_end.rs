//! A page without content: it says what is wrong and links to another page.

use std::borrow::Cow;

use domain::account::Viewer;
use http::StatusCode;
use leptos::prelude::*;

use crate::{
    components::page::{Place, entry::opening, frame},
    request::set_status,
};

/// A page without content.
pub(crate) struct DeadEnd {
    pub(crate) status: StatusCode,
    pub(crate) title: Cow<'static, str>,
    /// Content of the margin.
    pub(crate) side: AnyView,
    pub(crate) head: Cow<'static, str>,
    pub(crate) lead: Cow<'static, str>,
    /// Path and label of the button.
    pub(crate) way_on: (&'static str, Cow<'static, str>),
}

impl DeadEnd {
    /// Renders the page and sets the response's status.
    pub(crate) fn page(self, viewer: Option<Viewer>) -> AnyView {
        let Self { status, title, side, head, lead, way_on: (to, label) } = self;
        set_status(status);
        let body = view! {
            <div class="stack"><h1>{head}</h1><p class="lead">{lead}</p></div>
            <p class="actions"><a class="button" href=to>{label}</a></p>
        };
        frame(title, Place::Elsewhere, viewer, opening(side, body))
    }
}
