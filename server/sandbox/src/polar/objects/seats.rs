//! Polar: "Seat tiers", the amounts of a seat-based price.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The tiers of a seat-based price, by the number of seats. The first tier's least number is the fewest that are sold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SeatTiers {
    pub(crate) kind: SeatTierType,
    pub(crate) tiers: Vec<SeatTier>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SeatTierType {
    /// All seats have the price of the tier that their number falls in.
    #[default]
    Volume,
    /// Each seat has the price of the tier that it falls in.
    Graduated,
}

choices!(SeatTierType { Volume = "volume", Graduated = "graduated" });

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SeatTier {
    pub(crate) min_seats: u32,
    /// `None` for any number.
    pub(crate) max_seats: Option<u32>,
    /// Minor units.
    pub(crate) price_per_seat: i64,
}

impl SeatTiers {
    pub(crate) fn minimum(&self) -> u32 {
        self.tiers.first().map_or(1, |tier| tier.min_seats)
    }

    pub(crate) fn maximum(&self) -> Option<u32> {
        self.tiers.last().and_then(|tier| tier.max_seats)
    }

    /// Whether this many seats are sold.
    pub(crate) fn allows(&self, seats: u32) -> bool {
        seats >= self.minimum() && self.maximum().is_none_or(|most| seats <= most)
    }

    /// The amount of a period for a number of seats, in minor units.
    pub(crate) fn amount(&self, seats: u32) -> i64 {
        match self.kind {
            SeatTierType::Volume => {
                let tier = self.tiers.iter().find(|tier| tier.max_seats.is_none_or(|most| seats <= most));
                tier.map_or(0, |tier| tier.price_per_seat.saturating_mul(i64::from(seats)))
            }
            SeatTierType::Graduated => {
                let in_tier = |tier: &SeatTier| {
                    let last = tier.max_seats.map_or(seats, |most| most.min(seats));
                    // The first tier begins with the first seat, even if fewer than its least number are not sold.
                    let first = if tier.min_seats == self.minimum() { 1 } else { tier.min_seats };
                    i64::from((last + 1).saturating_sub(first)).saturating_mul(tier.price_per_seat)
                };
                self.tiers.iter().map(in_tier).sum()
            }
        }
    }

    pub(crate) fn json(&self) -> Value {
        let tiers = self.tiers.iter().map(|tier| {
            json!({ "min_seats": tier.min_seats, "max_seats": tier.max_seats, "price_per_seat": tier.price_per_seat })
        });
        json!({
            "seat_tier_type": self.kind,
            "tiers": tiers.collect::<Vec<_>>(),
            "minimum_seats": self.minimum(),
            "maximum_seats": self.maximum(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiers(kind: SeatTierType) -> SeatTiers {
        let tier = |min_seats, max_seats, price_per_seat| SeatTier { min_seats, max_seats, price_per_seat };
        SeatTiers { kind, tiers: vec![tier(2, Some(5), 1000), tier(6, Some(20), 800)] }
    }

    #[test]
    fn volume_tiers_price_all_seats_alike() {
        assert_eq!([2, 5, 6, 20].map(|seats| tiers(SeatTierType::Volume).amount(seats)), [2000, 5000, 4800, 16_000]);
    }

    #[test]
    fn graduated_tiers_price_each_seat_by_its_tier() {
        assert_eq!([2, 5, 6, 20].map(|seats| tiers(SeatTierType::Graduated).amount(seats)), [2000, 5000, 5800, 17_000]);
    }

    #[test]
    fn only_numbers_within_the_tiers_are_sold() {
        assert_eq!([1, 2, 20, 21].map(|seats| tiers(SeatTierType::Volume).allows(seats)), [false, true, true, false]);
    }
}
