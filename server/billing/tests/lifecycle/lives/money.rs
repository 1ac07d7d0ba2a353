//! The currencies of the lives, and amounts of the providers' APIs as the lives compare them.
//!
//! The table is this test's own: the conversion of Dues is what it is compared with.

use std::fmt;

use domain::{money::Money, subscription::Provider};

/// A currency in which lives are paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SoldIn {
    /// ISO 4217, upper case.
    pub(super) code: &'static str,
    /// The minor units of ISO 4217 for a cent of a price in dollars.
    pub(super) minor_per_cent: i64,
    /// The units of the provider's API for a minor unit of ISO 4217.
    pub(super) units_per_minor: i64,
}

const fn sold_in(code: &'static str, minor_per_cent: i64, units_per_minor: i64) -> SoldIn {
    SoldIn { code, minor_per_cent, units_per_minor }
}

/// Two decimal places, none, none that Stripe writes as two, three, and two that are rarely used.
const AT_STRIPE: [SoldIn; 5] =
    [sold_in("USD", 1, 1), sold_in("JPY", 1, 1), sold_in("ISK", 1, 100), sold_in("KWD", 10, 1), sold_in("HUF", 100, 1)];
/// Polar takes few others.
const AT_POLAR: [SoldIn; 2] = [sold_in("USD", 1, 1), sold_in("JPY", 1, 1)];

impl SoldIn {
    /// All currencies in which plans are sold.
    pub(super) const ALL: [Self; 5] = AT_STRIPE;

    /// The currencies that the provider takes.
    pub(super) const fn at(provider: Provider) -> &'static [Self] {
        match provider {
            Provider::Stripe => &AT_STRIPE,
            Provider::Polar => &AT_POLAR,
        }
    }

    /// The code as providers write it.
    pub(super) fn lower(self) -> String {
        self.code.to_ascii_lowercase()
    }

    /// An amount of the provider's API.
    pub(super) const fn units(self, cents: i64) -> i64 {
        cents * self.minor_per_cent * self.units_per_minor
    }
}

/// An amount in minor units of ISO 4217.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Amount {
    /// Upper case.
    pub(super) currency: String,
    pub(super) minor: i64,
}

impl Amount {
    /// Converts an amount of a provider's API, rounded to the nearest minor unit.
    pub(super) fn of_provider(units: i64, currency: &str) -> Self {
        let currency = currency.to_ascii_uppercase();
        let per_minor =
            SoldIn::ALL.iter().find(|known| known.code == currency).map_or(1, |known| known.units_per_minor);
        let minor = (units + units.signum() * (per_minor / 2)) / per_minor;
        Self { currency, minor }
    }

    pub(super) fn of(money: Money) -> Self {
        Self { currency: money.currency.code().to_owned(), minor: money.minor }
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.currency, self.minor)
    }
}
