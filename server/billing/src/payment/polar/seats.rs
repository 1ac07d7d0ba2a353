//! Seats of a subscription, changed through the API.

use http::Method;
use serde_json::json;

use super::{Polar, answer, client::optional, unknown_subscription};
use crate::payment::{ChangeStart, ProviderError, SubscriptionAnswer, SubscriptionChange};

impl Polar {
    /// Changes the seats of a subscription (Polar: "Update a subscription"). With `invoice`, Polar applies the change
    /// only if its payment succeeds.
    pub(super) async fn change_seats(
        &self,
        change: &SubscriptionChange,
        start: ChangeStart,
    ) -> Result<(), ProviderError> {
        let SubscriptionChange { subscription: id, plan, cycle, seats } = change;
        let current = match self.subscription(id).await? {
            Some(SubscriptionAnswer::Fetched(current)) => current,
            Some(SubscriptionAnswer::Unreadable(_)) | None => return Err(unknown_subscription(id)),
        };
        let (Some(seats), true) = (seats, current.bought.as_ref() == Some(&(plan.clone(), *cycle))) else {
            return Err(ProviderError::Unsupported);
        };
        let behavior = match start {
            ChangeStart::Now => "invoice",
            ChangeStart::NextPeriod => "next_period",
        };
        let body = json!({ "seats": seats, "proration_behavior": behavior });
        let path = format!("subscriptions/{id}");
        let changed = optional(self.client.send_idempotent::<answer::Object>(Method::PATCH, &path, &body).await)?;
        changed.ok_or_else(|| unknown_subscription(id))?;
        // Only now, so that a declined payment leaves what waits as it is.
        if start == ChangeStart::Now && current.details.pending_seats.is_some() {
            self.drop_pending(id).await?;
        }
        Ok(())
    }
}
