//! Navigation between the pages of the operator's desk.

use leptos::prelude::*;

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

    const fn title(self) -> &'static str {
        match self {
            Self::Tenants | Self::Tenant => "Workspaces",
            Self::Work => "Work",
            Self::Requests => "Requests",
            Self::Revenue => "Revenue",
            Self::Keys => "Keys",
            Self::Webhooks => "Webhooks",
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
    view! { <nav class="stick" aria-label="Operator’s desk"><ul class="subnav" role="list">{links}</ul></nav> }
}
