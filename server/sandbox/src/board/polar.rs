//! The board's sections about Polar, each hidden until it has rows, and the route that sets the scopes of a token.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use domain::money::Money;
use maud::{Markup, html};
use serde_json::json;

use super::table::{ROWS, folding, given_reason};
use crate::{
    page::{
        self,
        input::{Input, Refusal},
    },
    polar::{
        call::account_of,
        objects::{
            Resource,
            access_token::AccessToken,
            checkout::{Checkout, CheckoutStatus},
            customer::Customer,
            discount::{Discount, Off},
            product::Product,
            subscription::{Status, Subscription},
        },
    },
    storage::{StorageError, Transaction, World},
};

/// Sets the scopes of a token, separated by spaces, as Polar's dashboard does. Without `scopes`, the token gets
/// all rights.
pub(super) async fn set_scopes(State(world): State<Arc<World>>, input: Input) -> Result<Response, Refusal> {
    let account = input.text("token").and_then(account_of);
    let account = account.ok_or_else(|| Refusal::bad("token must be a token of Polar's, as polar_oat_…."))?;
    let scopes: Option<Vec<String>> =
        input.text("scopes").map(|scopes| scopes.split_whitespace().map(str::to_owned).collect());
    let answer = json!({ "organization": account.organization, "scopes": scopes });
    world
        .transact(move |tx| {
            match scopes {
                Some(scopes) => tx.put(AccessToken { id: account.key, scopes }),
                None => tx.delete::<AccessToken>(&account.key),
            }
            Ok::<_, StorageError>(())
        })
        .await?;
    Ok(input.answer(answer))
}

pub(super) fn sections(tx: &Transaction<'_>) -> Markup {
    html! {
        @if tx.count::<Customer>() > 0 { (page::section("h-polar-customers", "Polar customers", "", customers(tx))) }
        @if tx.count::<Subscription>() > 0 {
            (page::section("h-polar-subscriptions", "Polar subscriptions", "", subscriptions(tx)))
        }
        @if tx.count::<Discount>() > 0 { (page::section("h-polar-discounts", "Polar discounts", "", discounts(tx))) }
        @if tx.count::<Checkout>() > 0 { (page::section("h-polar-checkouts", "Polar checkouts", "", checkouts(tx))) }
    }
}

fn customers(tx: &Transaction<'_>) -> Markup {
    folding(
        "Polar customers",
        &["Customer", "Id", ""],
        html! {
            @for customer in tx.all::<Customer>().rev().filter(|customer| !customer.is_deleted()).take(ROWS) {
                tr role="row" {
                    th role="rowheader" scope="row" { (page::breakable(&customer.email)) @if let Some(name) = &customer.name { br; (name) } }
                    td role="cell" { code { (customer.id) } }
                    td role="cell" {
                        form method="post" action={ "/customers/" (customer.id) "/fail_payments" } {
                            @if customer.fail_payments {
                                button.button.small name="on" value="false" { "Let payments pass" span.unseen { " of " (customer.email) } }
                            } @else {
                                button.button.small.stop name="on" value="true" { "Fail payments" span.unseen { " of " (customer.email) } }
                            }
                        }
                    }
                }
            }
        },
    )
}

fn name(tx: &Transaction<'_>, product: &str) -> String {
    tx.get::<Product>(product).map(|product| product.name.clone()).unwrap_or_default()
}

fn subscriptions(tx: &Transaction<'_>) -> Markup {
    folding(
        "Polar subscriptions",
        &["Subscription", "Id", "State", "Until"],
        html! {
            @for subscription in tx.all::<Subscription>().rev().take(ROWS) {
                @let (is, icon) = match subscription.status {
                    Status::Trialing | Status::Active => ("ok", "on"),
                    Status::PastDue | Status::Unpaid => ("near", "near"),
                    Status::Canceled => ("off", "off"),
                };
                tr role="row" {
                    th role="rowheader" scope="row" { (name(tx, &subscription.product)) ", " (subscription.money().exact()) " " (subscription.every.words()) }
                    td role="cell" { code { (subscription.id) } br; code { (subscription.customer) } }
                    td role="cell" data-label="State" { (page::state(is, icon, subscription.status.as_str())) @if subscription.cancel_at_period_end && !subscription.is_over() { br; "ends" } (given_reason(subscription.cancellation_reason.as_deref(), subscription.cancellation_comment.as_deref())) }
                    td role="cell" data-label="Until" { (page::date(subscription.period.end)) }
                }
            }
        },
    )
}

fn checkouts(tx: &Transaction<'_>) -> Markup {
    folding(
        "Polar checkouts",
        &["Checkout", "Page", "State"],
        html! {
            @for checkout in tx.all::<Checkout>().rev().take(ROWS) {
                tr role="row" {
                    th role="rowheader" scope="row" { (name(tx, &checkout.product)) ", " (checkout.money().exact()) }
                    td role="cell" {
                        @if checkout.status == CheckoutStatus::Open { a href=(checkout.page()) { code { (checkout.id) } } } @else { code { (checkout.id) } }
                    }
                    td role="cell" data-label="State" { (checkout.status.as_str()) }
                }
            }
        },
    )
}

fn discounts(tx: &Transaction<'_>) -> Markup {
    folding(
        "Polar discounts",
        &["Discount", "Code", "Takes off", "Redeemed"],
        html! {
            @for discount in tx.all::<Discount>().rev().filter(|discount| !discount.deleted).take(ROWS) {
                tr role="row" {
                    th role="rowheader" scope="row" { (discount.name) br; code { (discount.id) } }
                    td role="cell" data-label="Code" { (discount.code.as_deref().unwrap_or("None")) }
                    td role="cell" data-label="Takes off" { (off(&discount.off)) }
                    td.num role="cell" data-label="Redeemed" { (discount.redemptions) }
                }
            }
        },
    )
}

fn off(off: &Off) -> String {
    match off {
        Off::Percentage(points) => format!("{}.{:02} %", points / 100, points % 100),
        Off::Fixed(amounts) => {
            let each: Vec<_> =
                amounts.iter().map(|(currency, amount)| Money::new(*amount, *currency).exact()).collect();
            each.join(" or ")
        }
    }
}
