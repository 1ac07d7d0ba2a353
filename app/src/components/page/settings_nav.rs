//! Navigation between the pages below settings.

use std::borrow::Cow;

use billing::service::tenant::installation::portal::PortalViewer;
use domain::tenant::portal::PortalPermission;
use leptos::prelude::*;
use locales::text;

use crate::request::PageRequest;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SettingsPage {
    Account,
    Team,
    Keys,
    Billing,
    Customers,
    Secrets,
    Webhooks,
    Audit,
}

domain::all_variants!(
    /// In display order.
    SettingsPage {
        Team,
        Keys,
        Billing,
        Customers,
        Secrets,
        Webhooks,
        Audit,
        Account,
    }
);

impl SettingsPage {
    const fn path(self) -> &'static str {
        match self {
            Self::Account => "/settings/account",
            Self::Team => "/settings/team",
            Self::Keys => "/settings/keys",
            Self::Billing => "/settings/billing",
            Self::Customers => "/settings/customers",
            Self::Secrets => "/settings/secrets",
            Self::Audit => "/settings/audit",
            Self::Webhooks => "/settings/webhooks",
        }
    }

    fn title(self) -> Cow<'static, str> {
        match self {
            Self::Account => text!(settings_nav_account),
            Self::Team => text!(settings_nav_team),
            Self::Keys => text!(settings_nav_keys),
            Self::Billing => text!(settings_nav_billing),
            Self::Customers => text!(settings_nav_customers),
            Self::Secrets => text!(settings_nav_secrets),
            Self::Audit => text!(settings_nav_audit),
            Self::Webhooks => text!(settings_nav_webhooks),
        }
    }
}

/// Whether the page is open to the portal session. The session's role decides what the page shows.
fn is_open_to(page: SettingsPage, portal: &PortalViewer) -> bool {
    match page {
        SettingsPage::Team | SettingsPage::Billing => true,
        SettingsPage::Keys => portal.may(PortalPermission::Keys),
        SettingsPage::Secrets => portal.may(PortalPermission::Secrets),
        SettingsPage::Account | SettingsPage::Customers | SettingsPage::Webhooks | SettingsPage::Audit => false,
    }
}

/// Renders the navigation for the margin of a page's first section.
pub(crate) fn settings_nav(here: SettingsPage) -> impl IntoView {
    let portal = PageRequest::now().and_then(|req| req.portal().cloned());
    let links = SettingsPage::ALL
        .into_iter()
        .filter(|page| portal.as_ref().is_none_or(|portal| is_open_to(*page, portal)))
        .map(|page| {
            let current = (page == here).then_some("page");
            view! { <li><a href=page.path() aria-current=current>{page.title()}</a></li> }
        })
        .collect_view();
    view! { <nav class="stick" aria-label=text!(settings_nav)><ul class="subnav" role="list">{links}</ul></nav> }
}
