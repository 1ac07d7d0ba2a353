//! The provider account that the pages of customers show, their tabs and their frame.

use std::borrow::Cow;

use billing::{
    Services,
    payment::merchant::{Page, PageParams},
    service::{ServiceError, base::permission::Merchant},
};
use domain::{account::Viewer, subscription::Provider};
use leptos::prelude::*;
use locales::text;

use super::words;
use crate::{
    components::{
        page::{
            Place,
            entry::{entry, opening_beside},
            frame,
            settings_nav::{SettingsPage, settings_nav},
        },
        provider::{NO_PROVIDER, title_or_none},
    },
    request::{PageRequest, draft::Draft, local_path::with_query},
};

/// Rows per page.
const ROWS: u32 = 20;

/// The lists, each a tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tab {
    Customers,
    Products,
    Subscriptions,
}

domain::all_variants!(Tab { Customers, Products, Subscriptions });

impl Tab {
    const fn path(self) -> &'static str {
        match self {
            Self::Customers => "/settings/customers",
            Self::Products => "/settings/customers/products",
            Self::Subscriptions => "/settings/customers/subscriptions",
        }
    }

    fn title(self) -> Cow<'static, str> {
        match self {
            Self::Customers => text!(customers_title),
            Self::Products => text!(customers_title_products),
            Self::Subscriptions => text!(customers_title_subscriptions),
        }
    }

    fn lead(self, workspace: &str) -> Cow<'static, str> {
        match self {
            Self::Customers => text!(customers_lead, workspace = workspace),
            Self::Products => text!(customers_lead_products, workspace = workspace),
            Self::Subscriptions => text!(customers_lead_subscriptions, workspace = workspace),
        }
    }

    /// The accessible name of the links between the pages of the list.
    fn pages_title(self) -> Cow<'static, str> {
        match self {
            Self::Customers => text!(customers_pages),
            Self::Products => text!(customers_pages_products),
            Self::Subscriptions => text!(customers_pages_subscriptions),
        }
    }
}

/// The provider account and the page of a list that are shown.
pub(in crate::pages) struct Account {
    /// Providers that the workspace has an account at.
    pub(in crate::pages) providers: Vec<Provider>,
    /// The provider in the query, if the workspace has an account there.
    pub(in crate::pages) named: Option<Provider>,
    pub(in crate::pages) after: Option<String>,
}

impl Account {
    pub(super) async fn from_request(
        services: &Services,
        merchant: &Merchant,
        req: &PageRequest,
    ) -> Result<Self, ServiceError> {
        let providers = services.white_label().merchant_providers(merchant).await?;
        let named = req.query("provider").and_then(|name| name.parse().ok());
        let after = req.query("after").filter(|cursor| !cursor.is_empty());
        Ok(Self { named: named.filter(|named| providers.contains(named)), providers, after })
    }

    pub(super) fn page_query(&self) -> PageParams {
        PageParams { limit: ROWS, cursor: self.after.clone() }
    }

    /// The provider whose account is shown.
    fn shown(&self) -> Option<Provider> {
        self.named.or(self.providers.first().copied())
    }

    /// The shown provider's title; `none` without an account.
    pub(super) fn title(&self) -> &'static str {
        title_or_none(self.shown())
    }

    /// Renders a list under its provider's name.
    pub(super) fn entry(&self, list: AnyView) -> AnyView {
        match self.shown() {
            Some(provider) => {
                let head = text!(customers_account, provider = provider.title());
                entry("list", head, Some(text!(customers_newest_first).into_any()), list)
            }
            None => entry("list", text!(customers_account_none), None, list),
        }
    }

    /// URL of a tab for this account, with extra parameters.
    pub(super) fn address(&self, tab: Tab, more: &[(&str, &str)]) -> String {
        let named = self.named.map(|provider| ("provider", provider.as_str()));
        let pairs: Vec<_> = named.into_iter().chain(more.iter().copied()).collect();
        with_query(tab.path(), &pairs)
    }

    /// Like [`Self::address`], for the current page of the list.
    pub(super) fn here(&self, tab: Tab, more: &[(&str, &str)]) -> String {
        let after = self.after.as_deref().map(|after| ("after", after));
        let pairs: Vec<_> = after.into_iter().chain(more.iter().copied()).collect();
        self.address(tab, &pairs)
    }

    /// Renders the form field that names the provider. It pins the form to the provider shown on its button, even if
    /// another account is added meanwhile.
    pub(super) fn hidden(&self) -> impl IntoView + use<> {
        self.shown().map(|provider| view! { <input type="hidden" name="provider" value=provider.as_str()/> })
    }

    /// Renders the links between the pages of a list.
    pub(super) fn page_links(&self, tab: Tab, next: Option<&str>) -> Option<AnyView> {
        let first = self.after.as_ref().map(|_| view! { <a href=self.address(tab, &[])>{text!(customers_newest)}</a> });
        let older =
            next.map(|next| view! { <a href=self.address(tab, &[("after", next)])>{text!(customers_older)}</a> });
        (first.is_some() || older.is_some())
            .then(|| view! { <nav class="actions" aria-label=tab.pages_title()>{first}{older}</nav> }.into_any())
    }
}

/// An account with one page of a list, or the provider's error for it.
pub(in crate::pages) struct AccountPage<T> {
    pub(in crate::pages) account: Account,
    pub(in crate::pages) listed: Result<Page<T>, ServiceError>,
}

impl<T> AccountPage<T> {
    /// Keeps an error of the provider, which is rendered in place of the list. Any other error fails the page.
    pub(super) fn new(account: Account, listed: Result<Page<T>, ServiceError>) -> Result<Self, ServiceError> {
        match listed {
            Err(error) if !words::has_words(&error) => Err(error),
            listed => Ok(Self { account, listed }),
        }
    }
}

/// Renders the frame of a list. `account` is `None` for members; `before` goes above the title, `entries` below.
pub(super) fn tab_page(
    req: &PageRequest,
    viewer: Viewer,
    tab: Tab,
    account: Option<&Account>,
    draft: &Draft,
    before: impl IntoView + 'static,
    entries: impl IntoView + 'static,
) -> AnyView {
    let workspace = viewer.current_membership.tenant_name.clone();
    let role = viewer.current_membership.role.as_str();
    let reason = account.is_none().then(|| {
        view! { <p class="note">{text!(customers_members_only_read, workspace = &workspace, role = role)}</p> }
    });
    let body = view! {
        {words::answered(req, account.map_or(NO_PROVIDER, Account::title), &workspace, draft)}
        {before.into_any()}
        <div class="stack">
            <h1>{tab.title()}</h1>
            <p class="lead">{tab.lead(&workspace)}</p>
            {reason}
        </div>
        {account.filter(|account| !account.providers.is_empty()).map(|account| tabs(tab, account))}
    };
    frame(
        tab.title(),
        Place::Settings,
        Some(viewer),
        view! {
            {opening_beside(settings_nav(SettingsPage::Customers), body)}
            {entries.into_any()}
        },
    )
}

fn tabs(here: Tab, account: &Account) -> AnyView {
    let lists = Tab::ALL
        .into_iter()
        .map(|tab| {
            let current = (tab == here).then_some("page");
            view! { <a href=account.address(tab, &[]) aria-current=current>{tab.title()}</a> }
        })
        .collect_view();
    let accounts = (account.providers.len() > 1).then(|| {
        let links = account
            .providers
            .iter()
            .map(|provider| {
                let current = (account.shown() == Some(*provider)).then_some("true");
                let to = with_query(here.path(), &[("provider", provider.as_str())]);
                view! { <a href=to aria-current=current>{provider.title()}</a> }
            })
            .collect_view();
        view! { <nav class="choice" aria-label=text!(customers_nav_account)>{links}</nav> }
    });
    view! {
        <div class="ranges">
            <nav class="choice" aria-label=text!(customers_nav_lists)>{lists}</nav>
            {accounts}
        </div>
    }
    .into_any()
}
