//! An account that sells in two currencies.

use billing::store::testing::Engine;
use domain::{
    catalog::{Pricing, file::default_catalog},
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
        Self::selling(engine, catalog).await
    }
}
