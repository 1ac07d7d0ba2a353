//! The price on a plan's card, compared with what the workspace pays.

use std::borrow::Cow;

use domain::{
    catalog::{Cycle, Pricing},
    money::Money,
    subscription::Direction,
};
use leptos::prelude::*;
use locales::{rich, text};

use super::card::{Card, paid_plan};
use crate::{
    components::{
        membership::seats::{order_price, order_price_words, price_of_all_seats, price_of_further_seats},
        rich::rich_text,
    },
    wording::{day, exact, name, price_of},
};

/// Whether a price by `cycle` is compared with what the workspace pays today: it pays by `cycle` or is on a free plan.
/// A price of another interval is not comparable. Otherwise the price is compared with the price of [`paid_plan`].
fn is_paid_now(card: &Card<'_>, cycle: Cycle) -> bool {
    match card.view.subscription.as_ref().filter(|paid| paid.status.is_live()) {
        Some(paid) => paid.cycle == cycle && paid.details.interval.is_none(),
        None => !card.current.is_paid(),
    }
}

/// Builds "$10.00 less than today".
fn less_or_more_than_today(price: Money, current: Money) -> Cow<'static, str> {
    let (direction, amount) = difference(price, current);
    match direction {
        Direction::Same => text!(plans_same_as_today),
        Direction::Down => text!(plans_less_than_today, amount = amount),
        Direction::Up => text!(plans_more_than_today, amount = amount),
    }
}

/// Builds "$10.00 less than Pro".
fn less_or_more_than(price: Money, compared: Money, plan: &str) -> Cow<'static, str> {
    let (direction, amount) = difference(price, compared);
    match direction {
        Direction::Same => text!(plans_same_as, plan = plan),
        Direction::Down => text!(plans_less_than, amount = amount, plan = plan),
        Direction::Up => text!(plans_more_than, amount = amount, plan = plan),
    }
}

/// Returns the direction from `compared` to `price`, and the amount without a sign.
fn difference(price: Money, compared: Money) -> (Direction, String) {
    let minor = price.minor.saturating_sub(compared.minor);
    let direction = match minor {
        0 => Direction::Same,
        ..0 => Direction::Down,
        1.. => Direction::Up,
    };
    (direction, exact(Money::new(minor.saturating_abs(), price.currency)))
}

/// Renders the plan's price in a cycle, and how it differs from what the workspace pays.
pub(super) fn price(card: &Card<'_>, cycle: Cycle) -> AnyView {
    let Card { view, current, plan, .. } = card;
    let class = format!("price {}", cycle.as_str());
    let Some(price) = order_price(view, plan, cycle, view.catalog.currency) else {
        let (figure, small) = if plan.pricing == Pricing::Custom {
            (text!(plans_on_request), text!(plans_by_agreement))
        } else {
            let currency = view.catalog.currency;
            let missing = match cycle {
                _ if !plan.currencies().contains(&currency) => text!(plans_not_in, currency = currency.code()),
                Cycle::Monthly => text!(plans_not_monthly),
                Cycle::Yearly => text!(plans_not_yearly),
            };
            ("–".into(), missing)
        };
        return view! { <p class=class><b>{figure}</b><small>{small}</small></p> }.into_any();
    };
    let compared = paid_plan(view, current);
    let paid = view.subscription.as_ref().filter(|paid| paid.status.is_live() && paid.cycle == cycle);
    // The price of a subscription may differ from the current price in the catalog.
    let pays = paid.and(view.price).filter(|pays| pays.currency == price.currency);
    let small = if plan.id == compared.id {
        paid.map(|paid| match (pays, paid.details.interval) {
            (Some(pays), Some(_)) => text!(plans_you_pay, price = price_of(pays, paid)),
            (Some(pays), None) if pays != price => text!(plans_you_pay, price = exact(pays)),
            _ => text!(plans_since, date = day(paid.started_at)),
        })
    } else {
        let pays = pays.filter(|_| paid.is_some_and(|paid| paid.details.interval.is_none()));
        let paid_price = pays.or_else(|| order_price(view, compared, cycle, view.catalog.currency));
        paid_price.map(|paid_price| {
            if is_paid_now(card, cycle) {
                less_or_more_than_today(price, paid_price)
            } else {
                less_or_more_than(price, paid_price, &name(&compared.name))
            }
        })
    };
    let listed = plan.price(cycle, view.catalog.currency).unwrap_or(price);
    let listed = price_of_all_seats(plan, cycle, view.catalog.currency).unwrap_or_else(|| match cycle {
        Cycle::Monthly => rich!(plans_price_monthly, price = exact(listed)),
        Cycle::Yearly => rich!(plans_price_yearly, price = exact(listed)),
    });
    let seats = [price_of_further_seats(plan, cycle, view.catalog.currency), order_price_words(view, plan, cycle)]
        .into_iter()
        .flatten()
        .map(|words| view! { <small>{words}</small> })
        .collect_view();
    view! { <p class=class>{rich_text(listed)}{seats}<small>{small}</small></p> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_compared_with_today_or_a_plan() {
        let usd = |minor| Money::new(minor, domain::money::Currency::USD);
        assert_eq!(less_or_more_than_today(usd(1900), usd(2900)), "$10.00 less than today");
        assert_eq!(less_or_more_than_today(usd(9900), usd(2900)), "$70.00 more than today");
        assert_eq!(less_or_more_than_today(usd(2900), usd(2900)), "Same as today");
        assert_eq!(less_or_more_than(usd(1900), usd(2900), "Pro"), "$10.00 less than Pro");
    }
}
