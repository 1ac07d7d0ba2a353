//! Rendering of the board.

use maud::{Markup, html};

use super::{
    polar, stripe,
    table::{ROWS, folding, given_reason},
};
use crate::{
    billing::interval::Recurring,
    firebase::account::Account,
    page::{self, Page},
    storage::{
        Settings, Transaction,
        deliveries::{Delivery, State},
    },
    stripe::objects::{
        checkout_session::CheckoutSession,
        customer::Customer,
        invoice::{Invoice, InvoiceStatus},
        subscription::{Status, Subscription},
    },
};

const DELIVERIES: usize = 100;

pub(super) fn board(tx: &Transaction<'_>) -> Page {
    let settings = Settings::of(tx);
    let count = |state: State| tx.all::<Delivery>().filter(|delivery| delivery.state == state).count();
    let live = tx.all::<Subscription>().filter(|subscription| subscription.status.is_live()).count();
    let body = html! {
        div.stack {
            h1 { "What the sandbox holds." }
            p.lead { "It stands in for Stripe and Polar, and for Firebase where people sign in. Its billing clock says " b { (page::date(tx.now)) ", " (tx.now.time_of_day()) } " UTC." }
        }
        dl.facts {
            div { dt { "Customers" } dd { (tx.count::<Customer>()) } }
            div { dt { "Live subscriptions" } dd { (live) small { "of " (tx.count::<Subscription>()) } } }
            div { dt { "Checkout sessions" } dd { (tx.count::<CheckoutSession>()) } }
            div { dt { "Invoices" } dd { (tx.count::<Invoice>()) } }
            div { dt { "Firebase accounts" } dd { (tx.count::<Account>()) } }
            div { dt { "Webhooks delivered" } dd { (count(State::Delivered)) small { "of " (tx.count::<Delivery>()) } } }
        }
    };
    let main = html! {
        (page::entry(html! { p.note { "Sandbox" } }, body))
        (page::section("h-clock", "Billing clock", &ahead(settings.clock_offset_secs), clock_forms()))
        (page::section("h-hooks", "Webhooks", "Newest first", webhooks(tx, &settings)))
        (page::section("h-customers", "Customers", "", customers(tx)))
        (page::section("h-subscriptions", "Subscriptions", "", subscriptions(tx)))
        (page::section("h-sessions", "Checkout sessions", "", sessions(tx)))
        (page::section("h-invoices", "Invoices", "", invoices(tx)))
        (polar::sections(tx))
        (stripe::sections(tx, &settings))
        (page::section("h-firebase", "Firebase accounts", &format!("Project {}", tx.firebase_project), firebase_accounts(tx)))
    };
    Page::new("What the sandbox holds", main)
}

fn ahead(offset_secs: i64) -> String {
    match (offset_secs / 86_400, offset_secs % 86_400 / 3600) {
        (0, 0) if offset_secs == 0 => "On real time".to_owned(),
        (days, hours) => format!("{days} days and {hours} hours ahead of real time"),
    }
}

fn clock_forms() -> Markup {
    html! {
        p.note { "Renewals, retries and expiries happen on the way. The clock never goes back." }
        form.actions method="post" action="/clock" {
            button.button name="advance_secs" value="86400" { "A day ahead" }
            button.button name="advance_secs" value="2678400" { "31 days ahead" }
        }
        div.actions {
            form.inline-form method="post" action="/clock" {
                label for="days" { "Days" }
                input #days name="advance_days" type="number" min="1" max="3660" value="7" required;
                button.button.nowrap { "Go ahead" }
            }
        }
    }
}

fn webhooks(tx: &Transaction<'_>, settings: &Settings) -> Markup {
    let held = tx.all::<Delivery>().filter(|delivery| delivery.state == State::Held).count();
    html! {
        div.actions {
            form method="post" action="/deliveries/hold" {
                @if settings.hold {
                    button.button name="on" value="false" { "Stop holding new ones" }
                } @else {
                    button.button name="on" value="true" { "Hold new ones" }
                }
            }
            @if held > 0 {
                form method="post" action="/deliveries/release" { button.button { "Release all " (held) } }
            }
            form.inline-form method="post" action="/deliveries/drop" {
                label.nowrap for="count" { "Drop the next" }
                input #count name="count" type="number" min="0" max="10000" value=(settings.drop_next) required;
                button.button { "Set" }
            }
        }
        @if tx.count::<Delivery>() == 0 {
            div.empty { p { "No webhooks yet" } p { "Each change sends one to every endpoint that wants it." } }
        } @else {
            (folding("Webhooks", &["Event", "Endpoint", "Attempts", "State", ""], html! {
                @for delivery in tx.all::<Delivery>().rev().take(DELIVERIES) { (delivery_row(delivery)) }
            }))
        }
    }
}

fn delivery_row(delivery: &Delivery) -> Markup {
    let (is, icon) = match delivery.state {
        State::Delivered => ("ok", "ok"),
        State::Queued => ("", "on"),
        State::Held => ("near", "near"),
        State::Dropped => ("off", "off"),
        State::Failed => ("stop", "stop"),
    };
    let last = delivery.last_status.map(|status| status.to_string()).or_else(|| delivery.last_error.clone());
    html! {
        tr role="row" {
            th role="rowheader" scope="row" { b { (page::breakable(&delivery.kind)) } br; code { (page::breakable(&delivery.event)) } br; (page::date(delivery.created)) ", " (delivery.created.time_of_day()) }
            td role="cell" data-label="Endpoint" { (page::breakable(&delivery.url)) }
            td.num role="cell" data-label="Attempts" { (delivery.attempts) }
            td role="cell" data-label="State" { (page::state(is, icon, delivery.state.as_str())) @if let Some(last) = last { br; "last: " (last) } }
            td role="cell" {
                @if delivery.state == State::Held {
                    form method="post" action={ "/deliveries/" (delivery.id) "/release" } { button.button.small { "Release" span.unseen { " " (delivery.kind) " " (delivery.event) } } }
                } @else {
                    form method="post" action={ "/deliveries/" (delivery.id) "/resend" } { button.button.small { "Send again" span.unseen { " " (delivery.kind) " " (delivery.event) } } }
                }
            }
        }
    }
}

fn none() -> Markup {
    html! { p.note { "None yet." } }
}

fn customers(tx: &Transaction<'_>) -> Markup {
    if tx.count::<Customer>() == 0 {
        return none();
    }
    folding(
        "Customers",
        &["Customer", "Id", ""],
        html! {
            @for customer in tx.all::<Customer>().rev().filter(|customer| !customer.deleted).take(ROWS) {
                tr role="row" {
                    th role="rowheader" scope="row" { (customer.email.as_deref().or(customer.name.as_deref()).unwrap_or("No e-mail")) }
                    td role="cell" { code { (page::breakable(&customer.id)) } }
                    td role="cell" {
                        form method="post" action={ "/customers/" (customer.id) "/fail_payments" } {
                            @if customer.fail_payments {
                                button.button.small name="on" value="false" { "Let payments pass" span.unseen { " of " (customer.id) } }
                            } @else {
                                button.button.small.stop name="on" value="true" { "Fail payments" span.unseen { " of " (customer.id) } }
                            }
                        }
                    }
                }
            }
        },
    )
}

fn subscriptions(tx: &Transaction<'_>) -> Markup {
    if tx.count::<Subscription>() == 0 {
        return none();
    }
    folding(
        "Subscriptions",
        &["Subscription", "Id", "State", "Until"],
        html! {
            @for subscription in tx.all::<Subscription>().rev().take(ROWS) {
                @let (is, icon) = match subscription.status {
                    Status::Active | Status::Trialing => ("ok", "on"),
                    Status::PastDue | Status::Incomplete => ("near", "near"),
                    Status::Canceled | Status::IncompleteExpired => ("off", "off"),
                };
                tr role="row" {
                    th role="rowheader" scope="row" {
                        @for item in &subscription.items { @if let Some(price) = item.price(tx) { (price.product_name(tx)) ", " (price.money(item.quantity).exact()) " " (price.recurring.map(Recurring::words).unwrap_or_default()) " " } }
                    }
                    td role="cell" { code { (page::breakable(&subscription.id)) } br; code { (page::breakable(&subscription.customer)) } }
                    td role="cell" data-label="State" { (page::state(is, icon, subscription.status.as_str())) @if subscription.cancel_at_period_end && !subscription.status.is_over() { br; "ends" } (given_reason(subscription.cancellation.feedback.as_deref(), subscription.cancellation.comment.as_deref())) }
                    td role="cell" data-label="Until" { (page::date(subscription.period.end)) }
                }
            }
        },
    )
}

fn sessions(tx: &Transaction<'_>) -> Markup {
    if tx.count::<CheckoutSession>() == 0 {
        return none();
    }
    folding(
        "Checkout sessions",
        &["Session", "Id", "State"],
        html! {
            @for session in tx.all::<CheckoutSession>().rev().take(ROWS) {
                tr role="row" {
                    th role="rowheader" scope="row" {
                        @for (price, quantity) in session.prices(tx) { (price.product_name(tx)) ", " (price.money(quantity).exact()) " " }
                    }
                    td role="cell" { a href={ "/pay/" (session.id) } { code { (session.id.chars().take(20).collect::<String>()) "…" } } }
                    td role="cell" data-label="State" { (session.status.as_str()) }
                }
            }
        },
    )
}

fn invoices(tx: &Transaction<'_>) -> Markup {
    if tx.count::<Invoice>() == 0 {
        return none();
    }
    folding(
        "Invoices",
        &["Invoice", "Date", "Amount", "State"],
        html! {
            @for invoice in tx.all::<Invoice>().rev().take(ROWS) {
                @let (is, icon) = match invoice.status {
                    InvoiceStatus::Paid => ("ok", "ok"),
                    InvoiceStatus::Open if invoice.attempts > 0 => ("stop", "stop"),
                    InvoiceStatus::Open => ("near", "near"),
                    InvoiceStatus::Draft | InvoiceStatus::Void | InvoiceStatus::Uncollectible => ("off", "off"),
                };
                tr role="row" {
                    th role="rowheader" scope="row" { a href={ "/invoice/" (invoice.page) } { (invoice.number.as_deref().unwrap_or("Draft")) } }
                    td role="cell" data-label="Date" { (page::date(invoice.created)) }
                    td.num role="cell" data-label="Amount" { (invoice.money(invoice.amount_due).exact()) }
                    td role="cell" data-label="State" { (page::state(is, icon, invoice.status.as_str())) }
                }
            }
        },
    )
}

fn firebase_accounts(tx: &Transaction<'_>) -> Markup {
    if tx.count::<Account>() == 0 {
        return none();
    }
    folding(
        "Firebase accounts",
        &["E-mail", "Id", "State", ""],
        html! {
            @for account in tx.all::<Account>().rev().take(ROWS) {
                tr role="row" {
                    th role="rowheader" scope="row" { (page::breakable(&account.email)) }
                    td role="cell" { code { (account.id) } }
                    td role="cell" data-label="State" {
                        @if account.email_verified { (page::state("ok", "ok", "Verified")) } @else { (page::state("near", "near", "Not verified")) }
                    }
                    td role="cell" {
                        @if !account.email_verified {
                            form method="post" action={ "/firebase/accounts/" (account.id) "/verify" } {
                                button.button.small.nowrap { "Mark as verified" span.unseen { " " (account.email) } }
                            }
                        }
                    }
                }
            }
        },
    )
}
