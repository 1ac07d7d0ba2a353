//! `/invoice/{page}`: an invoice for its customer, with a button to pay it.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use maud::html;

use crate::{
    page::{
        self, Page,
        hosted::{Outcome, PageError, not_found_page},
    },
    storage::{Transaction, World},
    stripe::{
        api::invoices::default_method,
        billing::invoicing,
        objects::{
            customer::Customer,
            invoice::{Invoice, InvoiceStatus},
        },
    },
};

pub(super) async fn show(State(world): State<Arc<World>>, Path(page): Path<String>) -> Result<Outcome, PageError> {
    world
        .transact(move |tx| {
            Ok(match by_page(tx, &page) {
                Some(invoice) => Outcome::show(invoice_page(tx, &invoice, None)),
                None => not_found_page("invoice"),
            })
        })
        .await
}

pub(super) async fn pay(State(world): State<Arc<World>>, Path(page): Path<String>) -> Result<Outcome, PageError> {
    world
        .transact(move |tx| {
            let Some(mut invoice) = by_page(tx, &page) else { return Ok(not_found_page("invoice")) };
            tx.enter_account_of(&invoice.id);
            let method = default_method(tx, &invoice);
            if invoice.status == InvoiceStatus::Open
                && let Err(refused) = invoicing::collect(tx, &mut invoice, method.as_deref())
            {
                let page = invoice_page(tx, &invoice, Some(&refused.message));
                return Ok(Outcome::show(page.status(StatusCode::PAYMENT_REQUIRED)));
            }
            Ok(Outcome::GoTo(format!("/invoice/{page}")))
        })
        .await
}

pub(super) fn by_page(tx: &Transaction<'_>, page: &str) -> Option<Invoice> {
    tx.all::<Invoice>().find(|invoice| invoice.page == page).map(|invoice| Invoice::clone(invoice))
}

fn invoice_page(tx: &Transaction<'_>, invoice: &Invoice, refused: Option<&str>) -> Page {
    let number = invoice.number.as_deref().unwrap_or("draft");
    let state = match invoice.status {
        InvoiceStatus::Paid => page::state("ok", "ok", "Paid"),
        InvoiceStatus::Open => page::state("near", "near", "Open"),
        InvoiceStatus::Draft => page::state("off", "off", "Draft"),
        InvoiceStatus::Void => page::state("off", "off", "Void"),
        InvoiceStatus::Uncollectible => page::state("off", "off", "Uncollectible"),
    };
    let to = tx
        .get::<Customer>(&invoice.customer)
        .and_then(|customer| customer.name.clone().or_else(|| customer.email.clone()));
    let applied = invoice.total() - invoice.amount_due;
    let body = html! {
        div.stack {
            h1 { "Invoice " (number) }
            p.lead { (state) " · " (page::date(invoice.created)) @if let Some(to) = to { " · " (to) } }
        }
        @if let Some(why) = refused { (page::notice("stop", "stop", why, html! { p { "The invoice is still open." } })) }
        div.scroll tabindex="0" role="region" aria-label="What the invoice is for" {
            table.ledger {
                thead { tr { th scope="col" { "For" } th.num scope="col" { "Amount" } } }
                tbody {
                    @for line in &invoice.lines {
                        tr {
                            th scope="row" { (line.description) br; small { (page::date(line.period.start)) " – " (page::date(line.period.end)) } }
                            td.num { (invoice.money(line.amount).exact()) }
                        }
                    }
                    @if invoice.discounted() != 0 {
                        tr { th scope="row" { "Discount" } td.num { (invoice.money(-invoice.discounted()).exact()) } }
                    }
                    @if invoice.added_tax() != 0 {
                        tr { th scope="row" { "Tax" } td.num { (invoice.money(invoice.added_tax()).exact()) } }
                    }
                    @if applied != 0 { tr { th scope="row" { "Balance applied" } td.num { (invoice.money(-applied).exact()) } } }
                }
                tfoot { tr { th scope="row" { "Due" } td.num { (invoice.money(invoice.amount_due).exact()) } } }
            }
        }
        @if invoice.status == InvoiceStatus::Open {
            form method="post" action={ "/invoice/" (invoice.page) "/pay" } {
                button.button.main { "Pay " (invoice.money(invoice.amount_due).exact()) }
            }
        }
    };
    Page::new(format!("Invoice {number}"), page::entry(html! { p.note { "Invoice" } }, body))
}
