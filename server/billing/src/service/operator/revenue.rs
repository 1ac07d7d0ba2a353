//! Revenue of the installation.

use domain::subscription::revenue::{Revenue, revenue};

use super::{
    super::{Operators, ServiceError},
    Operator,
};

impl Operators {
    /// Returns the monthly recurring revenue of all subscriptions, at list prices.
    pub async fn desk_revenue(&self, _: &Operator) -> Result<Revenue, ServiceError> {
        let counted = self.store().read().await?.connection().count_subscriptions().await?;
        Ok(revenue(self.catalog(), &counted))
    }
}
