//! `/pay/{session}`: the hosted checkout.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use maud::{Markup, html};

use crate::{
    billing::{card::TestCard, period},
    page::{
        self, Page,
        card_form::CardFields,
        hosted::{Outcome, PageResult, not_found_page},
        input::{Input, Refusal},
    },
    storage::{Transaction, World},
    stripe::{
        api::coupons,
        billing::{lifecycle, payment},
        error::StripeError,
        objects::{
            Resource,
            checkout_session::{CheckoutSession, Details, Mode, SessionStatus},
            customer::Customer,
            event::emit,
            payment_method::PaymentMethod,
            price,
            subscription::Item,
        },
    },
};

pub(super) async fn show(State(world): State<Arc<World>>, Path(id): Path<String>) -> PageResult {
    world
        .transact(move |tx| {
            let Some(session) = tx.get::<CheckoutSession>(&id) else { return Ok(not_found_page("payment page")) };
            if let Some(closed) = closed_page(tx, &session) {
                return Ok(closed);
            }
            let name = customer(tx, &session).and_then(|customer| customer.name.clone()).unwrap_or_default();
            let fields = CardFields::fresh(Some(known_email(tx, &session).unwrap_or_default()), name);
            Ok(Outcome::show(form(tx, &session, &fields)))
        })
        .await
}

/// Pays the session. Idempotent: a post on a completed session redirects to the success URL and charges nothing.
pub(super) async fn submit(
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    input: Input,
) -> Result<PageResult, Refusal> {
    let shows = world.transact(move |tx| {
        let Some(session) = tx.get::<CheckoutSession>(&id) else { return Ok(not_found_page("payment page")) };
        tx.enter_account_of(&session.id);
        if let Some(closed) = closed_page_after_post(tx, &session) {
            return Ok(closed);
        }
        let (entry, fields) = match CardFields::typed(&input, true).check(tx) {
            Ok(checked) => checked,
            Err(fields) => return Ok(Outcome::show(form(tx, &session, &fields).status(StatusCode::BAD_REQUEST))),
        };
        let mut session = CheckoutSession::clone(&session);
        session.details = Some(Details { email: entry.email.clone(), name: entry.name.clone() });
        let card = entry.card;
        let method = payment::new_method(tx, entry);
        if card == TestCard::AsksForAuthentication {
            session.authenticating = Some(method.id.clone());
            tx.put(method);
            let next = format!("/pay/{}/authenticate", session.id);
            tx.put(session);
            return Ok(Outcome::GoTo(next));
        }
        charge_and_complete(tx, session, method, fields)
    });
    Ok(shows.await)
}

pub(super) async fn show_authentication(State(world): State<Arc<World>>, Path(id): Path<String>) -> PageResult {
    world
        .transact(move |tx| {
            let Some(session) = tx.get::<CheckoutSession>(&id) else { return Ok(not_found_page("payment page")) };
            if let Some(closed) = closed_page(tx, &session) {
                return Ok(closed);
            }
            if session.authenticating.is_none() {
                return Ok(Outcome::GoTo(format!("/pay/{}", session.id)));
            }
            let amount = money(tx, &session);
            let body = html! {
                form.stack method="post" action={ "/pay/" (session.id) "/authenticate" } {
                    h1 { "Confirm the payment." }
                    p { "The bank of the test card asks its holder to confirm " b { (amount) } "." }
                    div.actions {
                        button.button.main name="outcome" value="complete" { "Complete" }
                        button.button.stop name="outcome" value="fail" { "Fail" }
                    }
                }
            };
            let page = Page::new("Confirm the payment", page::entry(html! { p.note { "Bank, for test" } }, body));
            Ok(Outcome::show(page.allow_redirect_to(Some(&session.success_url))))
        })
        .await
}

pub(super) async fn authenticate(
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    input: Input,
) -> Result<PageResult, Refusal> {
    let shows = world.transact(move |tx| {
        let Some(session) = tx.get::<CheckoutSession>(&id) else { return Ok(not_found_page("payment page")) };
        tx.enter_account_of(&session.id);
        if let Some(closed) = closed_page_after_post(tx, &session) {
            return Ok(closed);
        }
        let method = session.authenticating.as_deref().and_then(|id| tx.get::<PaymentMethod>(id));
        let Some(method) = method else { return Ok(Outcome::GoTo(format!("/pay/{}", session.id))) };
        let mut session = CheckoutSession::clone(&session);
        session.authenticating = None;
        tx.delete::<PaymentMethod>(&method.id);
        let details = session.details.clone();
        let fields = CardFields::fresh(
            Some(details.as_ref().and_then(|details| details.email.clone()).unwrap_or_default()),
            details.and_then(|details| details.name).unwrap_or_default(),
        );
        if input.text("outcome") == Some("complete") {
            return charge_and_complete(tx, session, PaymentMethod::clone(&method), fields);
        }
        let fields = fields.refuse("We are unable to authenticate your payment method.");
        let page = form(tx, &session, &fields).status(StatusCode::PAYMENT_REQUIRED);
        tx.put(session);
        Ok(Outcome::show(page))
    });
    Ok(shows.await)
}

/// Charges and completes the session, or shows the form with the refusal. A refused payment stores nothing.
fn charge_and_complete(
    tx: &mut Transaction<'_>,
    session: CheckoutSession,
    method: PaymentMethod,
    fields: CardFields,
) -> PageResult {
    let fails = customer(tx, &session).is_some_and(|customer| customer.fail_payments);
    let charges_now = session.total(tx) > 0;
    let refused = match method.card {
        TestCard::IsDeclined => Some(crate::stripe::objects::payment_method::declined()),
        _ if charges_now && fails => Some(crate::stripe::objects::payment_method::declined()),
        _ if charges_now => method.refusal(),
        _ => None,
    };
    if let Some(refused) = refused {
        let fields = fields.refuse(refused.message.clone());
        return Ok(Outcome::show(form(tx, &session, &fields).status(StatusCode::PAYMENT_REQUIRED)));
    }
    let url = complete(tx, session, method)?;
    Ok(Outcome::GoTo(url))
}

/// Creates what was bought and completes the session. Returns the URL to redirect the payer to.
fn complete(
    tx: &mut Transaction<'_>,
    mut session: CheckoutSession,
    method: PaymentMethod,
) -> Result<String, StripeError> {
    if session.is_for_guests() {
        pay_as_guest(tx, &mut session, method)?;
        return Ok(completed(tx, session));
    }
    let customer = session.customer.clone().unwrap_or_else(|| new_customer(tx, &session));
    let method = payment::attach(tx, method, &customer)?;
    session.customer = Some(customer.clone());
    match session.mode {
        Mode::Subscription => {
            let target = (customer.as_str(), None);
            let coupon = session.coupon.as_ref();
            let discount = coupon.map(|coupon| coupons::redeem(tx, &coupon.id, "discounts[0][coupon]", target));
            let discounts: Vec<_> = discount.transpose()?.into_iter().collect();
            coupons::count_redeemed(tx, &[], &discounts);
            let items = session.lines.iter().map(|line| Item::new(tx, line.price.clone(), line.quantity)).collect();
            let new_subscription = lifecycle::NewSubscription {
                cancel_at: None,
                discounts,
                customer,
                items,
                default_payment_method: Some(method.id),
                trial_end: session.trial_end(tx.now),
                cancel_at_period_end: false,
                without_card: session.subscription_data.without_card,
                description: session.subscription_data.description.clone(),
                metadata: session.subscription_data.metadata.clone(),
                charge_now: true,
                days_until_due: None,
            };
            let (subscription, refused) = lifecycle::begin(tx, new_subscription)?;
            if let Some(refused) = refused {
                return Err(refused);
            }
            session.invoice = subscription.latest_invoice;
            session.subscription = Some(subscription.id);
        }
        Mode::Payment => {
            let total = session.total(tx);
            if total > 0 {
                let intent = payment::new_intent(tx, Some(&customer), total, &session.currency, None);
                payment::charge(tx, &intent.id, Some(&customer), Some(&method.id))?;
                session.payment_intent = Some(intent.id);
            }
        }
    }
    Ok(completed(tx, session))
}

/// Charges a card that is not attached to a customer.
fn pay_as_guest(
    tx: &mut Transaction<'_>,
    session: &mut CheckoutSession,
    method: PaymentMethod,
) -> Result<(), StripeError> {
    let card = method.id.clone();
    tx.put(method);
    let total = session.total(tx);
    if total > 0 {
        let intent = payment::new_intent(tx, None, total, &session.currency, None);
        payment::charge(tx, &intent.id, None, Some(&card))?;
        session.payment_intent = Some(intent.id);
    }
    Ok(())
}

fn completed(tx: &mut Transaction<'_>, mut session: CheckoutSession) -> String {
    session.status = SessionStatus::Complete;
    session.authenticating = None;
    let object = session.json(tx);
    let url = session.filled_success_url();
    tx.put(session);
    emit(tx, "checkout.session.completed", object);
    url
}

fn new_customer(tx: &mut Transaction<'_>, session: &CheckoutSession) -> String {
    let mut customer = Customer::new(tx);
    customer.email =
        session.details.as_ref().and_then(|details| details.email.clone()).or(session.customer_email.clone());
    customer.name = session.details.as_ref().and_then(|details| details.name.clone());
    let (id, object) = (customer.id.clone(), customer.json(tx));
    tx.put(customer);
    emit(tx, "customer.created", object);
    id
}

/// The response for a session that is no longer payable. `None` if it is payable.
fn closed_page(tx: &Transaction<'_>, session: &CheckoutSession) -> Option<Outcome> {
    let (head, more) = match session.status {
        SessionStatus::Open => return None,
        SessionStatus::Complete => (
            "This is paid.",
            html! {
                p { (money(tx, session)) " were paid on this page before; it can’t be paid twice." }
                p { a.button href=(session.filled_success_url()) { "Go on" } }
            },
        ),
        SessionStatus::Expired => (
            "This payment page has expired.",
            html! {
                p { "Nothing was charged. Start again from where you came from." }
                @if let Some(url) = &session.cancel_url { p { a.button href=(url) { "Go back" } } }
            },
        ),
    };
    let status = if session.status == SessionStatus::Expired { StatusCode::GONE } else { StatusCode::OK };
    Some(Outcome::show(page::message(status, head, more)))
}

/// As [`closed_page`], but a post on a completed session redirects to the success URL.
fn closed_page_after_post(tx: &Transaction<'_>, session: &CheckoutSession) -> Option<Outcome> {
    match session.status {
        SessionStatus::Complete => Some(Outcome::GoTo(session.filled_success_url())),
        _ => closed_page(tx, session),
    }
}

fn customer(tx: &Transaction<'_>, session: &CheckoutSession) -> Option<Arc<Customer>> {
    session.customer.as_deref().and_then(|id| tx.get::<Customer>(id))
}

fn known_email(tx: &Transaction<'_>, session: &CheckoutSession) -> Option<String> {
    session.customer_email.clone().or_else(|| customer(tx, session)?.email.clone())
}

fn money(tx: &Transaction<'_>, session: &CheckoutSession) -> String {
    in_currency(session, session.total(tx))
}

fn in_currency(session: &CheckoutSession, amount: i64) -> String {
    let currency = session.currency.parse().unwrap_or(domain::money::Currency::USD);
    price::money(amount, currency).exact()
}

fn form(tx: &Transaction<'_>, session: &CheckoutSession, fields: &CardFields) -> Page {
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
        div.split {
            form.stack method="post" action={ "/pay/" (session.id) } {
                h1 { (head) }
                (fields.fields())
                button.button.main.full { (verb) }
                @if let Some(url) = &session.cancel_url { p.note { a href=(url) { "Cancel and go back" } } }
            }
            (order(tx, session, &amount))
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
    let payer = customer(tx, session).and_then(|customer| customer.name.clone().or_else(|| customer.email.clone()));
    html! {
        section.receipt.aside aria-labelledby="h-order" {
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
                    div { dt { "Discount" } dd { "−" (in_currency(session, session.sums(tx).discount)) } }
                }
                div.sum { dt { "Due today" } dd { (amount) } }
                @for (price, quantity) in session.prices(tx).into_iter().filter(|_| session.coupon.is_none()) {
                    @if let Some(every) = price.recurring {
                        div {
                            dt { "From " (page::date(trial_end.unwrap_or_else(|| period::end_after(tx.now, tx.now, every)))) }
                            dd { (price.money(quantity).exact()) " " (every.words()) }
                        }
                    }
                }
                @if let (Some(_), Some(every)) = (&session.coupon, session.prices(tx).iter().find_map(|(price, _)| price.recurring)) {
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
