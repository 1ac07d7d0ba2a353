//! Automatic tax: one rate for all, which the board sets.

use domain::subscription::Provider;

use crate::{
    storage::{Settings, Transaction},
    stripe::objects::{
        invoice::line::{Line, LineTax},
        price::Price,
        subscription::Subscription,
    },
};

/// Adds the tax to each line. No-op unless the subscription has automatic tax.
pub(super) fn apply(tx: &Transaction<'_>, subscription: &Subscription, lines: &mut [Line]) {
    if subscription.automatic_tax {
        for line in lines {
            line.tax = Some(on(tx, &line.price, &subscription.currency, line.net()));
        }
    }
}

/// The tax on an amount for a price.
pub(crate) fn on(tx: &Transaction<'_>, price: &str, currency: &str, amount: i64) -> LineTax {
    let price = tx.get::<Price>(price).and_then(|price| price.sold_in(currency));
    let inclusive = price.as_ref().is_some_and(|price| price.includes_tax());
    let step = price.map_or(1, |price| price.currency.charge_step_at(Provider::Stripe));
    LineTax::on(amount, Settings::of(tx).tax_rate, inclusive, step)
}
