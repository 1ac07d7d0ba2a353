//! What is earned.

use domain::revenue::{Revenue, revenue};

use super::{
    super::{ServiceError, Services},
    Operator,
};

impl Services {
    /// What all subscriptions come to in a month, at list prices.
    pub async fn desk_revenue(&self, _: &Operator) -> Result<Revenue, ServiceError> {
        let counted = self.store().read().await?.link().count_subscriptions().await?;
        Ok(revenue(self.catalog(), &counted))
    }
}
