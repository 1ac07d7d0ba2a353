//! Scheduled billing: renewals, retries, cancellations and expiries, each at its due time, in order.

use domain::time::Timestamp;

use super::lifecycle;
use crate::{
    polar::objects::{
        checkout::{Checkout, CheckoutStatus},
        order::Order,
        subscription::Subscription,
    },
    storage::Transaction,
};

enum Due {
    CheckoutExpires(Checkout),
    Ends(Subscription),
    PeriodEnds(Subscription),
    Retry(Order),
}

/// Processes everything that is due by `until`, oldest first. Afterwards `tx.now` is `until`.
pub(crate) fn process_due(tx: &mut Transaction<'_>, until: Timestamp) {
    while let Some((at, due)) = next_due(tx, until) {
        tx.now = at;
        // Each step changes the row so that it is not due again.
        match due {
            Due::CheckoutExpires(mut checkout) => {
                checkout.status = CheckoutStatus::Expired;
                checkout.save(tx, "checkout.expired");
            }
            Due::Ends(subscription) => lifecycle::end(tx, subscription),
            Due::PeriodEnds(subscription) => lifecycle::renew(tx, subscription),
            Due::Retry(order) => lifecycle::retry(tx, order),
        }
    }
    tx.now = until;
}

fn next_due(tx: &Transaction<'_>, until: Timestamp) -> Option<(Timestamp, Due)> {
    let checkout = tx.due::<Checkout>(until).next();
    let checkout = checkout.map(|checkout| (checkout.expires_at, Due::CheckoutExpires(Checkout::clone(checkout))));
    let subscription = tx.due::<Subscription>(until).next().map(|row| {
        let subscription = Subscription::clone(row);
        (row.period.end, if row.cancel_at_period_end { Due::Ends(subscription) } else { Due::PeriodEnds(subscription) })
    });
    let order = tx.due::<Order>(until).next();
    let order = order.and_then(|order| Some((order.next_attempt?, Due::Retry(Order::clone(order)))));
    checkout.into_iter().chain(subscription).chain(order).min_by_key(|(at, _)| *at)
}
