//! Navigation between the pages below settings.

use std::borrow::Cow;

use billing::service::tenant::installation::portal::PortalViewer;
use domain::{account::Role, tenant::portal::PortalPermission};
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
    Workspace,
}

domain::all_variants!(
    /// In display order.
    SettingsPage {
        Workspace,
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
            Self::Workspace => "/settings/workspace",
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
            Self::Workspace => text!(settings_nav_workspace),
        }
    }
}

/// Whether the role opens the page.
const fn opens(role: Role, page: SettingsPage) -> bool {
    match page {
        SettingsPage::Workspace | SettingsPage::Team | SettingsPage::Account => true,
        SettingsPage::Billing => role.may_bill(),
        SettingsPage::Keys
        | SettingsPage::Customers
        | SettingsPage::Secrets
        | SettingsPage::Webhooks
        | SettingsPage::Audit => role.is_admin(),
    }
}

/// Whether the page is open to the portal session, given that its role opens it.
fn is_open_to(page: SettingsPage, portal: &PortalViewer) -> bool {
    match page {
        SettingsPage::Team | SettingsPage::Billing => true,
        SettingsPage::Keys => portal.may(PortalPermission::Keys),
        SettingsPage::Secrets => portal.may(PortalPermission::Secrets),
        SettingsPage::Workspace
        | SettingsPage::Account
        | SettingsPage::Customers
        | SettingsPage::Webhooks
        | SettingsPage::Audit => false,
    }
}

/// Renders the navigation for the margin of a page's first section: the pages that the viewer's role opens.
pub(crate) fn settings_nav(here: SettingsPage) -> impl IntoView {
    let req = PageRequest::now();
    let portal = req.as_ref().and_then(|req| req.portal().cloned());
    let role = req.and_then(|req| req.workspace_viewer()).map(|viewer| viewer.current_membership.role);
    let links = SettingsPage::ALL
        .into_iter()
        .filter(|page| *page == here || role.is_none_or(|role| opens(role, *page)))
        .filter(|page| portal.as_ref().is_none_or(|portal| is_open_to(*page, portal)))
        .map(|page| {
            let current = (page == here).then_some("page");
            view! { <li><a href=page.path() aria-current=current>{page.title()}</a></li> }
        })
        .collect_view();
    view! { <nav class="stick" aria-label=text!(settings_nav)><ul class="subnav" role="list">{links}</ul></nav> }
}
