//! A section of a page: heading in the margin, content beside it.

use leptos::prelude::*;
use locales::text;

use crate::{
    components::{icon::Tone, notice::alert},
    request::PageRequest,
};

/// Renders a section with the anchor `id`. `note` explains the heading.
pub(crate) fn entry(
    id: impl Into<String>,
    head: impl Into<String>,
    note: Option<AnyView>,
    body: impl IntoView + 'static,
) -> AnyView {
    let id = id.into();
    let head_id = format!("h-{id}");
    let label = head_id.clone();
    view! {
        <section class="entry" id=id aria-labelledby=label>
            <div class="side">
                <div class="stick">
                    <h2 id=head_id>{head.into()}</h2>
                    {note.map(|note| view! { <p class="note">{note}</p> })}
                </div>
            </div>
            <div class="body">{body.into_any()}</div>
        </section>
    }
    .into_any()
}

/// Renders a page's first section: a date or a back link in the margin, the page's title in the content.
pub(crate) fn opening(side: impl IntoView + 'static, body: impl IntoView + 'static) -> AnyView {
    opening_beside(view! { <p class="note stick">{side}</p> }, body)
}

/// Like [`opening`], with a navigation in the margin.
pub(crate) fn opening_beside(side: impl IntoView + 'static, body: impl IntoView + 'static) -> AnyView {
    view! {
        <div class="entry">
            <div class="side">{side.into_any()}</div>
            <div class="body">{confirmed()}{body.into_any()}</div>
        </div>
    }
    .into_any()
}

/// Renders the notice after a confirmation with a factor: the form that required it has to be sent again.
fn confirmed() -> Option<AnyView> {
    let is_back = PageRequest::now().is_some_and(|req| req.is_back_from_confirming());
    is_back.then(|| {
        let body = view! { <p>{text!(frame_confirmed_body)}</p> };
        alert(Tone::Ok, text!(frame_confirmed_head), body)
    })
}
