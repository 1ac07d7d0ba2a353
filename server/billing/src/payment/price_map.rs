//! Maps plans to a provider's prices (Stripe) or products (Polar): the settings `STRIPE_PRICE_MAP` and
//! `POLAR_PRODUCT_MAP`, as `{"pro_monthly":"price_123","pro_yearly":"price_456"}`.

use std::collections::{BTreeMap, HashMap};

use domain::{
    catalog::{Catalog, Cycle, Pricing},
    ids::PlanId,
};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// Longest id of a price (Stripe: "Object IDs").
const MAX_ID_CHARS: usize = 255;

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
    #[error("{setting}: {entry:?} has no price id; it must be 1 to {MAX_ID_CHARS} characters without spaces")]
    NoPrice { setting: &'static str, entry: String },
    #[error("{setting}: {plan} by the {cycle} is there twice", cycle = cycle.unit())]
    PlanTwice { setting: &'static str, plan: PlanId, cycle: Cycle },
    #[error("{setting}: the price {price:?} is there twice; each belongs to one plan and cycle")]
    PriceTwice { setting: &'static str, price: String },
}

/// The price of each plan and cycle, and the plan and cycle of each price.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceMap {
    prices: BTreeMap<(PlanId, Cycle), String>,
    sold: HashMap<String, (PlanId, Cycle)>,
}

impl PriceMap {
    /// Parses the value of `setting` and checks it against the catalog. An empty text is an empty map.
    pub fn parse(setting: &'static str, text: &str, catalog: &Catalog) -> Result<Self, PriceMapError> {
        let mut map = Self::default();
        if text.trim().is_empty() {
            return Ok(map);
        }
        let Entries(entries) = serde_json::from_str(text).map_err(|cause| PriceMapError::NotJson { setting, cause })?;
        for (entry, price) in entries {
            let Some((plan, cycle)) =
                entry.rsplit_once('_').and_then(|(plan, cycle)| Some((plan, cycle.parse::<Cycle>().ok()?)))
            else {
                return Err(PriceMapError::NoCycle { setting, entry });
            };
            let Some(plan) = catalog.plan(plan).filter(|plan| plan.pricing != Pricing::Free) else {
                return Err(PriceMapError::NoPlan { setting, entry, known: paid_plans(catalog) });
            };
            let fits = (1..=MAX_ID_CHARS).contains(&price.len()) && price.bytes().all(|byte| byte.is_ascii_graphic());
            if !fits {
                return Err(PriceMapError::NoPrice { setting, entry });
            }
            if map.prices.contains_key(&(plan.id.clone(), cycle)) {
                return Err(PriceMapError::PlanTwice { setting, plan: plan.id.clone(), cycle });
            }
            if map.sold.contains_key(&price) {
                return Err(PriceMapError::PriceTwice { setting, price });
            }
            map.insert(plan.id.clone(), cycle, price);
        }
        Ok(map)
    }

    /// Sets the price of a plan and cycle, and removes their previous price.
    pub fn insert(&mut self, plan: PlanId, cycle: Cycle, price: String) {
        if let Some(former) = self.prices.insert((plan.clone(), cycle), price.clone()) {
            self.sold.remove(&former);
        }
        self.sold.insert(price, (plan, cycle));
    }

    /// Returns the price that sells the plan in this cycle.
    pub fn price(&self, plan: &PlanId, cycle: Cycle) -> Option<&str> {
        self.prices.get(&(plan.clone(), cycle)).map(String::as_str)
    }

    /// Returns the plan and cycle that the price sells.
    pub fn sold_by(&self, price: &str) -> Option<&(PlanId, Cycle)> {
        self.sold.get(price)
    }

    pub fn is_empty(&self) -> bool {
        self.prices.is_empty()
    }

    /// Returns the map as one line of JSON, which [`PriceMap::parse`] reads.
    pub fn to_json(&self) -> String {
        let entries = self.prices.iter().map(|((plan, cycle), price)| {
            (format!("{plan}_{}", cycle.as_str()), serde_json::Value::String(price.clone()))
        });
        serde_json::Value::Object(entries.collect()).to_string()
    }
}

fn paid_plans(catalog: &Catalog) -> String {
    let paid = catalog.plans.iter().filter(|plan| plan.pricing != Pricing::Free);
    paid.map(|plan| plan.id.as_str()).collect::<Vec<_>>().join(", ")
}

/// The object's entries in order, duplicates included: a map would silently keep the last of two equal keys.
struct Entries(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;

        impl<'de> Visitor<'de> for Visit {
            type Value = Entries;

            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str("an object of texts")
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

#[cfg(test)]
mod tests {
    use domain::catalog::file::default_catalog;
    use rstest::rstest;

    use super::*;

    fn parse(text: &str) -> Result<PriceMap, String> {
        PriceMap::parse("STRIPE_PRICE_MAP", text, &default_catalog()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_plan_is_found_by_its_price_and_the_reverse() {
        let map = parse(r#"{"pro_monthly":"price_123","pro_yearly":"price_456","team_annual":"price_789"}"#).unwrap();
        let pro: PlanId = "pro".parse().unwrap();
        let team: PlanId = "team".parse().unwrap();
        assert_eq!(map.price(&pro, Cycle::Yearly), Some("price_456"));
        assert_eq!(map.sold_by("price_789"), Some(&(team.clone(), Cycle::Yearly)));
        assert_eq!(map.price(&team, Cycle::Monthly), None);
        assert_eq!(map.sold_by("price_unknown"), None);
        assert_eq!(parse(&map.to_json()), Ok(map));
    }

    #[test]
    fn an_empty_setting_is_an_empty_map() {
        assert!(parse("").unwrap().is_empty());
        assert!(parse("{}").unwrap().is_empty());
    }

    #[test]
    fn a_custom_plan_may_have_a_price() {
        assert!(parse(r#"{"enterprise_yearly":"price_1"}"#).is_ok());
    }

    #[test]
    fn a_replaced_price_is_forgotten() {
        let mut map = parse(r#"{"pro_monthly":"price_1"}"#).unwrap();
        let pro: PlanId = "pro".parse().unwrap();
        map.insert(pro.clone(), Cycle::Monthly, "price_2".to_owned());
        assert_eq!(map.price(&pro, Cycle::Monthly), Some("price_2"));
        assert_eq!(map.sold_by("price_1"), None);
    }

    #[rstest]
    #[case("pro_monthly=price_1", "must be a JSON object")]
    #[case("[]", "must be a JSON object")]
    #[case(r#"{"pro_monthly":1}"#, "must be a JSON object")]
    #[case(r#"{"pro_monthly":"price_1"} trailing"#, "must be a JSON object")]
    #[case(r#"{"pro":"price_1"}"#, "\"pro\" names no plan and cycle")]
    #[case(r#"{"pro_weekly":"price_1"}"#, "\"pro_weekly\" names no plan and cycle")]
    #[case(r#"{"prp_monthly":"price_1"}"#, "\"prp_monthly\" names no plan of the catalog")]
    #[case(r#"{"free_monthly":"price_1"}"#, "\"free_monthly\" names no plan of the catalog")]
    #[case(r#"{"_monthly":"price_1"}"#, "\"_monthly\" names no plan of the catalog")]
    #[case(r#"{"pro_monthly":""}"#, "\"pro_monthly\" has no price id")]
    #[case(r#"{"pro_monthly":"price 1"}"#, "\"pro_monthly\" has no price id")]
    #[case(r#"{"pro_monthly":"price_1","team_monthly":"price_1"}"#, "the price \"price_1\" is there twice")]
    #[case(r#"{"pro_yearly":"price_1","pro_annual":"price_2"}"#, "pro by the year is there twice")]
    #[case(r#"{"pro_yearly":"price_1","pro_yearly":"price_2"}"#, "pro by the year is there twice")]
    fn an_invalid_entry_fails_with_one_line(#[case] text: &str, #[case] says: &str) {
        let error = parse(text).unwrap_err();
        assert!(error.starts_with("STRIPE_PRICE_MAP") && error.contains(says) && !error.contains('\n'), "{error}");
    }
}
