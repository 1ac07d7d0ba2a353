//! Amounts and limits of features, and billing intervals, as a language writes them. The spaces of amounts are no-break
//! spaces.

use std::borrow::Cow;

use domain::{
    catalog::{
        Feature, FeatureKind, Limit, Unit,
        format::{ShortCount, short_count, size_parts},
    },
    money::{Currency, Money},
    subscription::BillingInterval,
};

use crate::{ids, language::Locale, render::plain};

const MICROS_PER_CENT: u64 = 10_000;

impl Locale {
    /// Formats how often something is paid: `every week`, `every 3 months`.
    pub fn interval(self, every: BillingInterval) -> Cow<'static, str> {
        let BillingInterval { unit, count } = every;
        let unit = unit.as_str().into();
        match count {
            1 => plain(self, ids::interval_each { unit }),
            count => plain(self, ids::interval_every { unit, count: count.into() }),
        }
    }

    /// Formats a size in binary units with at most two decimals: `1.5 GB`.
    pub fn size(self, bytes: u64) -> String {
        let (hundredths, unit) = size_parts(bytes);
        plain(self, ids::figure_with_unit { figure: self.decimal(hundredths, 2).into(), unit: unit.into() })
            .into_owned()
    }

    /// Formats an amount of a feature in its unit: `5 GB`, `$31.40`, `318,204`.
    pub fn amount(self, feature: &Feature, value: u64) -> String {
        match feature.unit {
            Unit::Count => self.number(value),
            Unit::Bytes => self.size(value),
            Unit::UsdMicros if (1..MICROS_PER_CENT).contains(&value) => {
                let cent = self.exact(Money::new(1, Currency::USD));
                plain(self, ids::figure_under { amount: cent.into() }).into_owned()
            }
            Unit::UsdMicros => self.exact(dollars(value)),
        }
    }

    /// Formats a limit's amount with all its digits: `$0.0005` where [`Locale::amount`] rounds to cents.
    pub fn full_amount(self, feature: &Feature, most: u64) -> String {
        if feature.unit == Unit::UsdMicros && !most.is_multiple_of(MICROS_PER_CENT) {
            self.dollar_micros(most)
        } else {
            self.amount(feature, most)
        }
    }

    /// Formats a limit in short form, for tables: `10 M`, `1,000`, `5 GB`, `$50`, `No limit`, `Yes`, `Not included`.
    pub fn limit(self, feature: &Feature, limit: Limit) -> String {
        match limit {
            Limit::AtMost(0) => plain(self, ids::limit_not_included {}).into_owned(),
            _ if feature.kind == FeatureKind::Flag => plain(self, ids::limit_yes {}).into_owned(),
            Limit::Unlimited => plain(self, ids::limit_none {}).into_owned(),
            Limit::AtMost(most) => match feature.unit {
                Unit::Count => self.short_count(feature, most),
                Unit::UsdMicros if most.is_multiple_of(MICROS_PER_CENT) => self.short(dollars(most)),
                Unit::Bytes | Unit::UsdMicros => self.full_amount(feature, most),
            },
        }
    }

    fn short_count(self, feature: &Feature, most: u64) -> String {
        match short_count(feature, most) {
            // Usage below a million has all its digits, and the limit beside it, too.
            ShortCount::Full | ShortCount::Thousands { .. } => self.number(most),
            ShortCount::Millions { hundredths } => self.millions(hundredths),
        }
    }

    /// Formats hundredths of a million: `6.21 M`.
    pub fn millions(self, hundredths: u64) -> String {
        plain(self, ids::figure_million { figure: self.decimal(hundredths, 2).into() }).into_owned()
    }
}

/// Converts micros to money, rounded half up to cents.
fn dollars(micros: u64) -> Money {
    let cents = micros / MICROS_PER_CENT + u64::from(micros % MICROS_PER_CENT * 2 >= MICROS_PER_CENT);
    Money::new(i64::try_from(cents).unwrap_or(i64::MAX), Currency::USD)
}
