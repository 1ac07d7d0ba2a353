//! Checkout links: the form that creates one, and the created link.

use std::borrow::Cow;

use billing::{payment::merchant::MerchantProduct, service::base::idempotency::KeyedRequest};
use domain::subscription::Provider;
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;
use url::Url;

use super::{
    account::{Account, Tab},
    words::costs,
};
use crate::{
    actions::customers::{CreateCheckoutLink, LINK},
    components::{
        form::{field::Field, mistakes::Mistakes, shown_secret::shown_secret},
        icon::{Icon, Tone, icon},
        notice::{inner_notice, notice},
        page::entry::entry,
    },
    request::{PageRequest, draft::Draft, drawn_for::form_address},
};

pub(super) const FIELDS: [&str; 4] = ["sell", "customer_email", "success_url", "cancel_url"];
const ID_MAX_CHARS: usize = 255;

/// Returns the error message of a field.
pub(super) fn mistake(field: &str) -> Option<Cow<'static, str>> {
    Some(match field {
        "sell" => text!(customers_sell_wrong),
        "customer_email" => text!(customers_customer_email_wrong),
        "success_url" => text!(customers_success_url_wrong),
        "cancel_url" => text!(customers_cancel_url_wrong),
        _ => return None,
    })
}

/// Renders the form for a price in `listed`, the shown page of the list. A rejected form is rendered even if its price
/// is not in `listed`, because the price may be on another page.
pub(super) fn form(
    price: &str,
    listed: &[MerchantProduct],
    account: &Account,
    mistakes: &Mistakes,
    draft: &Draft,
) -> AnyView {
    let price: String = price.chars().take(ID_MAX_CHARS).collect();
    let sold =
        listed.iter().find_map(|product| Some((product, product.prices.iter().find(|known| known.id == price)?)));
    let was_sent = FIELDS.iter().any(|field| draft.values(field).next().is_some());
    let note = match sold {
        Some((product, price)) => {
            text!(customers_product_at_price, product = &product.name, price = costs(price)).into_owned()
        }
        None if was_sent => price.clone(),
        None => return unlisted(),
    };
    let field = |name, label, kind, hint| Field {
        name,
        label,
        kind,
        autocomplete: "off",
        hint: Some(hint),
        wrong: mistakes.of(name),
        value: draft.value(name),
        max_chars: Some(2048),
        ..Field::default()
    };
    let success = field("success_url", text!(customers_success_url), "url", text!(customers_success_url_hint));
    let cancel = field("cancel_url", text!(customers_cancel_url), "url", text!(customers_cancel_url_hint));
    let email = field("customer_email", text!(customers_customer_email), "email", text!(customers_customer_email_hint));
    let body = view! {
        <form class="stack" method="post" action=form_address(CreateCheckoutLink::PATH) autocomplete="off">
            {account.hidden()}
            <input type="hidden" name="key" value=KeyedRequest::fresh_key()/>
            <input type="hidden" name="price" value=price/>
            {success.view()}
            {Field { optional: true, ..cancel }.view()}
            {Field { optional: true, ..email }.view()}
            <button class="button main">{text!(customers_create_link)}</button>
            <p><a href=account.here(Tab::Products, &[])>{text!(customers_back_to_products)}</a></p>
        </form>
    };
    entry("sell", text!(customers_checkout_link), Some(view! { <span class="breaking">{note}</span> }.into_any()), body)
}

fn unlisted() -> AnyView {
    let words = inner_notice(Tone::Off, text!(customers_unlisted), view! { <p>{text!(customers_unlisted_means)}</p> });
    entry("sell", text!(customers_checkout_link), None, words)
}

/// Renders the link that was just created.
pub(super) fn shown(req: &PageRequest, draft: &Draft) -> Option<AnyView> {
    req.query("code").filter(|code| code == "link")?;
    let link = draft.value(LINK);
    if !Url::parse(&link).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        let means = view! { <p>{text!(customers_link_was_shown_means)}</p> };
        return Some(notice(Tone::Off, text!(customers_link_was_shown), means));
    }
    let means = text!(customers_link_means, polar = Provider::Polar.title(), stripe = Provider::Stripe.title());
    let body = view! {
        {shown_secret(text!(customers_link_label), &link)}
        <p class="note">{means}</p>
        <p><a href=link.clone()>{text!(customers_link_open)}{icon(Icon::Out)}</a></p>
    };
    Some(notice(Tone::Ok, text!(customers_link_copy), body))
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
