//! The currency in which a tenant pays: that of its first subscription, before that the one that it chooses.

use super::{Subscription, current_subscription};
use crate::{catalog::Catalog, money::Currency};

/// Why a currency can't be paid in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CurrencyError {
    #[error("currency must be one in which plans are sold here: {sold}.")]
    NotSold { sold: String },
    #[error("This workspace pays in {paid_in}, the currency of its first subscription. Leave currency out.")]
    Differs { paid_in: Currency },
}

/// Returns the currency of the tenant's subscriptions: that of the live one, else of the first. `None` before the first
/// subscription, and while its currency is unknown.
pub fn subscribed_currency(catalog: &Catalog, subscriptions: &[Subscription]) -> Option<Currency> {
    let live = current_subscription(catalog, subscriptions).filter(|current| current.status.is_live());
    let mut past: Vec<&Subscription> = subscriptions.iter().collect();
    past.sort_by_key(|subscription| subscription.started_at);
    live.into_iter().chain(past).find_map(Subscription::currency)
}

/// Returns the currency of a tenant's prices. `wanted` is what the order or the page asks for.
///
/// A subscription in a currency in which nothing is sold here does not set it.
pub fn tenant_currency(
    catalog: &Catalog,
    subscriptions: &[Subscription],
    wanted: Option<Currency>,
) -> Result<Currency, CurrencyError> {
    let set = subscribed_currency(catalog, subscriptions).filter(|set| catalog.sells_in(*set));
    match (set, wanted) {
        (_, Some(wanted)) if !catalog.sells_in(wanted) => Err(CurrencyError::not_sold(catalog)),
        (Some(paid_in), Some(wanted)) if paid_in != wanted => Err(CurrencyError::Differs { paid_in }),
        (set, wanted) => Ok(set.or(wanted).unwrap_or(catalog.currency)),
    }
}

impl CurrencyError {
    /// Returns the error for a currency in which nothing is sold, and for a text that is no currency.
    pub fn not_sold(catalog: &Catalog) -> Self {
        let sold: Vec<_> = catalog.currencies().into_iter().map(Currency::code).collect();
        Self::NotSold { sold: sold.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::{
        catalog::{Pricing, file::default_catalog},
        money::Money,
        subscription::ProviderStatus,
        time::Timestamp,
    };

    const NOW: Timestamp = Timestamp::from_secs(1_768_000_000);

    fn euro() -> Currency {
        "EUR".parse().unwrap()
    }

    /// The default catalog, also sold in euros.
    fn catalog() -> Catalog {
        let mut catalog = default_catalog();
        for plan in &mut catalog.plans {
            if let Pricing::Paid(cycles) = &mut plan.pricing {
                for prices in cycles.values_mut() {
                    let dollars = prices[&Currency::USD];
                    prices.insert(euro(), dollars - 100);
                }
            }
        }
        catalog
    }

    fn paid_in(currency: &str, status: ProviderStatus, started_at: Timestamp) -> Subscription {
        let price = Some(Money::new(2900, currency.parse().unwrap()));
        Subscription { price, ..Subscription::sample(currency, "pro", status, started_at) }
    }

    #[rstest]
    #[case::nothing_chosen(None, Ok("USD"))]
    #[case::chosen(Some("EUR"), Ok("EUR"))]
    #[case::not_sold(Some("JPY"), Err("currency must be one in which plans are sold here: EUR, USD."))]
    fn before_the_first_subscription_the_currency_is_chosen(
        #[case] wanted: Option<&str>,
        #[case] expected: Result<&str, &str>,
    ) {
        let wanted = wanted.map(|code| code.parse().unwrap());
        let found = tenant_currency(&catalog(), &[], wanted).map_err(|error| error.to_string());
        assert_eq!(found, expected.map(|code| code.parse().unwrap()).map_err(str::to_owned));
    }

    #[rstest]
    #[case::live(ProviderStatus::Active)]
    #[case::ended(ProviderStatus::Canceled)]
    fn the_first_subscription_sets_the_currency(#[case] status: ProviderStatus) {
        let subscriptions = [paid_in("EUR", status, NOW)];
        assert_eq!(tenant_currency(&catalog(), &subscriptions, None), Ok(euro()));
        assert_eq!(tenant_currency(&catalog(), &subscriptions, Some(euro())), Ok(euro()));
        assert_eq!(
            tenant_currency(&catalog(), &subscriptions, Some(Currency::USD)),
            Err(CurrencyError::Differs { paid_in: euro() })
        );
    }

    #[test]
    fn a_live_subscription_comes_before_an_earlier_one_that_ended() {
        let ended = paid_in("USD", ProviderStatus::Canceled, NOW);
        let later = paid_in("EUR", ProviderStatus::Canceled, NOW.plus_secs(60));
        let live = paid_in("EUR", ProviderStatus::Active, NOW.plus_secs(60));
        assert_eq!(subscribed_currency(&catalog(), &[later, ended.clone()]), Some(Currency::USD));
        assert_eq!(subscribed_currency(&catalog(), &[ended, live]), Some(euro()));
    }

    #[test]
    fn a_currency_in_which_nothing_is_sold_sets_nothing() {
        let yen = [paid_in("JPY", ProviderStatus::Active, NOW)];
        assert_eq!(tenant_currency(&catalog(), &yen, None), Ok(Currency::USD));
    }
}
