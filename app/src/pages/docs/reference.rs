//! `/docs/api` lists every operation of the API. `/docs/api/{tag}` describes the operations of one tag in full.

mod curl;
pub(in crate::pages::docs) mod document;
mod example;
mod json;
mod operation;
mod schema;

use std::borrow::Cow;

use leptos::prelude::*;
use locales::text;

use self::{
    document::{Reference, Tag},
    operation::operation,
};
use super::{
    documentation::documentation,
    layout::{self, CONTENT_LANGUAGE, Link, Page, REFERENCE},
};
use crate::{components::page::not_found::not_found, request::PageRequest};

pub(crate) fn reference() -> AnyView {
    let Some(documentation) = documentation() else { return ().into_any() };
    let Reference { about, schemes, tags } = &documentation.reference;
    let schemes = schemes
        .iter()
        .map(|scheme| {
            view! {
                <div>
                    <dt>{scheme.title}" "<code>{scheme.header.as_str()}</code></dt>
                    <dd inner_html=scheme.about.as_str()></dd>
                </div>
            }
        })
        .collect_view();
    let headings = [("authentication", "Authentication")].into_iter();
    let headings = headings.chain(tags.iter().map(|tag| (tag.name.as_str(), tag.title.as_str()))).collect();
    layout::page(Page {
        title: text!(docs_reference),
        here: REFERENCE.to_owned(),
        head: view! {
            <h1>{text!(docs_reference)}</h1>
            <div class="stack prose" lang=CONTENT_LANGUAGE inner_html=about.as_str()></div>
            <p lang=CONTENT_LANGUAGE>
                "Also available as an OpenAPI document: "<a href="/openapi.json">"openapi.json"</a>
                ". In the commands, "<code>"$DUES"</code>" is the URL of the server, "<code>"$API_KEY"</code>
                " the API key of a workspace, and "<code>"$INSTALLATION_KEY"</code>
                " an installation key. A path that names a tenant takes the tenant’s id, or "<code>"external:"</code>
                " followed by your own id."
            </p>
        }
        .into_any(),
        headings,
        content: view! {
            <div class="stack prose" lang=CONTENT_LANGUAGE>
                <h2 id="authentication">"Authentication"</h2>
                <dl class="fields">{schemes}</dl>
                {tags.iter().map(list).collect_view()}
            </div>
        }
        .into_any(),
        has_code: false,
        previous: None,
        next: tags.first().map(link),
    })
}

/// Renders the list of a tag's operations.
fn list(tag: &'static Tag) -> AnyView {
    let operations = tag
        .operations
        .iter()
        .map(|operation| {
            view! {
                <li>
                    <a href=tag.link_to(operation)>{operation.title.as_str()}</a>
                    " "
                    <code>{operation.method.as_str()}" "{operation.path.as_str()}</code>
                </li>
            }
        })
        .collect_view();
    view! {
        <h2 id=tag.name.as_str()><a href=tag.path()>{tag.title.as_str()}</a></h2>
        <p inner_html=tag.about.as_str()></p>
        <ul>{operations}</ul>
    }
    .into_any()
}

fn link(tag: &'static Tag) -> Link {
    Link::content(tag.path(), &tag.title)
}

/// `/docs/api/{tag}`; 404 for an unknown tag.
pub(crate) fn operations() -> AnyView {
    let (Some(req), Some(documentation)) = (PageRequest::now(), documentation()) else { return ().into_any() };
    let tags = &documentation.reference.tags;
    let name = req.last_segment();
    let Some((at, tag)) = tags.iter().enumerate().find(|(_, tag)| tag.name == name) else { return not_found() };
    let previous = at.checked_sub(1).and_then(|before| tags.get(before)).map_or_else(layout::reference_link, link);
    let headings = tag.operations.iter();
    layout::page(Page {
        title: Cow::Borrowed(tag.title.as_str()),
        here: tag.path(),
        head: view! {
            <h1 lang=CONTENT_LANGUAGE>{format!("API: {}", tag.title)}</h1>
            <p class="lead" lang=CONTENT_LANGUAGE inner_html=tag.about.as_str()></p>
        }
        .into_any(),
        headings: headings.map(|operation| (operation.id.as_str(), operation.title.as_str())).collect(),
        content: view! {
            <div class="stack prose" lang=CONTENT_LANGUAGE>{tag.operations.iter().map(operation).collect_view()}</div>
        }
        .into_any(),
        has_code: true,
        previous: Some(previous),
        next: tags.get(at + 1).map(link),
    })
}
