//! `/pay/polar/{secret}`: the hosted checkout.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use domain::money::Money;
use maud::{Markup, html};

use crate::{
    billing::{
        card::{CardEntry, TestCard},
        period,
    },
    page::{
        self, Page,
        card_form::CardFields,
        hosted::{Outcome, PageResult, not_found_page},
        input::{Input, Refusal},
    },
    polar::{
        api::discounts,
        billing::lifecycle::{self, DECLINED},
        objects::{
            checkout::{Checkout, CheckoutStatus},
            customer::{Card, Customer},
            product::{Price, Product},
            subscription::Subscription,
        },
    },
    storage::{Transaction, World},
};

pub(super) async fn open(State(world): State<Arc<World>>, Path(secret): Path<String>) -> PageResult {
    world
        .transact(move |tx| {
            let Some(checkout) = find_checkout(tx, &secret) else { return Ok(not_found_page("payment page")) };
            if let Some(closed) = closed_page(&checkout) {
                return Ok(closed);
            }
            Ok(Outcome::show(form(tx, &checkout, &fresh_fields(&checkout), None)))
        })
        .await
}

/// Pays the checkout. Idempotent: a post on a paid checkout redirects to the success URL and charges nothing.
pub(super) async fn submit(
    State(world): State<Arc<World>>,
    Path(secret): Path<String>,
    input: Input,
) -> Result<PageResult, Refusal> {
    let shows = world.transact(move |tx| {
        let Some(mut checkout) = find_checkout(tx, &secret) else { return Ok(not_found_page("payment page")) };
        if let Some(closed) = closed_page_after_post(&checkout) {
            return Ok(closed);
        }
        let (entry, fields) = match CardFields::typed(&input, true).check(tx) {
            Ok(checked) => checked,
            Err(fields) => {
                return Ok(Outcome::show(form(tx, &checkout, &fields, None).status(StatusCode::BAD_REQUEST)));
            }
        };
        if checkout.customer.is_none() {
            checkout.customer_email.clone_from(&entry.email);
            checkout.customer_name.clone_from(&entry.name);
        }
        if entry.card == TestCard::AsksForAuthentication {
            checkout.authenticating = Some(entry);
            let next = format!("{}/authenticate", checkout.page());
            tx.put(checkout);
            return Ok(Outcome::GoTo(next));
        }
        Ok(charge_and_complete(tx, checkout, &entry, fields))
    });
    Ok(shows.await)
}

/// Changes the number of seats and the discount code of an open checkout.
pub(super) async fn choose(
    State(world): State<Arc<World>>,
    Path(secret): Path<String>,
    input: Input,
) -> Result<PageResult, Refusal> {
    let shows = world.transact(move |tx| {
        let Some(checkout) = find_checkout(tx, &secret) else { return Ok(not_found_page("payment page")) };
        if let Some(closed) = closed_page_after_post(&checkout) {
            return Ok(closed);
        }
        let mut chosen = checkout.clone();
        if let Err(why) = apply_choices(tx, &mut chosen, &input) {
            let page = form(tx, &checkout, &fresh_fields(&checkout), Some(why));
            return Ok(Outcome::show(page.status(StatusCode::BAD_REQUEST)));
        }
        let page = chosen.page();
        chosen.save(tx, "checkout.updated");
        Ok(Outcome::GoTo(page))
    });
    Ok(shows.await)
}

/// Applies the number of seats and the discount code. An empty code removes the current one. Fails with a message for
/// the payer.
fn apply_choices(tx: &Transaction<'_>, checkout: &mut Checkout, input: &Input) -> Result<(), &'static str> {
    if let (Some(typed), Some(price)) = (input.text("seats"), chosen_price(tx, checkout)) {
        let seats = typed.trim().parse::<u32>().ok().filter(|seats| checkout.allows_seats(&price, *seats));
        let seats = seats.ok_or("This number of seats can’t be bought here.")?;
        checkout.set_price(&price, Some(seats));
    }
    if let Some(code) = input.text("discount_code").map(str::trim).filter(|_| checkout.takes_codes()) {
        let found = discounts::by_code(tx, &checkout.account, code);
        let found = found.filter(|discount| discount.is_redeemable(&checkout.product, tx.now));
        if !code.is_empty() && found.is_none() {
            return Err("This discount code is not valid.");
        }
        checkout.discount = found.map(|discount| discount.id);
    }
    Ok(())
}

fn chosen_price(tx: &Transaction<'_>, checkout: &Checkout) -> Option<Price> {
    let product = tx.get::<Product>(&checkout.product)?;
    product.prices.iter().find(|price| price.id == checkout.price).cloned()
}

/// The form for the number of seats and a discount code. Empty if the payer can choose neither.
fn choices(tx: &Transaction<'_>, checkout: &Checkout) -> Markup {
    let takes_codes = checkout.takes_codes();
    let tiers = chosen_price(tx, checkout).and_then(|price| price.seats);
    html! {
        @if takes_codes || tiers.is_some() {
            form.stack method="post" action={ (checkout.page()) "/choices" } {
                @if let (Some(tiers), Some(seats)) = (&tiers, checkout.seats) {
                    div.field {
                        label for="seats" { "Seats" }
                        input #seats name="seats" type="number" value=(seats) required
                            min=(checkout.min_seats.unwrap_or_else(|| tiers.minimum()))
                            max=[checkout.max_seats.or(tiers.maximum())];
                    }
                }
                @if takes_codes {
                    div.field {
                        label for="discount_code" { "Discount code" }
                        input #discount_code name="discount_code" type="text" maxlength="200" autocomplete="off"
                            value=(checkout.discount(tx).and_then(|discount| discount.code.clone()).unwrap_or_default());
                    }
                }
                button.button { "Apply" }
            }
        }
    }
}

fn fresh_fields(checkout: &Checkout) -> CardFields {
    CardFields::fresh(
        Some(checkout.customer_email.clone().unwrap_or_default()),
        checkout.customer_name.clone().unwrap_or_default(),
    )
}

pub(super) async fn show_authentication(State(world): State<Arc<World>>, Path(secret): Path<String>) -> PageResult {
    world
        .transact(move |tx| {
            let Some(checkout) = find_checkout(tx, &secret) else { return Ok(not_found_page("payment page")) };
            if let Some(closed) = closed_page(&checkout) {
                return Ok(closed);
            }
            if checkout.authenticating.is_none() {
                return Ok(Outcome::GoTo(checkout.page()));
            }
            let body = html! {
                form.stack method="post" action={ (checkout.page()) "/authenticate" } {
                    h1 { "Confirm the payment." }
                    p { "The bank of the test card asks its holder to confirm " b { (checkout.money().exact()) } "." }
                    div.actions {
                        button.button.main name="outcome" value="complete" { "Complete" }
                        button.button.stop name="outcome" value="fail" { "Fail" }
                    }
                }
            };
            let page = Page::new("Confirm the payment", page::entry(html! { p.note { "Bank, for test" } }, body));
            Ok(Outcome::show(page.allow_redirect_to(checkout.success_url.as_deref())))
        })
        .await
}

pub(super) async fn authenticate(
    State(world): State<Arc<World>>,
    Path(secret): Path<String>,
    input: Input,
) -> Result<PageResult, Refusal> {
    let shows = world.transact(move |tx| {
        let Some(mut checkout) = find_checkout(tx, &secret) else { return Ok(not_found_page("payment page")) };
        if let Some(closed) = closed_page_after_post(&checkout) {
            return Ok(closed);
        }
        let Some(entry) = checkout.authenticating.take() else { return Ok(Outcome::GoTo(checkout.page())) };
        let fields =
            CardFields::fresh(Some(entry.email.clone().unwrap_or_default()), entry.name.clone().unwrap_or_default());
        if input.text("outcome") == Some("complete") {
            return Ok(charge_and_complete(tx, checkout, &entry, fields));
        }
        let fields = fields.refuse("We are unable to authenticate your payment method.");
        let page = form(tx, &checkout, &fields, None).status(StatusCode::PAYMENT_REQUIRED);
        tx.put(checkout);
        Ok(Outcome::show(page))
    });
    Ok(shows.await)
}

/// Charges and completes the checkout, or shows the form with the refusal. A refused payment stores nothing.
fn charge_and_complete(tx: &mut Transaction<'_>, checkout: Checkout, entry: &CardEntry, fields: CardFields) -> Outcome {
    let customer = checkout.customer.as_deref().and_then(|id| tx.get::<Customer>(id));
    let is_charged = checkout.due_now(tx).minor > 0;
    let fails = customer.is_some_and(|customer| customer.fail_payments) && is_charged;
    let refused = match entry.card {
        TestCard::IsDeclined => true,
        TestCard::FailsWhenCharged => is_charged,
        TestCard::Pays | TestCard::AsksForAuthentication => fails,
    };
    let why = if has_active_subscription(tx, &checkout) {
        Some("You already have an active subscription. Change it in the customer portal.")
    } else {
        refused.then_some(DECLINED)
    };
    if let Some(why) = why {
        let fields = fields.refuse(why);
        return Outcome::show(form(tx, &checkout, &fields, None).status(StatusCode::PAYMENT_REQUIRED));
    }
    let url = checkout.filled_success_url();
    let Some(product) = tx.get::<Product>(&checkout.product) else { return not_found_page("product") };
    let card = Card::new(tx, entry);
    lifecycle::begin(tx, checkout, card, &product);
    Outcome::GoTo(url)
}

/// Whether the checkout would start another subscription for a customer whose current subscription is not over, which
/// Polar refuses by default. `false` for a one-time purchase.
fn has_active_subscription(tx: &Transaction<'_>, checkout: &Checkout) -> bool {
    let Some(customer) = &checkout.customer else { return false };
    let recurs = tx.get::<Product>(&checkout.product).is_some_and(|product| product.every.is_some());
    recurs && tx.owned::<Subscription>(customer).any(|subscription| !subscription.is_over())
}

fn find_checkout(tx: &Transaction<'_>, secret: &str) -> Option<Checkout> {
    tx.all::<Checkout>().find(|checkout| checkout.client_secret == secret).map(|checkout| Checkout::clone(checkout))
}

/// The response for a checkout that is no longer payable. `None` if it is payable.
fn closed_page(checkout: &Checkout) -> Option<Outcome> {
    let (status, head, more) = match checkout.status {
        CheckoutStatus::Open => return None,
        CheckoutStatus::Succeeded => (
            StatusCode::OK,
            "This is paid.",
            html! {
                p { (checkout.money().exact()) " were paid on this page before; it can’t be paid twice." }
                @if checkout.success_url.is_some() { p { a.button href=(checkout.filled_success_url()) { "Go on" } } }
            },
        ),
        CheckoutStatus::Expired => (
            StatusCode::GONE,
            "This payment page has expired.",
            html! {
                p { "Nothing was charged. Start again from where you came from." }
                @if let Some(url) = &checkout.return_url { p { a.button href=(url) { "Go back" } } }
            },
        ),
    };
    Some(Outcome::show(page::message(status, head, more)))
}

/// As [`closed_page`], but a post on a paid checkout redirects to the success URL.
fn closed_page_after_post(checkout: &Checkout) -> Option<Outcome> {
    match checkout.status {
        CheckoutStatus::Succeeded => Some(Outcome::GoTo(checkout.filled_success_url())),
        _ => closed_page(checkout),
    }
}

/// The payment page. `wrong` says why the payer's choices were refused.
fn form(tx: &Transaction<'_>, checkout: &Checkout, fields: &CardFields, wrong: Option<&str>) -> Page {
    let amount = checkout.due_now(tx).exact();
    let (head, verb) = if checkout.trial.is_some() {
        ("Start the trial".to_owned(), "Start the trial".to_owned())
    } else {
        (format!("Pay {} {amount}", tx.merchant), format!("Pay {amount}"))
    };
    let body = html! {
        (fields.summary())
        @if let Some(why) = wrong { (page::notice("stop", "stop", why, html! { p { "Nothing was changed." } })) }
        div.split {
            form.stack method="post" action=(checkout.page()) {
                h1 { (head) }
                (fields.fields())
                button.button.main.full { (verb) }
                @if let Some(url) = &checkout.return_url { p.note { a href=(url) { "Cancel and go back" } } }
            }
            div.stack.aside { (order_summary(tx, checkout)) (choices(tx, checkout)) }
        }
    };
    let side =
        html! { @if let Some(url) = &checkout.return_url { p.note { a href=(url) { "Back to " (tx.merchant) } } } };
    Page::new("Test payment", page::entry(side, body))
        .allow_redirect_to(checkout.success_url.as_deref())
        .allow_redirect_to(checkout.return_url.as_deref())
}

fn order_summary(tx: &Transaction<'_>, checkout: &Checkout) -> Markup {
    let (amount, due) = (checkout.money().exact(), checkout.due_now(tx).exact());
    let Some(product) = tx.get::<Product>(&checkout.product) else { return html! {} };
    // A one-time purchase has no billing interval.
    let period = product
        .every
        .map(|every| (every, checkout.trial_end(tx.now).unwrap_or_else(|| period::end_after(tx.now, tx.now, every))));
    html! {
        section.receipt aria-labelledby="h-order" {
            h2 id="h-order" { "Order" }
            dl {
                div {
                    dt {
                        @if let Some(seats) = checkout.seats { (seats) " × " }
                        (product.name) @if let Some((every, _)) = period { ", " (every.adverb()) }
                        @if let Some(name) = &checkout.customer_name { small { (name) } }
                        @if let Some((_, until)) = period { small { (page::date(tx.now)) " – " (page::date(until)) } }
                    }
                    dd { (amount) }
                }
                @if let Some(discount) = checkout.discount(tx) {
                    div {
                        dt { (discount.name) }
                        dd { "−" (Money::new(checkout.taken_off(tx), checkout.currency).exact()) }
                    }
                }
                div.sum { dt { "Due today" } dd { (due) } }
                @if let Some((every, until)) = period {
                    div { dt { "From " (page::date(until)) } dd { (amount) " " (every.words()) } }
                }
            }
            p.note { @if period.is_some() { "Until you cancel." } @else { "Paid once." } }
        }
    }
}
