//! Rendering of the payment page.

use maud::{Markup, html};

use super::entered::{TAX_ID_KINDS, asks_address};
use crate::{
    billing::period,
    page::{self, Page, card_form::CardFields},
    storage::Transaction,
    stripe::objects::{
        checkout_session::{CheckoutSession, Mode},
        price,
        promotion_code::PromotionCode,
    },
};

pub(super) fn money(tx: &Transaction<'_>, session: &CheckoutSession) -> String {
    in_currency(session, session.total(tx))
}

fn in_currency(session: &CheckoutSession, amount: i64) -> String {
    let currency = session.currency.parse().unwrap_or(domain::money::Currency::USD);
    price::money(amount, currency).exact()
}

/// The payment page. `wrong` says why the payer's choices were refused.
pub(super) fn form(tx: &Transaction<'_>, session: &CheckoutSession, fields: &CardFields, wrong: Option<&str>) -> Page {
    let amount = money(tx, session);
    let (head, verb) = if session.total(tx) == 0 {
        let verb = if session.trial_end(tx.now).is_some() { "Start the trial" } else { "Subscribe" };
        (verb.to_owned(), verb.to_owned())
    } else if session.mode == Mode::Subscription {
        (format!("Pay {} {amount}", tx.merchant), format!("Pay {amount}"))
    } else {
        (format!("Pay {} {amount} once", tx.merchant), format!("Pay {amount}"))
    };
    let body = html! {
        (fields.summary())
        @if let Some(why) = wrong { (page::notice("stop", "stop", why, html! { p { "Nothing was changed." } })) }
        div.split {
            form.stack method="post" action={ "/pay/" (session.id) } {
                h1 { (head) }
                (fields.fields())
                (billing_fields(tx, session))
                button.button.main.full { (verb) }
                @if let Some(url) = &session.cancel_url { p.note { a href=(url) { "Cancel and go back" } } }
            }
            div.stack.aside { (order(tx, session, &amount)) (choices(tx, session)) }
        }
    };
    let side =
        html! { @if let Some(url) = &session.cancel_url { p.note { a href=(url) { "Back to " (tx.merchant) } } } };
    Page::new("Test payment", page::entry(side, body))
        .allow_redirect_to(Some(&session.success_url))
        .allow_redirect_to(session.cancel_url.as_deref())
}

fn order(tx: &Transaction<'_>, session: &CheckoutSession, amount: &str) -> Markup {
    let trial_end = session.trial_end(tx.now);
    let sums = session.sums(tx);
    // With a discount or tax, later payments are shown as one sum.
    let lists_each = session.coupon.is_none() && !session.automatic_tax;
    let payer =
        session.known_customer(tx).and_then(|customer| customer.name.clone().or_else(|| customer.email.clone()));
    html! {
        section.receipt aria-labelledby="h-order" {
            h2 id="h-order" { "Order" }
            dl {
                @for (price, quantity) in session.prices(tx) {
                    div {
                        dt {
                            @if quantity > 1 { (quantity) " × " }
                            (price.product_name(tx))
                            @if let Some(every) = price.recurring { ", " (every.adverb()) }
                            @if let Some(payer) = &payer { small { (payer) } }
                            @if let (Some(every), None) = (price.recurring, trial_end) {
                                small { (page::date(tx.now)) " – " (page::date(period::end_after(tx.now, tx.now, every))) }
                            }
                        }
                        dd { (price.money(quantity).exact()) }
                    }
                }
                @if session.coupon.is_some() {
                    div { dt { "Discount" } dd { "−" (in_currency(session, sums.discount)) } }
                }
                @if session.automatic_tax {
                    div {
                        dt { "Tax" @if sums.total == sums.subtotal - sums.discount { small { "Included" } } }
                        dd { (in_currency(session, sums.tax)) }
                    }
                }
                div.sum { dt { "Due today" } dd { (amount) } }
                @for (price, quantity) in session.prices(tx).into_iter().filter(|_| lists_each) {
                    @if let Some(every) = price.recurring {
                        div {
                            dt { "From " (page::date(trial_end.unwrap_or_else(|| period::end_after(tx.now, tx.now, every)))) }
                            dd { (price.money(quantity).exact()) " " (every.words()) }
                        }
                    }
                }
                @if let (false, Some(every)) = (lists_each, session.prices(tx).iter().find_map(|(price, _)| price.recurring)) {
                    div {
                        dt { "From " (page::date(trial_end.unwrap_or_else(|| period::end_after(tx.now, tx.now, every)))) }
                        dd { (in_currency(session, session.recurring_total(tx))) " " (every.words()) }
                    }
                }
            }
            @if session.mode == Mode::Subscription { p.note { "Until you cancel." } }
        }
    }
}

/// The address and the tax id, where the session asks for them.
fn billing_fields(tx: &Transaction<'_>, session: &CheckoutSession) -> Markup {
    html! {
        @if asks_address(tx, session) {
            (text_field("line1", "Street and number", "1 Test Street", "address-line1"))
            (text_field("postal_code", "Postal code", "10115", "postal-code"))
            (text_field("city", "City", "Berlin", "address-level2"))
            (text_field("country", "Country (two letters)", "DE", "country"))
        }
        @if session.tax_id_collection {
            div.field {
                label for="tax_id_type" { "Kind of tax ID (optional)" }
                select #tax_id_type name="tax_id_type" {
                    @for kind in TAX_ID_KINDS { option value=(kind) { (kind.replace('_', " ")) } }
                }
            }
            (text_field("tax_id", "Tax ID (optional)", "", "off"))
        }
    }
}

fn text_field(name: &str, label: &str, value: &str, autocomplete: &str) -> Markup {
    html! {
        div.field {
            label for=(name) { (label) }
            input id=(name) name=(name) type="text" value=(value) autocomplete=(autocomplete) maxlength="200";
        }
    }
}

/// The form for quantities and a promotion code. Empty if the session lets the payer choose neither.
fn choices(tx: &Transaction<'_>, session: &CheckoutSession) -> Markup {
    let takes_codes = session.allow_promotion_codes == Some(true);
    let adjustable: Vec<_> = session.lines.iter().filter(|line| line.adjustable.is_some()).collect();
    let applied = session.coupon.as_ref().and_then(|coupon| tx.get::<PromotionCode>(coupon.promotion_code.as_deref()?));
    html! {
        @if takes_codes || !adjustable.is_empty() {
            form.stack method="post" action={ "/pay/" (session.id) "/choices" } {
                @for line in adjustable {
                    @if let Some(bounds) = line.adjustable {
                        div.field {
                            label for={ "quantity-" (line.id) } { "Quantity" }
                            input id={ "quantity-" (line.id) } name={ "quantity-" (line.id) } type="number"
                                min=(bounds.minimum) max=(bounds.maximum) value=(line.quantity) required;
                        }
                    }
                }
                @if takes_codes {
                    div.field {
                        label for="promotion_code" { "Promotion code" }
                        input #promotion_code name="promotion_code" type="text" maxlength="500" autocomplete="off"
                            value=[applied.as_ref().map(|applied| applied.code.as_str())];
                    }
                }
                button.button { "Apply" }
            }
        }
    }
}
