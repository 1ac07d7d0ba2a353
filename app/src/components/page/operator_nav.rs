//! Navigation between the pages of the operator's desk.

use std::borrow::Cow;

use leptos::prelude::*;
use locales::text;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeskPage {
    Tenants,
    /// One tenant's page.
    Tenant,
    Work,
    Requests,
    Revenue,
    Keys,
    Webhooks,
}

impl DeskPage {
    const LISTED: [Self; 6] = [Self::Tenants, Self::Work, Self::Requests, Self::Revenue, Self::Keys, Self::Webhooks];

    const fn path(self) -> &'static str {
        match self {
            Self::Tenants | Self::Tenant => "/operator",
            Self::Work => "/operator/work",
            Self::Requests => "/operator/requests",
            Self::Revenue => "/operator/revenue",
            Self::Keys => "/operator/keys",
            Self::Webhooks => "/operator/webhooks",
        }
    }

    fn title(self) -> Cow<'static, str> {
        match self {
            Self::Tenants | Self::Tenant => text!(frame_desk_workspaces),
            Self::Work => text!(frame_desk_work),
            Self::Requests => text!(frame_desk_requests),
            Self::Revenue => text!(frame_desk_revenue),
            Self::Keys => text!(frame_desk_keys),
            Self::Webhooks => text!(frame_desk_webhooks),
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
    view! { <nav class="stick" aria-label=text!(frame_desk)><ul class="subnav" role="list">{links}</ul></nav> }
}
