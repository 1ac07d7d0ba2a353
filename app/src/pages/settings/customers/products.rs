//! `/settings/customers/products`: the list of products, and the form that creates one.

use billing::{
    payment::merchant::{MerchantProduct, Page},
    service::base::{idempotency::KeyedRequest, permission::Biller},
};
use domain::account::Viewer;
use leptos::{prelude::*, server_fn::ServerFn};

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
const CYCLES: [(&str, &str); 5] = [
    ("month", "every month"),
    ("year", "every year"),
    ("week", "every week"),
    ("day", "every day"),
    (PAID_ONCE, "once"),
];

/// Returns the error message of a field.
fn mistake(field: &str) -> Option<String> {
    Some(match field {
        "name" => "Choose a name of 1 to 200 characters, on one line".to_owned(),
        "description" => "Write at most 2,000 characters".to_owned(),
        "price" => "Write an amount as 29 or 29.50, with at most two decimals, under a million".to_owned(),
        "currency" => "Write a currency’s three letters, as USD".to_owned(),
        "cycle" => "Choose how often it is paid".to_owned(),
        _ => return None,
    })
}

pub(crate) fn products() -> AnyView {
    signed_in_page(|services, viewer, req| async move {
        let draft = Draft::take(&req, &[CreateProduct::PATH, CreateCheckoutLink::PATH]);
        let Ok(biller) = Biller::admin(&viewer) else { return Ok(page(&req, viewer, None, &draft)) };
        let account = Account::from_request(&services, &biller, &req).await?;
        let listed = services.white_label().page_of_products(&biller, account.named, &account.page_query()).await;
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
                {entry("new", "New product", None, form)}
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
        let words = if account.after.is_some() { "No more products." } else { "No products yet." };
        return view! {
            <div class="empty">
                <p>{words}</p>
                <p>"Make one below. A checkout link for it can then be sent to a customer."</p>
                {page_links}
            </div>
        }
        .into_any();
    }
    let table = record_table(
        RowAlign::Baseline,
        format!("Products of {workspace}"),
        [Column::Text("Product"), Column::Text("Price")],
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
            let of = format!(" for {name}, {}", costs(price));
            view! {
                <li>
                    {costs(price)}" · "<a class="plain" href=to>"Checkout link"<span class="unseen">{of}</span></a>
                </li>
            }
        })
        .collect_view();
    let sold = if prices.is_empty() {
        view! { <span class="note">"No price"</span> }.into_any()
    } else {
        view! { <ul role="list" class="tight">{sold}</ul> }.into_any()
    };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row"><span class="breaking">{name.clone()}</span>{description}</th>
            <td role="cell" data-label="Price">{sold}</td>
        </tr>
    }
}

fn new_product(account: &Account, mistakes: &Mistakes, draft: &Draft) -> AnyView {
    let field = |name, label, hint: Option<&str>| Field {
        name,
        label,
        kind: "text",
        autocomplete: "off",
        hint: hint.map(str::to_owned),
        wrong: mistakes.of(name),
        value: draft.value(name),
        ..Field::default()
    };
    let name = Field { max_chars: Some(200), ..field("name", "Name", Some("Customers see it on the checkout page.")) };
    let description = Field {
        max_chars: Some(2000),
        lines: Some(2),
        optional: true,
        ..field("description", "Description", Some("Left empty, there is none."))
    };
    let price = Field { max_chars: Some(16), ..field("price", "Price", Some("In full, as 29 or 29.50.")) };
    let mut currency = Field { max_chars: Some(3), ..field("currency", "Currency", None) };
    if currency.value.is_empty() {
        "USD".clone_into(&mut currency.value);
    }
    let chosen = draft.value("cycle");
    let options = CYCLES
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
                <label for="cycle">"Paid"</label>
                {wrong}
                <select id="cycle" name="cycle" autocomplete="off" aria-describedby=described>{options}</select>
            </div>
            <button class="button main">{format!("Make product at {}", account.title())}</button>
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
