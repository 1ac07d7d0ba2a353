//! Maps plans to a provider's prices (Stripe) or products (Polar): the settings `STRIPE_PRICE_MAP` and
//! `POLAR_PRODUCT_MAP`, as `{"pro_monthly":"price_123","pro_yearly":["price_456","price_old"]}`, and the catalog's
//! `sold_as`.

use std::collections::{BTreeMap, HashMap, hash_map::Entry};

use domain::{
    catalog::{Catalog, Cycle, Pricing},
    ids::PlanId,
};
use serde::{
    Deserialize,
    de::{Deserializer, MapAccess, Visitor},
};

/// Longest id of a price (Stripe: "Object IDs").
const MAX_ID_CHARS: usize = 255;
/// Maximum number of prices of one entry.
const MAX_PRICES: usize = 100;
/// The suffix of an entry for the price of a seat.
const SEAT: &str = "_seat";

/// Why a map is invalid. Each message is one line with the setting's name and the expected value.
#[derive(Debug, thiserror::Error)]
pub enum PriceMapError {
    #[error("{setting} must be a JSON object like {{\"pro_monthly\":\"price_123\"}}: {cause}")]
    NotJson {
        setting: &'static str,
        #[source]
        cause: serde_json::Error,
    },
    #[error("{setting}: {entry:?} names no plan and cycle; write it like \"pro_monthly\" or \"pro_yearly\"")]
    NoCycle { setting: &'static str, entry: String },
    #[error("{setting}: {entry:?} names no plan of the catalog that is paid for; it has {known}")]
    NoPlan { setting: &'static str, entry: String, known: String },
    #[error(
        "{setting}: {entry:?} is the price of a seat, and the catalog sells {plan} without seats; write [plan.{plan}.seats] there, or leave the entry out"
    )]
    NoSeats { setting: &'static str, entry: String, plan: PlanId },
    #[error("{setting}: {entry:?} has no price id; it must be 1 to {MAX_ID_CHARS} characters without spaces")]
    NoPrice { setting: &'static str, entry: String },
    #[error("{setting}: {entry:?} has too many prices; {MAX_PRICES} are the most")]
    TooMany { setting: &'static str, entry: String },
    #[error("{setting}: {plan} by the {cycle} is there twice", cycle = cycle.unit())]
    PlanTwice { setting: &'static str, plan: PlanId, cycle: Cycle },
    #[error("{setting}: the price {price:?} is there twice; each belongs to one plan and cycle")]
    PriceTwice { setting: &'static str, price: String },
    #[error(
        "{setting}: the price {price:?} is in the catalog as plan.{plan}.sold_as.{cycle}; it can count as one plan only",
        cycle = cycle.as_str()
    )]
    PriceInCatalog { setting: &'static str, price: String, plan: PlanId, cycle: Cycle },
}

/// What a price pays for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PricePart {
    /// The plan itself.
    Plan,
    /// One seat of the plan.
    Seat,
}

/// The plan and cycle that a price counts as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoldPrice {
    pub plan: PlanId,
    pub cycle: Cycle,
    pub part: PricePart,
}

impl SoldPrice {
    pub fn plan_and_cycle(&self) -> (PlanId, Cycle) {
        (self.plan.clone(), self.cycle)
    }
}

/// The price at which each plan and cycle is sold, and the plan and cycle that each price counts as.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceMap {
    /// The prices of the setting. The first of an entry is sold, the others only count.
    prices: BTreeMap<(PlanId, Cycle, PricePart), Vec<String>>,
    /// The prices of the setting and of the catalog.
    sold: HashMap<String, SoldPrice>,
}

impl PriceMap {
    /// Parses the value of `setting` and checks it against the catalog, whose `sold_as` it adds. An empty text is an
    /// empty map.
    pub fn parse(setting: &'static str, text: &str, catalog: &Catalog) -> Result<Self, PriceMapError> {
        let mut map = Self::default();
        if !text.trim().is_empty() {
            let Entries(entries) =
                serde_json::from_str(text).map_err(|cause| PriceMapError::NotJson { setting, cause })?;
            for (entry, Prices(prices)) in entries {
                map.add(setting, entry, prices, catalog)?;
            }
        }
        for (plan, cycle, price) in catalog.further_prices() {
            let further = SoldPrice { plan: plan.id.clone(), cycle, part: PricePart::Plan };
            match map.sold.entry(price.to_owned()) {
                Entry::Occupied(sold) if *sold.get() != further => {
                    let (plan, price) = (further.plan, price.to_owned());
                    return Err(PriceMapError::PriceInCatalog { setting, price, plan, cycle });
                }
                Entry::Occupied(_) => {}
                Entry::Vacant(empty) => {
                    empty.insert(further);
                }
            }
        }
        Ok(map)
    }

    fn add(
        &mut self,
        setting: &'static str,
        entry: String,
        prices: Vec<String>,
        catalog: &Catalog,
    ) -> Result<(), PriceMapError> {
        let (key, part) = match entry.strip_suffix(SEAT) {
            Some(key) => (key, PricePart::Seat),
            None => (&*entry, PricePart::Plan),
        };
        let parsed = key.rsplit_once('_').and_then(|(plan, cycle)| Some((plan, cycle.parse::<Cycle>().ok()?)));
        let Some((plan, cycle)) = parsed else { return Err(PriceMapError::NoCycle { setting, entry }) };
        let Some(plan) = catalog.plan(plan).filter(|plan| plan.pricing != Pricing::Free) else {
            return Err(PriceMapError::NoPlan { setting, entry, known: paid_plans(catalog) });
        };
        if part == PricePart::Seat && plan.seats.is_none() {
            return Err(PriceMapError::NoSeats { setting, plan: plan.id.clone(), entry });
        }
        if prices.len() > MAX_PRICES {
            return Err(PriceMapError::TooMany { setting, entry });
        }
        let fits = |price: &String| {
            (1..=MAX_ID_CHARS).contains(&price.len()) && price.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if prices.is_empty() || !prices.iter().all(fits) {
            return Err(PriceMapError::NoPrice { setting, entry });
        }
        let sold = SoldPrice { plan: plan.id.clone(), cycle, part };
        for price in &prices {
            if self.sold.insert(price.clone(), sold.clone()).is_some() {
                return Err(PriceMapError::PriceTwice { setting, price: price.clone() });
            }
        }
        if self.prices.insert((plan.id.clone(), cycle, part), prices).is_some() {
            return Err(PriceMapError::PlanTwice { setting, plan: plan.id.clone(), cycle });
        }
        Ok(())
    }

    /// Sets the price of a plan and cycle, and removes their previous prices.
    pub fn insert(&mut self, plan: PlanId, cycle: Cycle, price: String) {
        self.insert_part(SoldPrice { plan, cycle, part: PricePart::Plan }, price);
    }

    /// Sets the price of a plan's seat, and removes its previous prices.
    pub fn insert_seat(&mut self, plan: PlanId, cycle: Cycle, price: String) {
        self.insert_part(SoldPrice { plan, cycle, part: PricePart::Seat }, price);
    }

    fn insert_part(&mut self, sold: SoldPrice, price: String) {
        let former = self.prices.insert((sold.plan.clone(), sold.cycle, sold.part), vec![price.clone()]);
        for former in former.into_iter().flatten() {
            self.sold.remove(&former);
        }
        self.sold.insert(price, sold);
    }

    /// Returns the price that sells the plan in this cycle.
    pub fn price(&self, plan: &PlanId, cycle: Cycle) -> Option<&str> {
        self.first(plan, cycle, PricePart::Plan)
    }

    /// Returns the price that sells one seat of the plan in this cycle.
    pub fn seat_price(&self, plan: &PlanId, cycle: Cycle) -> Option<&str> {
        self.first(plan, cycle, PricePart::Seat)
    }

    fn first(&self, plan: &PlanId, cycle: Cycle, part: PricePart) -> Option<&str> {
        self.prices.get(&(plan.clone(), cycle, part))?.first().map(String::as_str)
    }

    /// Returns the plan and cycle that the price counts as.
    pub fn sold_by(&self, price: &str) -> Option<&SoldPrice> {
        self.sold.get(price)
    }

    /// Whether the setting has no price.
    pub fn is_empty(&self) -> bool {
        self.prices.is_empty()
    }

    /// Returns the setting's prices as one line of JSON, which [`PriceMap::parse`] reads.
    pub fn to_json(&self) -> String {
        let entries = self.prices.iter().map(|((plan, cycle, part), prices)| {
            let suffix = match part {
                PricePart::Plan => "",
                PricePart::Seat => SEAT,
            };
            let value = match prices.as_slice() {
                [price] => serde_json::Value::from(price.as_str()),
                prices => serde_json::Value::from(prices),
            };
            (format!("{plan}_{}{suffix}", cycle.as_str()), value)
        });
        serde_json::Value::Object(entries.collect()).to_string()
    }
}

/// Returns the line of a plan's table in the catalog that makes the price count as the plan. Without a plan, the line
/// names none.
pub fn mapping_line(plan: Option<&PlanId>, cycle: Cycle, price: &str) -> String {
    let line = format!("sold_as = {{ {} = [{price:?}] }}", cycle.as_str());
    match plan {
        Some(plan) => format!("{line}  # in [plan.{plan}]"),
        None => line,
    }
}

fn paid_plans(catalog: &Catalog) -> String {
    let paid = catalog.plans.iter().filter(|plan| plan.pricing != Pricing::Free);
    paid.map(|plan| plan.id.as_str()).collect::<Vec<_>>().join(", ")
}

/// The object's entries in order, duplicates included: a map would silently keep the last of two equal keys.
struct Entries(Vec<(String, Prices)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;

        impl<'de> Visitor<'de> for Visit {
            type Value = Entries;

            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str("an object of texts or lists of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(Visit)
    }
}

/// The prices of an entry: one text, or a list of texts.
struct Prices(Vec<String>);

impl<'de> Deserialize<'de> for Prices {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected a text or a list of texts")]
        enum OneOrMore {
            One(String),
            More(Vec<String>),
        }

        Ok(Self(match OneOrMore::deserialize(deserializer)? {
            OneOrMore::One(price) => vec![price],
            OneOrMore::More(prices) => prices,
        }))
    }
}

#[cfg(test)]
mod tests;
