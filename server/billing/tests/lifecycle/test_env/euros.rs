//! An account that sells in two currencies.

use axum::http::Method;
use billing::store::testing::Engine;
use domain::{
    catalog::{Cycle, Pricing, file::default_catalog},
    money::Currency,
};

use super::TestEnv;

impl TestEnv {
    /// Starts with euro prices of all plans but Business, each a dollar less than in dollars.
    pub(crate) async fn with_euros(engine: Engine) -> Self {
        let euro: Currency = "EUR".parse().unwrap();
        let mut catalog = default_catalog();
        for plan in catalog.plans.iter_mut().filter(|plan| plan.id.as_str() != "business") {
            let Pricing::Paid(cycles) = &mut plan.pricing else { continue };
            for prices in cycles.values_mut() {
                let dollars = prices[&Currency::USD];
                prices.insert(euro, dollars - 100);
            }
        }
        let env = Self::selling(engine, catalog).await;
        let paid = env.catalog.plans.iter().filter(|plan| plan.is_paid());
        for (plan, cycle) in paid.flat_map(|plan| Cycle::ALL.map(|cycle| (plan, cycle))) {
            let (Some(price), Some(amount)) = (env.prices.price(&plan.id, cycle), plan.price(cycle, euro)) else {
                continue;
            };
            let fields = format!("currency_options[eur][unit_amount]={}", amount.minor);
            env.call_stripe(Method::POST, &format!("/v1/prices/{price}?{fields}")).await;
        }
        env
    }
}
