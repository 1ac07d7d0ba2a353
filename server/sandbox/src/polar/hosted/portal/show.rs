//! Rendering of the portal's pages.

use domain::money::Money;
use maud::{Markup, html};

use super::visit::Visit;
use crate::{
    page::{self, Page, card_form::CardFields},
    polar::{
        billing::{change::Change, lifecycle::DECLINED},
        objects::{
            customer::Card,
            order::{Order, OrderStatus},
            product::Product,
            subscription::{Status, Subscription},
        },
    },
    storage::Transaction,
};

const ORDERS: usize = 12;

fn page(visit: &Visit, title: &str, body: Markup) -> Page {
    Page::new(title, body).allow_redirect_to(visit.session.return_url.as_deref())
}

fn back_link(visit: &Visit) -> Markup {
    html! { @if let Some(url) = &visit.session.return_url { p.note { a href=(url) { "Back to " (visit.merchant) } } } }
}

fn name(tx: &Transaction<'_>, product: &str) -> String {
    tx.get::<Product>(product).map(|product| product.name.clone()).unwrap_or_default()
}

pub(super) fn home(tx: &Transaction<'_>, visit: &Visit) -> Page {
    let subscriptions = tx
        .all::<Subscription>()
        .rev()
        .filter(|subscription| subscription.customer == visit.customer.id && !subscription.is_over());
    let subscriptions: Vec<_> = subscriptions.cloned().collect();
    let card = visit.customer.card.as_ref().map_or_else(|| "No card yet.".to_owned(), Card::label);
    let head = html! {
        div.stack {
            h1 { "Manage what you pay " (visit.merchant) "." }
            p.lead { (visit.customer.name.as_deref().unwrap_or(&visit.customer.email)) }
        }
    };
    let main = html! {
        (page::entry(back_link(visit), head))
        @if subscriptions.is_empty() { (page::section("h-none", "Subscription", "", html! { p.note { "None runs." } })) }
        @for row in &subscriptions { (subscription(tx, visit, row)) }
        (page::section("h-card", "Payment", "", html! {
            p { (card) }
            p { a.button href=(visit.path("/card")) { "Use another card" } }
        }))
        (page::section("h-orders", "Orders", "", orders(tx, visit)))
    };
    page(visit, "Customer portal", main)
}

fn subscription(tx: &Transaction<'_>, visit: &Visit, subscription: &Subscription) -> Markup {
    let name = name(tx, &subscription.product);
    let (is, icon, word) = match subscription.status {
        Status::PastDue => ("stop", "stop", "Past due"),
        Status::Unpaid => ("stop", "stop", "Unpaid"),
        Status::Canceled => ("off", "off", "Ended"),
        Status::Trialing if !subscription.cancel_at_period_end => ("ok", "on", "In trial"),
        Status::Trialing => ("near", "near", "Ends"),
        Status::Active if subscription.cancel_at_period_end => ("near", "near", "Ends"),
        Status::Active => ("ok", "on", "Active"),
    };
    let body = html! {
        dl.facts {
            div { dt { "Plan" } dd { (name) } }
            div { dt { "Price" } dd { (subscription.money().exact()) small { (subscription.every.words()) } } }
            div { dt { "State" } dd { (page::state(is, icon, word)) } }
            div {
                dt { @if subscription.cancel_at_period_end { "Ends" } @else { "Next order" } }
                dd.nowrap { (page::date(subscription.period.end)) }
            }
        }
        details { summary { "Change the plan" } (offers(tx, visit, subscription)) }
        @if let Some(seats) = subscription.seats {
            form.inline-form method="post" action=(visit.path("/seats")) {
                input type="hidden" name="subscription" value=(subscription.id);
                label for={ "seats-" (subscription.id) } { "Seats" }
                input id={ "seats-" (subscription.id) } name="seats" type="number" min="1" max="1000" value=(seats) required;
                button.button { "Change the seats" }
            }
        }
        @if subscription.cancel_at_period_end {
            form method="post" action=(visit.path("/resume")) {
                input type="hidden" name="subscription" value=(subscription.id);
                button.button { "Keep " (name) }
            }
        } @else {
            form method="get" action=(visit.path("/cancel")) {
                input type="hidden" name="subscription" value=(subscription.id);
                button.button.stop { "Cancel " (name) }
            }
        }
    };
    page::section(&format!("h-{}", subscription.id), "Subscription", "", body)
}

/// One form for each product that the subscription can change to. Submitting it opens the review page.
fn offers(tx: &Transaction<'_>, visit: &Visit, subscription: &Subscription) -> Markup {
    let fits = |product: &Product| {
        product.account.key == subscription.account.key && product.every.is_some() && !product.is_archived
    };
    let products = tx.all::<Product>().filter(|product| fits(product));
    html! {
        div.scroll tabindex="0" role="region" aria-label="Plans" {
            table.ledger.mid {
                thead { tr { th scope="col" { "Plan" } th.num scope="col" { "Price" } td {} } }
                tbody {
                    @for product in products {
                        @if let (Some(price), Some(every)) = (product.price(), product.every) {
                            tr {
                                th scope="row" { (product.name) }
                                td.num { (price.money().exact()) " " (every.words()) }
                                td {
                                    @if product.id == subscription.product {
                                        (page::state("ok", "ok", "Yours"))
                                    } @else {
                                        form method="get" action=(visit.path("/change")) {
                                            input type="hidden" name="subscription" value=(subscription.id);
                                            input type="hidden" name="product" value=(product.id);
                                            button.button.small { "Review" span.unseen { " " (product.name) " " (every.adverb()) } }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn change(
    tx: &Transaction<'_>,
    visit: &Visit,
    before: &Subscription,
    product: &Product,
    change: &Change,
    is_refused: bool,
) -> Page {
    let (from, to) = (name(tx, &before.product), &product.name);
    let money = |minor: i64| Money::new(minor, before.currency).exact();
    let due = change.due();
    let sum: i64 = change.now.iter().map(|item| item.amount).sum();
    let body = html! {
        @if is_refused {
            (page::notice("stop", "stop", DECLINED, html! { p { "Nothing was charged, and the plan is as before. " a href=(visit.path("/card")) { "Use another card" } } }))
        }
        div.split {
            form.stack method="post" action=(visit.path("/change")) {
                h1 { @if from == *to { "Change " (to) "." } @else { "From " (from) " to " (to) "." } }
                p.lead { "Nothing is charged before you confirm." }
                input type="hidden" name="subscription" value=(before.id);
                input type="hidden" name="product" value=(product.id);
                button.button.main.full { "Confirm" @if due > 0 { " and pay " (money(due)) } }
                @if let Some(card) = &visit.customer.card { p.note { "Paid with the " (card.label()) "." } }
                p.note { a href=(visit.path("")) { "Stay on " (from) } }
            }
            section.receipt.aside aria-labelledby="h-sum" {
                h2 id="h-sum" { "The sum" }
                dl {
                    @for item in &change.now { div { dt { (item.label) } dd { (money(item.amount)) } } }
                    @if sum < 0 { div { dt { "Kept as credit" } dd { (money(-sum)) } } }
                    div.sum { dt { "Due today" } dd { (money(due)) } }
                    div { dt { "From " (page::date(change.after.period.end)) } dd { (change.after.money().exact()) " " (change.after.every.words()) } }
                }
            }
        }
    };
    page(visit, "Confirm the change", page::entry(back_link(visit), body))
}

pub(super) fn cancel(tx: &Transaction<'_>, visit: &Visit, subscription: &Subscription) -> Page {
    let name = name(tx, &subscription.product);
    let body = html! {
        form.stack method="post" action=(visit.path("/cancel")) {
            h1 { "End " (name) "?" }
            p.lead { (name) " stays on until " b { (page::date(subscription.period.end)) } ". After that nothing is charged." }
            input type="hidden" name="subscription" value=(subscription.id);
            button.button.stop { "Cancel " (name) }
            p.note { a href=(visit.path("")) { "Keep " (name) } }
        }
    };
    page(visit, "Cancel", page::entry(back_link(visit), body))
}

pub(super) fn card(visit: &Visit, fields: &CardFields) -> Page {
    let body = html! {
        (fields.summary())
        form.stack method="post" action=(visit.path("/card")) {
            h1 { "Use another card." }
            p.lead { "What is owed is charged to it at once, and every order from now on." }
            (fields.fields())
            button.button.main { "Save the card" }
        }
    };
    page(visit, "Card", page::entry(back_link(visit), body))
}

fn orders(tx: &Transaction<'_>, visit: &Visit) -> Markup {
    let orders = tx.owned::<Order>(&visit.customer.id).rev().take(ORDERS);
    let orders: Vec<_> = orders.cloned().collect();
    html! {
        @if orders.is_empty() { p.note { "None yet." } }
        @else {
            div.scroll tabindex="0" role="region" aria-label="Table of orders" {
                table.ledger {
                    thead { tr { th scope="col" { "Order" } th scope="col" { "Date" } th scope="col" { "State" } th.num scope="col" { "Amount" } } }
                    tbody {
                        @for order in &orders {
                            @let (is, icon, word) = match order.status {
                                OrderStatus::Paid => ("ok", "ok", "Paid"),
                                OrderStatus::Pending => ("near", "near", "Open"),
                                OrderStatus::Void => ("off", "off", "Void"),
                            };
                            tr {
                                th scope="row" { (order.number) }
                                td { (page::date(order.created)) }
                                td { (page::state(is, icon, word)) }
                                td.num { (order.money().exact()) }
                            }
                        }
                    }
                }
            }
        }
    }
}
