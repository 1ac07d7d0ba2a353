//! `/pay/{session}`: the hosted checkout.

mod entered;
mod show;

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use maud::html;

use self::show::{form, money};
use crate::{
    billing::card::TestCard,
    page::{
        self, Page,
        card_form::CardFields,
        hosted::{Outcome, PageResult, not_found_page},
        input::{Input, Refusal},
    },
    storage::{Transaction, World},
    stripe::{
        api::discounts::{self, Target},
        billing::{lifecycle, payment},
        error::StripeError,
        objects::{
            Resource,
            checkout_session::{CheckoutSession, Details, Mode, SessionStatus},
            customer::Customer,
            event::emit,
            payment_method::PaymentMethod,
            subscription::Item,
        },
    },
};

pub(super) async fn open(State(world): State<Arc<World>>, Path(id): Path<String>) -> PageResult {
    world
        .transact(move |tx| {
            let Some(session) = tx.get::<CheckoutSession>(&id) else { return Ok(not_found_page("payment page")) };
            if let Some(closed) = closed_page(tx, &session) {
                return Ok(closed);
            }
            Ok(Outcome::show(form(tx, &session, &fresh_fields(tx, &session), None)))
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
            Err(fields) => return Ok(Outcome::show(form(tx, &session, &fields, None).status(StatusCode::BAD_REQUEST))),
        };
        let mut session = CheckoutSession::clone(&session);
        let mut details = Details { email: entry.email.clone(), name: entry.name.clone(), address: None, tax_id: None };
        entered::read_details(tx, &session, &input, &mut details);
        session.details = Some(details);
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

/// Changes the quantities and the promotion code of an open session.
pub(super) async fn choose(
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
        let mut chosen = CheckoutSession::clone(&session);
        if let Err(why) = entered::choose(tx, &mut chosen, &input) {
            let page = form(tx, &session, &fresh_fields(tx, &session), Some(&why));
            return Ok(Outcome::show(page.status(StatusCode::BAD_REQUEST)));
        }
        tx.put(chosen);
        Ok(Outcome::GoTo(format!("/pay/{id}")))
    });
    Ok(shows.await)
}

fn fresh_fields(tx: &Transaction<'_>, session: &CheckoutSession) -> CardFields {
    let name = session.known_customer(tx).and_then(|customer| customer.name.clone()).unwrap_or_default();
    CardFields::fresh(Some(known_email(tx, session).unwrap_or_default()), name)
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
        let page = form(tx, &session, &fields, None).status(StatusCode::PAYMENT_REQUIRED);
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
    let fails = session.known_customer(tx).is_some_and(|customer| customer.fail_payments);
    let charges_now = session.total(tx) > 0;
    let refused = match method.card {
        TestCard::IsDeclined => Some(crate::stripe::objects::payment_method::declined()),
        _ if charges_now && fails => Some(crate::stripe::objects::payment_method::declined()),
        _ if charges_now => method.refusal(),
        _ => None,
    };
    if let Some(refused) = refused {
        let fields = fields.refuse(refused.message.clone());
        return Ok(Outcome::show(form(tx, &session, &fields, None).status(StatusCode::PAYMENT_REQUIRED)));
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
    let is_new = session.customer.is_none();
    let customer = session.customer.clone().unwrap_or_else(|| new_customer(tx, &session));
    entered::keep_on_customer(tx, &session, &customer, is_new);
    let method = payment::attach(tx, method, &customer)?;
    session.customer = Some(customer.clone());
    match session.mode {
        Mode::Subscription => {
            let target = Target { customer: Some(&customer), subscription: None, currency: Some(&session.currency) };
            let coupon = session.coupon.as_ref();
            let mut discounts: Vec<_> =
                coupon.map(|coupon| discounts::redeem_chosen(tx, coupon, target)).transpose()?.into_iter().collect();
            for discount in &mut discounts {
                discount.checkout_session = Some(session.id.clone());
            }
            discounts::count_redeemed(tx, &[], &discounts);
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
                currency: Some(session.currency.clone()),
                automatic_tax: session.automatic_tax,
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

fn known_email(tx: &Transaction<'_>, session: &CheckoutSession) -> Option<String> {
    session.customer_email.clone().or_else(|| session.known_customer(tx)?.email.clone())
}
