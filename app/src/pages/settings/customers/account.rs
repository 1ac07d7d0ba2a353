//! The provider account that the pages of customers show, their tabs and their frame.

use billing::{
    Services,
    payment::merchant::{Page, PageParams},
    service::{ServiceError, base::permission::Biller},
};
use domain::{account::Viewer, subscription::Provider};
use leptos::prelude::*;

use super::words;
use crate::{
    components::page::{
        Place,
        entry::{entry, opening_beside},
        frame,
        settings_nav::{SettingsPage, settings_nav},
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

    const fn title(self) -> &'static str {
        match self {
            Self::Customers => "Customers",
            Self::Products => "Products",
            Self::Subscriptions => "Subscriptions",
        }
    }

    fn lead(self, workspace: &str) -> String {
        match self {
            Self::Customers => format!("Whom {workspace} bills itself, through its own account."),
            Self::Products => format!("What {workspace} sells to its own customers, through its own account."),
            Self::Subscriptions => format!("What customers of {workspace} pay for, again and again."),
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
        biller: &Biller,
        req: &PageRequest,
    ) -> Result<Self, ServiceError> {
        let providers = services.white_label().merchant_providers(biller).await?;
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

    /// The shown provider's title; a generic one without an account.
    pub(super) fn title(&self) -> &'static str {
        self.shown().map_or("the provider", Provider::title)
    }

    /// Renders a list under its provider's name.
    pub(super) fn entry(&self, list: AnyView) -> AnyView {
        match self.shown() {
            Some(provider) => {
                entry("list", format!("Kept by {}", provider.title()), Some("Newest first.".into_any()), list)
            }
            None => entry("list", "Your account", None, list),
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
        let first = self.after.as_ref().map(|_| view! { <a href=self.address(tab, &[])>"The newest"</a> });
        let older = next.map(|next| view! { <a href=self.address(tab, &[("after", next)])>"Older ones"</a> });
        (first.is_some() || older.is_some()).then(|| {
            let label = format!("Pages of {}", tab.title().to_lowercase());
            view! { <nav class="actions" aria-label=label>{first}{older}</nav> }.into_any()
        })
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
    let reason = account.is_none().then(|| {
        let words = format!("Only an owner or an admin of {workspace} can see its customers. You are a member.");
        view! { <p class="note">{words}</p> }
    });
    let body = view! {
        {words::answered(req, account.map_or("the provider", Account::title), &workspace, draft)}
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
        view! { <nav class="choice" aria-label="Account">{links}</nav> }
    });
    view! {
        <div class="ranges">
            <nav class="choice" aria-label="Lists">{lists}</nav>
            {accounts}
        </div>
    }
    .into_any()
}
