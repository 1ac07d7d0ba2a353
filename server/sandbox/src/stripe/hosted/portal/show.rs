//! Rendering of the portal's pages.

use domain::{
    money::{Currency, Money},
    time::Timestamp,
};
use maud::{Markup, html};

use super::{
    change::{PlannedChange, RequestedChange, due_now, invoice_now},
    offers::{code_form, offers, quantity_form},
    visit::Visit,
};
use crate::{
    billing::{interval::Recurring, period},
    page::{self, Page, card_form::CardFields},
    storage::Transaction,
    stripe::{
        billing::schedule,
        objects::{
            invoice::{Invoice, InvoiceStatus},
            payment_method::PaymentMethod,
            portal_session::AfterCompletion,
            price::{self, Price},
            subscription::{Item, Status, Subscription},
            subscription_schedule::Phase,
        },
    },
};

const INVOICES: usize = 12;

fn page(visit: &Visit, title: &str, main: Markup) -> Page {
    let flow_leads_to = visit.session.flow.as_ref().and_then(|flow| match &flow.after {
        AfterCompletion::Redirect { return_url } => Some(return_url.as_str()),
        _ => None,
    });
    Page::new(title, main).allow_redirect_to(visit.session.return_url.as_deref()).allow_redirect_to(flow_leads_to)
}

fn back_link(visit: &Visit) -> Markup {
    html! { @if let Some(url) = &visit.session.return_url { p.note { a href=(url) { "Back to " (visit.merchant) } } } }
}

/// The products' names, such as `Pro`.
fn name(tx: &Transaction<'_>, items: &[Item]) -> String {
    let names: Vec<_> = items.iter().filter_map(|item| Some(item.price(tx)?.product_name(tx))).collect();
    names.join(" and ")
}

/// The amount per period, such as `$29.00 a month`.
fn per_period(tx: &Transaction<'_>, items: &[Item], currency: &str) -> String {
    let (amount, every) = price_and_period(tx, items, currency);
    format!("{amount} {every}")
}

fn price_and_period(tx: &Transaction<'_>, items: &[Item], currency: &str) -> (String, String) {
    let prices = || items.iter().filter_map(|item| Some((item.price(tx)?, item.quantity)));
    let sum = prices().map(|(price, quantity)| price.amount(quantity)).sum();
    let every = prices().find_map(|(price, _)| price.recurring).map(Recurring::words).unwrap_or_default();
    (money(sum, currency).exact(), every)
}

fn money(amount: i64, currency: &str) -> Money {
    price::money(amount, currency.parse().unwrap_or(Currency::USD))
}

pub(super) fn home(tx: &Transaction<'_>, visit: &Visit) -> Page {
    let running: Vec<_> = tx
        .owned::<Subscription>(&visit.customer.id)
        .rev()
        .filter(|subscription| subscription.status.is_live())
        .collect();
    let who = visit.customer.name.as_deref().or(visit.customer.email.as_deref()).unwrap_or("Your account");
    let head = html! {
        div.stack {
            h1 { (who) " at " (visit.merchant) "." }
            @if let Some(headline) = &visit.configuration.headline { p.lead { (headline) } }
        }
        (unpaid(tx, visit))
    };
    let main = html! {
        (page::entry(back_link(visit), head))
        @if running.is_empty() {
            (page::section("h-plan", "Subscription", "", html! { div.empty { p { "No running subscription" } p { "What was paid stands below." } } }))
        }
        @for subscription in &running { (subscription_section(tx, visit, subscription)) }
        (payment_section(tx, visit, running.first().map(|subscription| &***subscription)))
        @if visit.configuration.features.invoice_history { (page::section("h-invoices", "Invoices", "", invoices(tx, visit))) }
    };
    page(visit, "Billing portal", main)
}

fn unpaid(tx: &Transaction<'_>, visit: &Visit) -> Markup {
    let open = tx
        .owned::<Invoice>(&visit.customer.id)
        .filter(|invoice| invoice.status == InvoiceStatus::Open && invoice.attempts > 0);
    html! {
        @for invoice in open {
            (page::notice("stop", "stop", &format!("The payment of {} was declined", invoice.money(invoice.amount_due).exact()), html! {
                @if let Some(at) = invoice.next_attempt { p { "It is tried again on " b { (page::date(at)) } "." } }
                p.actions { a.button.main href={ "/invoice/" (invoice.page) } { "Pay invoice " (invoice.number.as_deref().unwrap_or_default()) } }
            }))
        }
    }
}

fn subscription_section(tx: &Transaction<'_>, visit: &Visit, subscription: &Subscription) -> Markup {
    let features = &visit.configuration.features;
    let (is, icon, word) = match subscription.status {
        Status::PastDue => ("stop", "stop", "Past due"),
        Status::Trialing => ("ok", "on", "In trial"),
        _ if subscription.cancel_at_period_end => ("near", "near", "Ends"),
        _ => ("ok", "on", "Active"),
    };
    let name = name(tx, &subscription.items);
    let (amount, every) = price_and_period(tx, &subscription.items, &subscription.currency);
    let scheduled = schedule::pending_phase(tx, subscription);
    let body = html! {
        dl.facts {
            div { dt { "Plan" } dd { (name) } }
            div { dt { "Price" } dd { (amount) small { (every) } } }
            div { dt { "State" } dd { (page::state(is, icon, word)) } }
            div {
                dt { @if subscription.cancel_at_period_end { "Ends" } @else { "Next invoice" } }
                dd.nowrap { (page::date(subscription.period.end)) }
            }
        }
        @if let Some(next) = &scheduled {
            p { "Changes to " b { (phase_name(tx, next)) } " on " b { (page::date(next.period.start)) } "." }
        }
        @if features.update.enabled && subscription.items.len() == 1 && scheduled.is_none() {
            details { summary { "Change the plan" } (offers(tx, visit, subscription)) }
            @if visit.allows("quantity") { (quantity_form(visit, subscription)) }
        }
        @if features.update.enabled && visit.allows("promotion_code") { (code_form(visit, subscription)) }
        @if subscription.cancel_at_period_end || scheduled.is_some() {
            form method="post" action=(visit.path("/resume")) {
                input type="hidden" name="subscription" value=(subscription.id);
                button.button { "Keep " (name) }
            }
        } @else if features.cancel.enabled {
            form method="get" action=(visit.path("/cancel")) {
                input type="hidden" name="subscription" value=(subscription.id);
                button.button.stop { "Cancel " (name) }
            }
        }
    };
    page::section(&format!("h-{}", subscription.id), "Subscription", "", body)
}

fn phase_name(tx: &Transaction<'_>, phase: &Phase) -> String {
    let prices = phase.items.iter().filter_map(|item| tx.get::<Price>(&item.price));
    let names: Vec<_> = prices
        .map(|price| {
            let every = price.recurring.map(Recurring::adverb).unwrap_or_default();
            format!("{}, {every}", price.product_name(tx))
        })
        .collect();
    names.join(" and ")
}

pub(super) fn choice(tx: &Transaction<'_>, visit: &Visit, subscription: &Subscription) -> Page {
    let body = html! {
        div.stack { h1 { "Change from " (name(tx, &subscription.items)) "." } p.lead { "Nothing is charged before you confirm." } }
        (offers(tx, visit, subscription))
    };
    page(visit, "Change the plan", page::entry(back_link(visit), body))
}

pub(super) fn change(
    tx: &Transaction<'_>,
    visit: &Visit,
    before: &Subscription,
    price: &Price,
    wanted: &RequestedChange,
    planned: &PlannedChange,
    refused: Option<&str>,
) -> Page {
    let (from, to) = (name(tx, &before.items), price.product_name(tx));
    let currency = &before.currency;
    let PlannedChange { change, is_deferred } = planned;
    let due = due_now(tx, change);
    let later = change.after.pending_lines.iter().skip(before.pending_lines.len());
    let invoice = invoice_now(tx, change);
    let (taxed, off) = (invoice.added_tax(), invoice.discounted());
    let charged = invoice.total();
    let body = html! {
        @if let Some(why) = refused {
            (page::notice("stop", "stop", why, html! { p { "Nothing was charged, and the plan is as before. " a href=(visit.path("/card")) { "Use another card" } } }))
        }
        div.split {
            form.stack method="post" action=(visit.path("/change")) {
                h1 { @if from == to { "Change " (to) "." } @else { "From " (from) " to " (to) "." } }
                p.lead { "Nothing is charged before you confirm." }
                input type="hidden" name="subscription" value=(wanted.subscription);
                input type="hidden" name="item" value=(wanted.item);
                input type="hidden" name="price" value=(wanted.price);
                input type="hidden" name="quantity" value=(wanted.quantity);
                @if *is_deferred { p { (from) " stays until " b { (page::date(before.period.end)) } "." } }
                button.button.main.full { "Confirm" @if due > 0 { " and pay " (money(due, currency).exact()) } }
                @if let Some(card) = card_label(tx, Some(before)) { p.note { "Paid with the " (card) "." } }
                @if let Some(url) = &visit.session.return_url { p.note { a href=(url) { "Stay on " (from) } } }
            }
            section.receipt.aside aria-labelledby="h-sum" {
                h2 id="h-sum" { "The sum" }
                dl {
                    @for line in &change.now {
                        div { dt { (line.description) small { (page::date(line.period.start)) " – " (page::date(line.period.end)) } } dd { (money(line.amount, currency).exact()) } }
                    }
                    @if off != 0 { div { dt { "Discount" } dd { (money(-off, currency).exact()) } } }
                    @if taxed != 0 { div { dt { "Tax" } dd { (money(taxed, currency).exact()) } } }
                    @if charged != due { div { dt { @if charged < 0 { "Kept as credit" } @else { "Credit used" } } dd { (money(due - charged, currency).exact()) } } }
                    div.sum { dt { "Due today" } dd { (money(due, currency).exact()) } }
                    @for line in later {
                        div { dt { (line.description) small { "On the next invoice" } } dd { (money(line.amount, currency).exact()) } }
                    }
                    div { dt { "From " (page::date(change.after.period.end)) } dd { (per_period(tx, &change.after.items, currency)) } }
                }
            }
        }
    };
    page(visit, "Confirm the change", page::entry(back_link(visit), body))
}

pub(super) fn cancel(tx: &Transaction<'_>, visit: &Visit, subscription: &Subscription) -> Page {
    let name = name(tx, &subscription.items);
    let feature = &visit.configuration.features.cancel;
    let body = html! {
        form.stack method="post" action=(visit.path("/cancel")) {
            h1 { "End " (name) "?" }
            @if feature.immediately {
                p.lead { (name) " ends now. What is paid is not given back." }
            } @else {
                p.lead { (name) " stays on until " b { (page::date(subscription.period.end)) } ". After that nothing is charged." }
            }
            input type="hidden" name="subscription" value=(subscription.id);
            @if let Some(reasons) = &feature.reasons {
                div.field {
                    label for="feedback" { "Why (optional)" }
                    select #feedback name="feedback" {
                        option value="" { "No answer" }
                        @for reason in reasons { option value=(reason) { (reason.replace('_', " ")) } }
                    }
                }
            }
            button.button.stop { "Cancel " (name) }
            @if let Some(url) = &visit.session.return_url { p.note { a href=(url) { "Keep " (name) } } }
        }
    };
    page(visit, "Cancel", page::entry(back_link(visit), body))
}

pub(super) fn card(visit: &Visit, fields: &CardFields) -> Page {
    let body = html! {
        (fields.summary())
        form.stack method="post" action=(visit.path("/card")) {
            h1 { "Use another card." }
            p.lead { "Every invoice is charged to it from now on." }
            (fields.fields())
            button.button.main { "Save the card" }
        }
    };
    page(visit, "Card", page::entry(html! { (back_link(visit)) }, body))
}

pub(super) fn confirmation(visit: &Visit, message: Option<String>) -> Page {
    let body = html! {
        div.stack { h1 { "Done." } @if let Some(message) = message { p.lead { (message) } } }
        p { a.button href=(visit.path("")) { "To the portal" } }
    };
    page(visit, "Done", page::entry(back_link(visit), body))
}

fn card_label(tx: &Transaction<'_>, subscription: Option<&Subscription>) -> Option<String> {
    let id = subscription?.payment_method(tx)?;
    tx.get::<PaymentMethod>(&id).map(|method| method.label())
}

fn payment_section(tx: &Transaction<'_>, visit: &Visit, subscription: Option<&Subscription>) -> Markup {
    let default =
        || tx.get::<PaymentMethod>(visit.customer.default_payment_method.as_deref()?).map(|method| method.label());
    let card = card_label(tx, subscription).or_else(default);
    let body = html! {
        p { @match card { Some(card) => { (card) } None => { "No card yet." } } }
        @if visit.configuration.features.payment_method_update { p { a.button href=(visit.path("/card")) { "Use another card" } } }
        @if visit.customer.balance != 0 {
            p.note { @if visit.customer.balance < 0 { "Credit for the next invoice: " } @else { "Owed with the next invoice: " }
                (money(visit.customer.balance.abs(), visit.customer.currency.as_deref().unwrap_or("usd")).exact()) }
        }
        @if let Some(subscription) = subscription.filter(|subscription| !subscription.cancel_at_period_end) { (next_invoice(tx, subscription)) }
    };
    page::section("h-card", "Payment", "", body)
}

fn next_invoice(tx: &Transaction<'_>, subscription: &Subscription) -> Markup {
    let carried: i64 = subscription.pending_lines.iter().map(|line| line.amount).sum();
    let start: Timestamp = subscription.period.end;
    let until = subscription
        .items
        .first()
        .and_then(|item| item.price(tx)?.recurring)
        .map(|every| period::end_after(subscription.billing_cycle_anchor, start, every));
    html! {
        p.note {
            "Next invoice on " (page::date(start)) ": " (per_period(tx, &subscription.items, &subscription.currency))
            @if let Some(until) = until { ", until " (page::date(until)) }
            @if carried != 0 { ", and " (money(carried, &subscription.currency).exact()) " for changes" }
            "."
        }
    }
}

fn invoices(tx: &Transaction<'_>, visit: &Visit) -> Markup {
    let invoices: Vec<_> = tx.owned::<Invoice>(&visit.customer.id).rev().take(INVOICES).collect();
    html! {
        @if invoices.is_empty() { p.note { "None yet." } }
        @else {
            div.scroll tabindex="0" role="region" aria-label="Table of invoices" {
                table.ledger {
                    thead { tr { th scope="col" { "Invoice" } th scope="col" { "Date" } th scope="col" { "State" } th.num scope="col" { "Amount" } } }
                    tbody {
                        @for invoice in invoices {
                            @let (is, icon, word) = match invoice.status {
                                InvoiceStatus::Paid => ("ok", "ok", "Paid"),
                                InvoiceStatus::Open => ("near", "near", "Open"),
                                InvoiceStatus::Draft => ("off", "off", "Draft"),
                                InvoiceStatus::Void => ("off", "off", "Void"),
                                InvoiceStatus::Uncollectible => ("off", "off", "Uncollectible"),
                            };
                            tr {
                                th scope="row" { a href={ "/invoice/" (invoice.page) } { (invoice.number.as_deref().unwrap_or("Draft")) } }
                                td { (page::date(invoice.created)) }
                                td { (page::state(is, icon, word)) }
                                td.num { (invoice.money(invoice.amount_due).exact()) }
                            }
                        }
                    }
                }
            }
        }
    }
}
