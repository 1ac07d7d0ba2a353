//! Checkout links: the form that creates one, and the created link.

use billing::{payment::merchant::MerchantProduct, service::base::idempotency::KeyedRequest};
use leptos::{prelude::*, server_fn::ServerFn};
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
pub(super) fn mistake(field: &str) -> Option<String> {
    Some(match field {
        "sell" => "Choose another price: this one is not sold, or can’t be asked for alone".to_owned(),
        "customer_email" => "Write the customer’s e-mail address, or none".to_owned(),
        "success_url" => "Write where the customer goes after paying: an address that begins with https://".to_owned(),
        "cancel_url" => "Write where the customer goes without paying, beginning with https://, or nothing".to_owned(),
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
        Some((product, price)) => format!("{}, {}", product.name, costs(price)),
        None if was_sent => price.clone(),
        None => return unlisted(),
    };
    let field = |name, label, kind, hint: &str| Field {
        name,
        label,
        kind,
        autocomplete: "off",
        hint: Some(hint.to_owned()),
        wrong: mistakes.of(name),
        value: draft.value(name),
        max_chars: Some(2048),
        ..Field::default()
    };
    let success = field("success_url", "After paying", "url", "A page of yours, as https://yourapp.com/success.");
    let cancel = field("cancel_url", "Without paying", "url", "Where the way back leads. It may stay empty.");
    let email =
        field("customer_email", "Customer’s e-mail", "email", "It then stands on the page already. It may stay empty.");
    let body = view! {
        <form class="stack" method="post" action=form_address(CreateCheckoutLink::PATH) autocomplete="off">
            {account.hidden()}
            <input type="hidden" name="key" value=KeyedRequest::fresh_key()/>
            <input type="hidden" name="price" value=price/>
            {success.view()}
            {Field { optional: true, ..cancel }.view()}
            {Field { optional: true, ..email }.view()}
            <button class="button main">"Make checkout link"</button>
            <p><a href=account.here(Tab::Products, &[])>"Back to the products"</a></p>
        </form>
    };
    entry("sell", "Checkout link", Some(view! { <span class="breaking">{note}</span> }.into_any()), body)
}

fn unlisted() -> AnyView {
    let words = inner_notice(
        Tone::Off,
        "That price is not in this part of the list",
        view! { <p>"No link was made. Look for it among the older ones."</p> },
    );
    entry("sell", "Checkout link", None, words)
}

/// Renders the link that was just created.
pub(super) fn shown(req: &PageRequest, draft: &Draft) -> Option<AnyView> {
    req.query("code").filter(|code| code == "link")?;
    let link = draft.value(LINK);
    if !Url::parse(&link).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        let words = "It stays open until it closes by itself. Another can be made below.";
        return Some(notice(Tone::Off, "The checkout link was shown once", view! { <p>{words}</p> }));
    }
    let body = view! {
        {shown_secret("The checkout link", &link)}
        <p class="note">"Send it to one customer: it can be paid once, and closes by itself, within an hour at Polar and a day at Stripe."</p>
        <p><a href=link.clone()>"Open it"{icon(Icon::Out)}</a></p>
    };
    Some(notice(Tone::Ok, "Copy the checkout link now: it is shown this once.", body))
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
