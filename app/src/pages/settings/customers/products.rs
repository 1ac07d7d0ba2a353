//! `/settings/customers/products`: the list of products, and the form that creates one.

use std::borrow::Cow;

use billing::{
    payment::merchant::{MerchantProduct, Page},
    service::base::{idempotency::KeyedRequest, permission::Merchant},
};
use domain::account::Viewer;
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use super::{
    account::{Account, AccountPage, Tab, tab_page},
    link,
    words::{self, costs},
};
use crate::{
    actions::customers::{CreateCheckoutLink, CreateProduct, PAID_ONCE},
    components::{
        form::{field::Field, mistakes::Mistakes},
        page::{access::signed_in_page, entry::entry},
        table::{Column, RowAlign, record_table},
    },
    request::{PageRequest, draft::Draft, drawn_for::form_address},
};

const FIELDS: [&str; 5] = ["name", "description", "price", "currency", "cycle"];

/// Returns the options of the cycle: form value and title.
fn cycles() -> [(&'static str, Cow<'static, str>); 5] {
    [
        ("month", text!(customers_cycle_month)),
        ("year", text!(customers_cycle_year)),
        ("week", text!(customers_cycle_week)),
        ("day", text!(customers_cycle_day)),
        (PAID_ONCE, text!(customers_cycle_once)),
    ]
}

/// Returns the error message of a field.
fn mistake(field: &str) -> Option<Cow<'static, str>> {
    Some(match field {
        "name" => text!(customers_product_name_wrong),
        "description" => text!(customers_description_wrong),
        "price" => text!(customers_price_wrong),
        "currency" => text!(customers_currency_wrong),
        "cycle" => text!(customers_cycle_wrong),
        _ => return None,
    })
}

pub(crate) fn products() -> AnyView {
    signed_in_page(|services, viewer, req| async move {
        let draft = Draft::take(&req, &[CreateProduct::PATH, CreateCheckoutLink::PATH]);
        let Ok(merchant) = Merchant::admin(&viewer) else { return Ok(page(&req, viewer, None, &draft)) };
        let account = Account::from_request(&services, &merchant, &req).await?;
        let listed = services.white_label().page_of_products(&merchant, account.named, &account.page_query()).await;
        Ok(page(&req, viewer, Some(&AccountPage::new(account, listed)?), &draft))
    })
}

/// Renders the page. `account_page` is `None` for members, who may not see products.
pub(in crate::pages) fn page(
    req: &PageRequest,
    viewer: Viewer,
    account_page: Option<&AccountPage<MerchantProduct>>,
    draft: &Draft,
) -> AnyView {
    let workspace = viewer.current_membership.tenant_name.clone();
    let to_sell = req.query("sell");
    // Only one of the two forms can have been submitted.
    let (mistakes, of_link) =
        (Mistakes::from_query(req, &FIELDS, mistake), Mistakes::from_query(req, &link::FIELDS, link::mistake));
    let entries = account_page.map(|AccountPage { account, listed }| match listed {
        Ok(listed) => {
            let selling = to_sell.as_deref().map(|price| link::form(price, &listed.items, account, &of_link, draft));
            let form = new_product(account, &mistakes, draft);
            view! {
                {selling}
                {account.entry(list(listed, account, &workspace))}
                {entry("new", text!(customers_new_product), None, form)}
            }
            .into_any()
        }
        Err(error) => account.entry(words::trouble(error, account.title())),
    });
    let before = view! { {link::shown(req, draft)} {mistakes.summary()} {of_link.summary()} };
    let account = account_page.map(|account_page| &account_page.account);
    tab_page(req, viewer, Tab::Products, account, draft, before, entries)
}

fn list(listed: &Page<MerchantProduct>, account: &Account, workspace: &str) -> AnyView {
    let page_links = account.page_links(Tab::Products, listed.next.as_deref());
    if listed.items.is_empty() {
        let words =
            if account.after.is_some() { text!(customers_no_more_products) } else { text!(customers_no_products) };
        return view! {
            <div class="empty">
                <p>{words}</p>
                <p>{text!(customers_no_products_means)}</p>
                {page_links}
            </div>
        }
        .into_any();
    }
    let table = record_table(
        RowAlign::Baseline,
        text!(customers_products_of, workspace = workspace),
        [Column::Text(text!(customers_product)), Column::Text(text!(customers_price))],
        listed.items.iter().map(|product| row(product, account)).collect_view(),
    );
    view! {
        {table}
        {page_links}
    }
    .into_any()
}

fn row(product: &MerchantProduct, account: &Account) -> impl IntoView + use<> {
    let MerchantProduct { id: _, name, description, prices } = product;
    let description = description.clone().filter(|text| !text.is_empty());
    let description = description.map(|text| view! { <br/><span class="note breaking">{text}</span> });
    let sold = prices
        .iter()
        .map(|price| {
            let to = format!("{}#sell", account.here(Tab::Products, &[("sell", price.id.as_str())]));
            let of = format!(" {}", text!(customers_checkout_link_for, product = name, price = costs(price)));
            view! {
                <li>
                    {costs(price)}" · "<a class="plain" href=to>{text!(customers_checkout_link)}<span class="unseen">{of}</span></a>
                </li>
            }
        })
        .collect_view();
    let sold = if prices.is_empty() {
        view! { <span class="note">{text!(customers_no_price)}</span> }.into_any()
    } else {
        view! { <ul role="list" class="tight">{sold}</ul> }.into_any()
    };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row"><span class="breaking"><bdi>{name.clone()}</bdi></span>{description}</th>
            <td role="cell" data-label=text!(customers_price)>{sold}</td>
        </tr>
    }
}

fn new_product(account: &Account, mistakes: &Mistakes, draft: &Draft) -> AnyView {
    let field = |name, label, hint| Field {
        name,
        label,
        kind: "text",
        autocomplete: "off",
        hint,
        wrong: mistakes.of(name),
        value: draft.value(name),
        ..Field::default()
    };
    let name = Field {
        max_chars: Some(200),
        ..field("name", text!(customers_product_name), Some(text!(customers_product_name_hint)))
    };
    let description = Field {
        max_chars: Some(2000),
        lines: Some(2),
        optional: true,
        ..field("description", text!(customers_description), Some(text!(customers_description_hint)))
    };
    let price =
        Field { max_chars: Some(16), ..field("price", text!(customers_price), Some(text!(customers_price_hint))) };
    let mut currency = Field { max_chars: Some(3), ..field("currency", text!(customers_currency), None) };
    if currency.value.is_empty() {
        "USD".clone_into(&mut currency.value);
    }
    let chosen = draft.value("cycle");
    let options = cycles()
        .into_iter()
        .map(|(value, title)| view! { <option value=value selected=chosen == value>{title}</option> })
        .collect_view();
    let wrong = mistakes.of("cycle").map(|wrong| view! { <span class="wrong" id="cycle-wrong">{wrong}</span> });
    let described = wrong.is_some().then_some("cycle-wrong");
    view! {
        <form class="stack" method="post" action=form_address(CreateProduct::PATH) autocomplete="off">
            {account.hidden()}
            <input type="hidden" name="key" value=KeyedRequest::fresh_key()/>
            {name.view()}
            {description.view()}
            {price.view()}
            {currency.view()}
            <div class="field">
                <label for="cycle">{text!(customers_cycle)}</label>
                {wrong}
                <select id="cycle" name="cycle" autocomplete="off" aria-describedby=described>{options}</select>
            </div>
            <button class="button main">{text!(customers_create_product, provider = account.title())}</button>
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::form::mistakes::assert_messages;

    #[test]
    fn each_form_field_has_an_error_message() {
        assert_messages(&FIELDS, mistake);
    }
}
