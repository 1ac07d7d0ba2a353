//! What the lives can buy: the plans of the catalog in each currency, and the prices that a person makes at the
//! provider.

use std::collections::BTreeMap;

use axum::http::Method;
use domain::{
    catalog::{Catalog, Cycle, Pricing, Seats, file::default_catalog},
    subscription::Provider,
};
use serde_json::{Value, json};

use super::{
    TRIAL_DAYS,
    money::SoldIn,
    snapshot::{list_at_polar, list_at_stripe},
};
use crate::test_env::TestEnv;

/// The plans that lives have, by rank.
pub(super) const PLANS: [&str; 4] = ["starter", "pro", "business", "scale"];
/// How many of [`PLANS`] are ordered. The last has seats and is sold by hand only.
pub(super) const ORDERED: usize = 3;
pub(super) const SEATS_PLAN: &str = PLANS[ORDERED];
const SEAT_CENTS: i64 = 500;

/// The rank of a plan; `None` for the free plan.
pub(super) fn rank(plan: &str) -> Option<usize> {
    PLANS.iter().position(|known| *known == plan)
}

/// The default catalog, sold in all currencies of the lives, with a trial of Pro. The last plan has seats; at Polar, which
/// sells no plan with a price of its own and seats, it is all seats.
pub(super) fn lives_catalog(at: Provider) -> Catalog {
    let mut catalog = default_catalog();
    for plan in &mut catalog.plans {
        if let Pricing::Paid(cycles) = &mut plan.pricing {
            for prices in cycles.values_mut() {
                let cents = *prices.values().next().unwrap();
                *prices = in_all_currencies(cents);
            }
        }
        if plan.id.as_str() == "pro" {
            plan.trial_days = TRIAL_DAYS;
        }
        if plan.id.as_str() == SEATS_PLAN {
            let included = seats_included(at);
            let prices = Cycle::ALL.map(|cycle| (cycle, in_all_currencies(SEAT_CENTS)));
            plan.seats = Some(Seats {
                feature: "auth_providers".parse().unwrap(),
                included,
                min: included.max(1),
                max: None,
                price: prices.into_iter().collect(),
            });
            if at == Provider::Polar {
                plan.pricing = Pricing::Paid(BTreeMap::new());
            }
        }
    }
    catalog
}

/// How many seats the price of the plan with seats includes.
pub(super) const fn seats_included(at: Provider) -> u64 {
    match at {
        Provider::Stripe => 3,
        Provider::Polar => 0,
    }
}

fn in_all_currencies(cents: i64) -> BTreeMap<domain::money::Currency, i64> {
    SoldIn::ALL.iter().map(|sold| (sold.code.parse().unwrap(), cents * sold.minor_per_cent)).collect()
}

/// What a price (Stripe) or product (Polar) sells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sold {
    pub(super) plan: String,
    pub(super) cycle: Cycle,
    pub(super) is_seat: bool,
}

/// A price that a person makes at the provider's dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum OwnPrice {
    /// Belongs to no plan.
    Support,
    /// By the month, of a plan that its metadata names.
    Agreed,
    /// In tiers. At Polar a price by the seat.
    Tiered,
    Weekly,
    Quarterly,
    TwoYears,
}

impl OwnPrice {
    pub(super) const INTERVALS: [Self; 3] = [Self::Weekly, Self::Quarterly, Self::TwoYears];
    const ALL: [Self; 6] = [Self::Support, Self::Agreed, Self::Tiered, Self::Weekly, Self::Quarterly, Self::TwoYears];

    /// The plan in the metadata.
    const fn plan(self) -> Option<&'static str> {
        match self {
            Self::Support => None,
            Self::Agreed | Self::TwoYears => Some("business"),
            Self::Tiered | Self::Weekly | Self::Quarterly => Some("pro"),
        }
    }

    const fn every(self) -> (&'static str, u32) {
        match self {
            Self::Support | Self::Agreed | Self::Tiered => ("month", 1),
            Self::Weekly => ("week", 1),
            Self::Quarterly => ("month", 3),
            Self::TwoYears => ("year", 2),
        }
    }

    const fn cents(self) -> i64 {
        match self {
            Self::Support => 5_000,
            Self::Agreed => 15_000,
            Self::Tiered => 1_000,
            Self::Weekly => 700,
            Self::Quarterly => 7_500,
            Self::TwoYears => 300_000,
        }
    }
}

/// The prices of a world.
pub(super) struct Offer {
    sold: BTreeMap<String, Sold>,
    /// Stripe's prices with their amounts in all currencies, or Polar's products.
    prices: BTreeMap<String, Value>,
    own: BTreeMap<(&'static str, OwnPrice), String>,
    /// The prices that could not be made, with the refusal.
    pub(super) refused: Vec<(OwnPrice, String)>,
}

impl Offer {
    /// Reads what the setup has made, and makes the prices of the person at the dashboard.
    pub(super) async fn make(env: &TestEnv) -> Self {
        let mut sold = BTreeMap::new();
        for plan in PLANS {
            for cycle in Cycle::ALL {
                let id = plan.parse().unwrap();
                let of = |is_seat| Sold { plan: plan.to_owned(), cycle, is_seat };
                sold.extend(env.prices.price(&id, cycle).map(|price| (price.to_owned(), of(false))));
                sold.extend(env.prices.seat_price(&id, cycle).map(|price| (price.to_owned(), of(true))));
            }
        }
        let mut offer = Self { sold, prices: BTreeMap::new(), own: BTreeMap::new(), refused: Vec::new() };
        for currency in SoldIn::at(env.provider_name()) {
            for own in OwnPrice::ALL {
                let made = match env.provider_name() {
                    Provider::Stripe => make_at_stripe(env, own, *currency).await,
                    Provider::Polar => make_at_polar(env, own, *currency).await,
                };
                match made {
                    Ok(id) => drop(offer.own.insert((currency.code, own), id)),
                    Err(refusal) => offer.refused.push((own, refusal)),
                }
            }
        }
        let listed = match env.provider_name() {
            Provider::Stripe => list_at_stripe(env, "/v1/prices?expand[]=data.currency_options&", None).await,
            Provider::Polar => list_at_polar(env, "products/?").await,
        };
        offer.prices = listed.into_iter().map(|price| (price["id"].as_str().unwrap().to_owned(), price)).collect();
        offer
    }

    /// What a price sells by the setup.
    pub(super) fn sold(&self, price: &str) -> Option<&Sold> {
        self.sold.get(price)
    }

    /// A price of Stripe with its amounts in all currencies, or a product of Polar.
    pub(super) fn price(&self, id: &str) -> Option<&Value> {
        self.prices.get(id)
    }

    /// The price that sells a plan, or a seat of it.
    pub(super) fn id_of(&self, plan: &str, cycle: Cycle, is_seat: bool) -> Option<&str> {
        let wanted = Sold { plan: plan.to_owned(), cycle, is_seat };
        self.sold.iter().find(|(_, sold)| **sold == wanted).map(|(id, _)| id.as_str())
    }

    /// A price that a person has made; `None` if the provider has refused it.
    pub(super) fn own(&self, currency: SoldIn, own: OwnPrice) -> Option<&str> {
        self.own.get(&(currency.code, own)).map(String::as_str)
    }
}

async fn make_at_stripe(env: &TestEnv, own: OwnPrice, currency: SoldIn) -> Result<String, String> {
    let (unit, count) = own.every();
    let amount = currency.units(own.cents());
    let amounts = match own {
        OwnPrice::Tiered => format!(
            "billing_scheme=tiered&tiers_mode=graduated&tiers[0][up_to]=2&tiers[0][unit_amount]={amount}\
             &tiers[1][up_to]=inf&tiers[1][unit_amount]={}",
            amount / 2
        ),
        _ => format!("unit_amount={amount}"),
    };
    let plan = own.plan().map(|plan| format!("&metadata[dues_plan]={plan}")).unwrap_or_default();
    let fields = format!(
        "currency={}&{amounts}&recurring[interval]={unit}&recurring[interval_count]={count}\
         &product_data[name]={own:?}{plan}",
        currency.lower()
    );
    let made = env.try_call_stripe(Method::POST, &format!("/v1/prices?{fields}")).await?;
    Ok(made["id"].as_str().unwrap().to_owned())
}

async fn make_at_polar(env: &TestEnv, own: OwnPrice, currency: SoldIn) -> Result<String, String> {
    let (unit, count) = own.every();
    let (amount, code) = (currency.units(own.cents()), currency.lower());
    let price = match own {
        OwnPrice::Tiered => json!({
            "amount_type": "seat_based",
            "price_currency": code,
            "seat_tiers": { "tiers": [{ "min_seats": 1, "max_seats": null, "price_per_seat": amount }] },
        }),
        _ => json!({ "amount_type": "fixed", "price_amount": amount, "price_currency": code }),
    };
    let metadata = own.plan().map_or_else(|| json!({}), |plan| json!({ "dues_plan": plan }));
    let product = json!({
        "name": format!("{own:?}"),
        "recurring_interval": unit,
        "recurring_interval_count": count,
        "prices": [price],
        "metadata": metadata,
    });
    let made = env.try_call_polar(Method::POST, "products/", &product).await?;
    Ok(made["id"].as_str().unwrap().to_owned())
}
