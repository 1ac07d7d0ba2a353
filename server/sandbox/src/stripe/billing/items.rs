//! The items of a subscription: their interval and currency, and the invoice lines for them.

use std::sync::Arc;

use crate::{
    billing::{interval::Recurring, period::Period},
    storage::{Transaction, ids},
    stripe::{
        error::StripeError,
        objects::{invoice::line::Line, price::Price, subscription::Item},
    },
};

/// The billing interval, which all items share. Fails if intervals differ or a price is not recurring.
pub(crate) fn billing_interval(tx: &Transaction<'_>, items: &[Item]) -> Result<Recurring, StripeError> {
    let mut found: Option<Recurring> = None;
    for item in items {
        let every = item.price(tx).and_then(|price| price.recurring).ok_or_else(|| {
            StripeError::bad("items[0][price]", "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.")
        })?;
        if found.is_some_and(|found| found != every) {
            return Err(StripeError::bad(
                "items",
                "Currency and interval fields must match across all plans on this subscription.",
            ));
        }
        found = Some(every);
    }
    found.ok_or_else(|| StripeError::missing("items"))
}

/// The items in the subscription's currency, which never changes. Fails if a price is not sold in it.
pub(crate) fn in_currency(
    tx: &Transaction<'_>,
    mut items: Vec<Item>,
    currency: &str,
) -> Result<Vec<Item>, StripeError> {
    for item in &mut items {
        let Some(price) = tx.get::<Price>(&item.price) else { continue };
        require_sold_in(&price, currency)?;
        item.currency = Some(currency.to_owned()).filter(|currency| *currency != price.currency_code());
    }
    Ok(items)
}

/// Fails unless the price is sold in the currency.
pub(crate) fn require_sold_in(price: &Arc<Price>, currency: &str) -> Result<Arc<Price>, StripeError> {
    price.sold_in(currency).ok_or_else(|| {
        let codes: Vec<_> = price.currencies().map(|own| format!("`{}`", own.code().to_ascii_lowercase())).collect();
        StripeError::refused(format!(
            "The price specified only supports {}. This doesn't match the expected currency: `{currency}`.",
            codes.join(", ")
        ))
    })
}

/// The invoice lines for one whole period of every item.
pub(crate) fn period_lines(tx: &Transaction<'_>, items: &[Item], period: Period) -> Vec<Line> {
    let lines = items.iter().filter_map(|item| {
        let price = item.price(tx)?;
        Some(period_line(tx, item, &price, period))
    });
    lines.collect()
}

/// The invoice line for a whole period of an item.
fn period_line(tx: &Transaction<'_>, item: &Item, price: &Price, period: Period) -> Line {
    let words = price
        .recurring
        .map(|recurring| format!(" / {}", recurring.words().trim_start_matches("a ")))
        .unwrap_or_default();
    let name = price.product_name(tx);
    let description = if price.metered {
        format!("0 × {name} (usage{words})")
    } else if price.tiers.is_some() {
        format!("{} × {name} (tiers{words})", item.quantity)
    } else {
        format!("{} × {name} (at {}{words})", item.quantity, price.money(1).exact())
    };
    line(item, price, description, price.amount(item.quantity), period, false)
}

pub(super) fn line(
    item: &Item,
    price: &Price,
    description: String,
    amount: i64,
    period: Period,
    proration: bool,
) -> Line {
    Line {
        id: ids::new("il"),
        description,
        amount,
        price: price.id.clone(),
        product: price.product.clone(),
        unit_amount: price.unit_amount,
        quantity: if price.metered { 0 } else { item.quantity },
        period,
        proration,
        subscription_item: item.id.clone(),
        discounts: Vec::new(),
        tax: None,
    }
}
