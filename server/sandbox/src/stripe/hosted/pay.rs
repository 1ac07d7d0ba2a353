//! `/pay/{session}`: the hosted checkout.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use maud::{Markup, html};

use crate::{
    billing::{MERCHANT, card::TestCard, period},
    page::{
        self, Page,
        card_form::CardFields,
        hosted::{Outcome, PageResult, not_found_page},
        input::{Input, Refusal},
    },
    storage::{Unit, World},
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
        .transact(move |unit| {
            let Some(session) = unit.get::<CheckoutSession>(&id) else { return Ok(not_found_page("payment page")) };
            if let Some(closed) = closed_page(unit, &session) {
                return Ok(closed);
            }
            let name = customer(unit, &session).and_then(|it| it.name.clone()).unwrap_or_default();
            let fields = CardFields::fresh(Some(known_email(unit, &session).unwrap_or_default()), name);
            Ok(Outcome::show(form(unit, &session, &fields)))
        })
        .await
}

/// Pays. Idempotent: a second post on a completed session redirects as the first did.
pub(super) async fn submit(
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    input: Input,
) -> Result<PageResult, Refusal> {
    let shows = world.transact(move |unit| {
        let Some(session) = unit.get::<CheckoutSession>(&id) else { return Ok(not_found_page("payment page")) };
        unit.enter_account_of(&session.id);
        if let Some(closed) = closed_page_after_post(unit, &session) {
            return Ok(closed);
        }
        let (entry, fields) = match CardFields::typed(&input, true).check(unit) {
            Ok(checked) => checked,
            Err(fields) => return Ok(Outcome::show(form(unit, &session, &fields).status(StatusCode::BAD_REQUEST))),
        };
        let mut session = CheckoutSession::clone(&session);
        session.details = Some(Details { email: entry.email.clone(), name: entry.name.clone() });
        let card = entry.card;
        let method = payment::new_method(unit, entry);
        if card == TestCard::AsksForAuthentication {
            session.authenticating = Some(method.id.clone());
            unit.put(method);
            let next = format!("/pay/{}/authenticate", session.id);
            unit.put(session);
            return Ok(Outcome::GoTo(next));
        }
        charge_and_complete(unit, session, method, fields)
    });
    Ok(shows.await)
}

pub(super) async fn show_authentication(State(world): State<Arc<World>>, Path(id): Path<String>) -> PageResult {
    world
        .transact(move |unit| {
            let Some(session) = unit.get::<CheckoutSession>(&id) else { return Ok(not_found_page("payment page")) };
            if let Some(closed) = closed_page(unit, &session) {
                return Ok(closed);
            }
            if session.authenticating.is_none() {
                return Ok(Outcome::GoTo(format!("/pay/{}", session.id)));
            }
            let amount = money(unit, &session);
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
    let shows = world.transact(move |unit| {
        let Some(session) = unit.get::<CheckoutSession>(&id) else { return Ok(not_found_page("payment page")) };
        unit.enter_account_of(&session.id);
        if let Some(closed) = closed_page_after_post(unit, &session) {
            return Ok(closed);
        }
        let method = session.authenticating.as_deref().and_then(|id| unit.get::<PaymentMethod>(id));
        let Some(method) = method else { return Ok(Outcome::GoTo(format!("/pay/{}", session.id))) };
        let mut session = CheckoutSession::clone(&session);
        session.authenticating = None;
        unit.delete::<PaymentMethod>(&method.id);
        let details = session.details.clone();
        let fields = CardFields::fresh(
            Some(details.as_ref().and_then(|it| it.email.clone()).unwrap_or_default()),
            details.and_then(|it| it.name).unwrap_or_default(),
        );
        if input.text("outcome") == Some("complete") {
            return charge_and_complete(unit, session, PaymentMethod::clone(&method), fields);
        }
        let fields = fields.refuse("We are unable to authenticate your payment method.");
        let page = form(unit, &session, &fields).status(StatusCode::PAYMENT_REQUIRED);
        unit.put(session);
        Ok(Outcome::show(page))
    });
    Ok(shows.await)
}

/// Charges and completes the session, or shows the form with the refusal. A refused payment stores nothing.
fn charge_and_complete(
    unit: &mut Unit<'_>,
    session: CheckoutSession,
    method: PaymentMethod,
    fields: CardFields,
) -> PageResult {
    let fails = customer(unit, &session).is_some_and(|it| it.fail_payments);
    let charges_now = session.total(unit) > 0;
    let refused = match method.card {
        TestCard::IsDeclined => Some(crate::stripe::objects::payment_method::declined()),
        _ if charges_now && fails => Some(crate::stripe::objects::payment_method::declined()),
        _ if charges_now => method.refusal(),
        _ => None,
    };
    if let Some(refused) = refused {
        let fields = fields.refuse(refused.message.clone());
        return Ok(Outcome::show(form(unit, &session, &fields).status(StatusCode::PAYMENT_REQUIRED)));
    }
    let url = complete(unit, session, method)?;
    Ok(Outcome::GoTo(url))
}

/// Creates what was bought and completes the session. Returns the URL to redirect the payer to.
fn complete(unit: &mut Unit<'_>, mut session: CheckoutSession, method: PaymentMethod) -> Result<String, StripeError> {
    if session.is_for_guests() {
        pay_as_guest(unit, &mut session, method)?;
        return Ok(completed(unit, session));
    }
    let customer = session.customer.clone().unwrap_or_else(|| new_customer(unit, &session));
    let method = payment::attach(unit, method, &customer)?;
    session.customer = Some(customer.clone());
    match session.mode {
        Mode::Subscription => {
            let target = (customer.as_str(), None);
            let coupon = session.coupon.as_ref();
            let discount = coupon.map(|coupon| coupons::redeem(unit, &coupon.id, "discounts[0][coupon]", target));
            let discounts: Vec<_> = discount.transpose()?.into_iter().collect();
            coupons::count_redeemed(unit, &[], &discounts);
            let items = session.lines.iter().map(|line| Item::new(unit, line.price.clone(), line.quantity)).collect();
            let new_subscription = lifecycle::NewSubscription {
                cancel_at: None,
                discounts,
                customer,
                items,
                default_payment_method: Some(method.id),
                trial_end: session.trial_end(unit.now),
                cancel_at_period_end: false,
                without_card: session.subscription_data.without_card,
                description: session.subscription_data.description.clone(),
                metadata: session.subscription_data.metadata.clone(),
                charge_now: true,
                days_until_due: None,
            };
            let (subscription, refused) = lifecycle::begin(unit, new_subscription)?;
            if let Some(refused) = refused {
                return Err(refused);
            }
            session.invoice = subscription.latest_invoice;
            session.subscription = Some(subscription.id);
        }
        Mode::Payment => {
            let total = session.total(unit);
            if total > 0 {
                let intent = payment::new_intent(unit, Some(&customer), total, &session.currency, None);
                payment::charge(unit, &intent.id, Some(&customer), Some(&method.id))?;
                session.payment_intent = Some(intent.id);
            }
        }
    }
    Ok(completed(unit, session))
}

/// Charges a card that is not attached to a customer.
fn pay_as_guest(unit: &mut Unit<'_>, session: &mut CheckoutSession, method: PaymentMethod) -> Result<(), StripeError> {
    let card = method.id.clone();
    unit.put(method);
    let total = session.total(unit);
    if total > 0 {
        let intent = payment::new_intent(unit, None, total, &session.currency, None);
        payment::charge(unit, &intent.id, None, Some(&card))?;
        session.payment_intent = Some(intent.id);
    }
    Ok(())
}

fn completed(unit: &mut Unit<'_>, mut session: CheckoutSession) -> String {
    session.status = SessionStatus::Complete;
    session.authenticating = None;
    let object = session.json(unit);
    let url = session.filled_success_url();
    unit.put(session);
    emit(unit, "checkout.session.completed", object);
    url
}

fn new_customer(unit: &mut Unit<'_>, session: &CheckoutSession) -> String {
    let mut customer = Customer::new(unit);
    customer.email = session.details.as_ref().and_then(|it| it.email.clone()).or(session.customer_email.clone());
    customer.name = session.details.as_ref().and_then(|it| it.name.clone());
    let (id, object) = (customer.id.clone(), customer.json(unit));
    unit.put(customer);
    emit(unit, "customer.created", object);
    id
}

/// The response for a session that is no longer payable. `None` if it is payable.
fn closed_page(unit: &Unit<'_>, session: &CheckoutSession) -> Option<Outcome> {
    let (head, more) = match session.status {
        SessionStatus::Open => return None,
        SessionStatus::Complete => (
            "This is paid.",
            html! {
                p { (money(unit, session)) " were paid on this page before; it can’t be paid twice." }
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
fn closed_page_after_post(unit: &Unit<'_>, session: &CheckoutSession) -> Option<Outcome> {
    match session.status {
        SessionStatus::Complete => Some(Outcome::GoTo(session.filled_success_url())),
        _ => closed_page(unit, session),
    }
}

fn customer(unit: &Unit<'_>, session: &CheckoutSession) -> Option<Arc<Customer>> {
    session.customer.as_deref().and_then(|id| unit.get::<Customer>(id))
}

fn known_email(unit: &Unit<'_>, session: &CheckoutSession) -> Option<String> {
    session.customer_email.clone().or_else(|| customer(unit, session)?.email.clone())
}

fn money(unit: &Unit<'_>, session: &CheckoutSession) -> String {
    in_currency(session, session.total(unit))
}

fn in_currency(session: &CheckoutSession, amount: i64) -> String {
    let currency = session.currency.parse().unwrap_or(domain::money::Currency::USD);
    price::money(amount, currency).exact()
}

fn form(unit: &Unit<'_>, session: &CheckoutSession, fields: &CardFields) -> Page {
    let amount = money(unit, session);
    let (head, verb) = if session.total(unit) == 0 {
        let verb = if session.trial_end(unit.now).is_some() { "Start the trial" } else { "Subscribe" };
        (verb.to_owned(), verb.to_owned())
    } else if session.mode == Mode::Subscription {
        (format!("Pay {MERCHANT} {amount}"), format!("Pay {amount}"))
    } else {
        (format!("Pay {MERCHANT} {amount} once"), format!("Pay {amount}"))
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
            (order(unit, session, &amount))
        }
    };
    let side = html! { @if let Some(url) = &session.cancel_url { p.note { a href=(url) { "Back to " (MERCHANT) } } } };
    Page::new("Test payment", page::entry(side, body))
        .allow_redirect_to(Some(&session.success_url))
        .allow_redirect_to(session.cancel_url.as_deref())
}

fn order(unit: &Unit<'_>, session: &CheckoutSession, amount: &str) -> Markup {
    let trial_end = session.trial_end(unit.now);
    let payer = customer(unit, session).and_then(|it| it.name.clone().or_else(|| it.email.clone()));
    html! {
        section.receipt.aside aria-labelledby="h-order" {
            h2 id="h-order" { "Order" }
            dl {
                @for (price, quantity) in session.prices(unit) {
                    div {
                        dt {
                            @if quantity > 1 { (quantity) " × " }
                            (price.product_name(unit))
                            @if let Some(every) = price.recurring { ", " (every.adverb()) }
                            @if let Some(payer) = &payer { small { (payer) } }
                            @if let (Some(every), None) = (price.recurring, trial_end) {
                                small { (page::date(unit.now)) " – " (page::date(period::end_after(unit.now, unit.now, every))) }
                            }
                        }
                        dd { (price.money(quantity).exact()) }
                    }
                }
                @if session.coupon.is_some() {
                    div { dt { "Discount" } dd { "−" (in_currency(session, session.sums(unit).discount)) } }
                }
                div.sum { dt { "Due today" } dd { (amount) } }
                @for (price, quantity) in session.prices(unit).into_iter().filter(|_| session.coupon.is_none()) {
                    @if let Some(every) = price.recurring {
                        div {
                            dt { "From " (page::date(trial_end.unwrap_or_else(|| period::end_after(unit.now, unit.now, every)))) }
                            dd { (price.money(quantity).exact()) " " (every.words()) }
                        }
                    }
                }
                @if let (Some(_), Some(every)) = (&session.coupon, session.prices(unit).iter().find_map(|(price, _)| price.recurring)) {
                    div {
                        dt { "From " (page::date(trial_end.unwrap_or_else(|| period::end_after(unit.now, unit.now, every)))) }
                        dd { (in_currency(session, session.recurring_total(unit))) " " (every.words()) }
                    }
                }
            }
            @if session.mode == Mode::Subscription { p.note { "Until you cancel." } }
        }
    }
}
