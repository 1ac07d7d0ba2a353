//! Navigation between the pages of the operator's desk.

use std::borrow::Cow;

use billing::service::operator::SEARCH_MAX_CHARS;
use leptos::prelude::*;
use locales::text;

use crate::{actions::operator::SEARCH, components::form::field::Field};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeskPage {
    Tenants,
    /// One tenant's page.
    Tenant,
    /// The results of the search.
    Search,
    Work,
    Requests,
    Revenue,
    Imports,
    Keys,
    Webhooks,
    Mails,
}

impl DeskPage {
    const LISTED: [Self; 8] = [
        Self::Tenants,
        Self::Work,
        Self::Requests,
        Self::Revenue,
        Self::Imports,
        Self::Keys,
        Self::Webhooks,
        Self::Mails,
    ];

    const fn path(self) -> &'static str {
        match self {
            Self::Tenants | Self::Tenant => "/operator",
            Self::Search => SEARCH,
            Self::Work => "/operator/work",
            Self::Requests => "/operator/requests",
            Self::Revenue => "/operator/revenue",
            Self::Imports => "/operator/imports",
            Self::Keys => "/operator/keys",
            Self::Webhooks => "/operator/webhooks",
            Self::Mails => "/operator/mails",
        }
    }

    fn title(self) -> Cow<'static, str> {
        match self {
            Self::Tenants | Self::Tenant => text!(desk_nav_tenants),
            Self::Search => text!(desk_nav_search),
            Self::Work => text!(desk_nav_work),
            Self::Requests => text!(desk_nav_requests),
            Self::Revenue => text!(desk_nav_revenue),
            Self::Imports => text!(imports_nav),
            Self::Keys => text!(desk_nav_keys),
            Self::Webhooks => text!(desk_nav_webhooks),
            Self::Mails => text!(mails_nav),
        }
    }
}

/// Renders the navigation for the margin of a page's first section.
pub(crate) fn operator_nav(here: DeskPage) -> impl IntoView {
    let links = DeskPage::LISTED
        .into_iter()
        .map(|page| {
            let current = match here {
                DeskPage::Tenant if page == DeskPage::Tenants => Some("true"),
                here if here == page => Some("page"),
                _ => None,
            };
            view! { <li><a href=page.path() aria-current=current>{page.title()}</a></li> }
        })
        .collect_view();
    view! {
        <div class="stick">
            <nav aria-label=text!(frame_desk)><ul class="subnav" role="list">{links}</ul></nav>
            {search_form()}
        </div>
    }
}

/// Renders the search over tenants and people.
fn search_form() -> impl IntoView {
    let text = Field {
        name: "q",
        label: text!(desk_nav_search),
        kind: "search",
        autocomplete: "off",
        max_chars: Some(SEARCH_MAX_CHARS),
        ..Field::default()
    };
    view! {
        <form class="stack" action=SEARCH role="search" aria-label=text!(desk_nav_search)>
            {text.view()}
            <button class="button">{text!(desk_nav_find)}</button>
        </form>
    }
}
