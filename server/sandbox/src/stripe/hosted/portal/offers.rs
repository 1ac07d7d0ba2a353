//! The portal's forms for another plan, another quantity and a promotion code.

use maud::{Markup, html};

use super::visit::Visit;
use crate::{
    billing::interval::Recurring,
    page,
    storage::Transaction,
    stripe::objects::{
        price::Price,
        subscription::{Item, Subscription},
    },
};

/// The form for another quantity of the only item. Submitting it opens the review page.
pub(super) fn quantity_form(visit: &Visit, subscription: &Subscription) -> Markup {
    let Some(item) = subscription.items.first() else { return html! {} };
    html! {
        form.inline-form method="get" action=(visit.path("/change")) {
            input type="hidden" name="subscription" value=(subscription.id);
            input type="hidden" name="item" value=(item.id);
            input type="hidden" name="price" value=(item.price);
            label for={ "quantity-" (item.id) } { "Quantity" }
            input id={ "quantity-" (item.id) } name="quantity" type="number" min="1" max="1000000"
                value=(item.quantity) required;
            button.button { "Review the quantity" }
        }
    }
}

/// The form for a promotion code, which discounts later invoices.
pub(super) fn code_form(visit: &Visit, subscription: &Subscription) -> Markup {
    let id = format!("code-{}", subscription.id);
    html! {
        form.inline-form method="post" action=(visit.path("/code")) {
            input type="hidden" name="subscription" value=(subscription.id);
            label for=(id) { "Promotion code" }
            input id=(id) name="promotion_code" type="text" maxlength="500" autocomplete="off" required;
            button.button { "Apply" }
        }
    }
}

/// One form for each price that the subscription can change to. Submitting it opens the review page.
pub(super) fn offers(tx: &Transaction<'_>, visit: &Visit, subscription: &Subscription) -> Markup {
    let Some(item) = subscription.items.first() else { return html! {} };
    let products = &visit.configuration.features.update.products;
    let prices = products.iter().flat_map(|product| &product.prices);
    let prices = prices.filter_map(|id| tx.get::<Price>(id)?.sold_in(&subscription.currency));
    html! {
        div.scroll tabindex="0" role="region" aria-label="Plans" {
            table.ledger.mid {
                thead { tr { th scope="col" { "Plan" } th.num scope="col" { "Price" } td {} } }
                tbody {
                    @for price in prices.filter(|price| price.active || price.id == item.price) {
                        tr {
                            th scope="row" { (price.product_name(tx)) }
                            td.num { (price.money(item.quantity).exact()) " " (price.recurring.map(Recurring::words).unwrap_or_default()) }
                            td { (offer(visit, subscription, item, &price, &price.product_name(tx))) }
                        }
                    }
                }
            }
        }
    }
}

fn offer(visit: &Visit, subscription: &Subscription, item: &Item, price: &Price, name: &str) -> Markup {
    html! {
        @if price.id == item.price {
            (page::state("ok", "ok", "Yours"))
        } @else {
            form method="get" action=(visit.path("/change")) {
                input type="hidden" name="subscription" value=(subscription.id);
                input type="hidden" name="item" value=(item.id);
                input type="hidden" name="price" value=(price.id);
                input type="hidden" name="quantity" value=(item.quantity);
                button.button.small { "Review" span.unseen { " " (name) } }
            }
        }
    }
}
