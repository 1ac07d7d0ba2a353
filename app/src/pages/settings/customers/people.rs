//! `/settings/customers`: the list of customers.

use billing::{
    payment::merchant::{MerchantCustomer, Page},
    service::base::permission::Merchant,
};
use domain::account::Viewer;
use leptos::prelude::*;
use locales::text;

use super::{
    account::{Account, AccountPage, Tab, tab_page},
    words,
};
use crate::{
    components::{
        page::access::signed_in_page,
        table::{Column, RowAlign, record_table},
    },
    request::{PageRequest, draft::Draft},
    wording::day,
};

pub(crate) fn customers() -> AnyView {
    signed_in_page(|services, viewer, req| async move {
        let Ok(merchant) = Merchant::admin(&viewer) else { return Ok(page(&req, viewer, None)) };
        let account = Account::from_request(&services, &merchant, &req).await?;
        let listed = services.white_label().page_of_customers(&merchant, account.named, &account.page_query()).await;
        Ok(page(&req, viewer, Some(&AccountPage::new(account, listed)?)))
    })
}

/// Renders the page. `account_page` is `None` for members, who may not see customers.
pub(in crate::pages) fn page(
    req: &PageRequest,
    viewer: Viewer,
    account_page: Option<&AccountPage<MerchantCustomer>>,
) -> AnyView {
    let entries = account_page.map(|AccountPage { account, listed }| {
        account.entry(match listed {
            Ok(listed) => list(listed, account, &viewer.current_membership.tenant_name),
            Err(error) => words::trouble(error, account.title()),
        })
    });
    let account = account_page.map(|account_page| &account_page.account);
    tab_page(req, viewer, Tab::Customers, account, &Draft::default(), (), entries)
}

fn list(listed: &Page<MerchantCustomer>, account: &Account, workspace: &str) -> AnyView {
    let page_links = account.page_links(Tab::Customers, listed.next.as_deref());
    if listed.items.is_empty() {
        let words = if account.after.is_some() { text!(customers_no_more) } else { text!(customers_none) };
        return view! {
            <div class="empty">
                <p>{words}</p>
                <p>{text!(customers_none_means)}</p>
                <p><a href=account.address(Tab::Products, &[])>{text!(customers_choose_product)}</a></p>
                {page_links}
            </div>
        }
        .into_any();
    }
    let table = record_table(
        RowAlign::Middle,
        text!(customers_of, workspace = workspace),
        [
            Column::Text(text!(customers_customer)),
            Column::Text(text!(customers_since)),
            Column::Button(text!(customers_subscriptions)),
        ],
        listed.items.iter().map(|customer| row(customer, account)).collect_view(),
    );
    view! {
        {table}
        {page_links}
    }
    .into_any()
}

fn row(customer: &MerchantCustomer, account: &Account) -> impl IntoView + use<> {
    let MerchantCustomer { id, email, name, created_at } = customer;
    let title = if email.is_empty() { id } else { email };
    let name = name.clone().filter(|name| !name.is_empty());
    let name = name.map(|name| view! { <br/><span class="note breaking"><bdi>{name}</bdi></span> });
    let to = account.address(Tab::Subscriptions, &[("customer", id.as_str())]);
    let of = format!(" {}", text!(customers_subscriptions_of, customer = title));
    view! {
        <tr role="row">
            <th role="rowheader" scope="row"><span class="breaking"><bdi>{title.clone()}</bdi></span>{name}</th>
            <td role="cell" class="nowrap" data-label=text!(customers_since)>{day(*created_at)}</td>
            <td role="cell" class="num">
                <a class="plain" href=to>{text!(customers_subscriptions)}<span class="unseen">{of}</span></a>
            </td>
        </tr>
    }
}
