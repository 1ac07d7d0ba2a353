//! A plan's yearly price, compared with its monthly price.

use std::borrow::Cow;

use domain::{
    catalog::{Catalog, Cycle},
    money::Currency,
};
use locales::text;

/// Returns how many monthly prices a yearly price equals in a currency; `None` unless this is the same integer for all
/// listed paid plans.
pub(crate) fn months_in_a_year(catalog: &Catalog, currency: Currency) -> Option<i64> {
    let mut months = catalog.listed_plans().filter(|plan| plan.is_paid()).map(|plan| {
        let month = plan.price(Cycle::Monthly, currency)?.minor;
        let year = plan.price(Cycle::Yearly, currency)?.minor;
        (month > 0 && year % month == 0).then_some(year / month)
    });
    let first = months.next()??;
    months.all(|other| other == Some(first)).then_some(first)
}

/// Builds "Yearly, 2 months free".
pub(crate) fn yearly_label(catalog: &Catalog, currency: Currency) -> Cow<'static, str> {
    match months_in_a_year(catalog, currency).map(|months| 12 - months) {
        Some(free) if free > 0 => text!(plans_yearly_free, months = free),
        _ => text!(plans_yearly),
    }
}
