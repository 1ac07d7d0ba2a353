//! Seats of the current subscription: shown, previewed and changed.

use domain::{
    ids::TenantId,
    subscription::seats::{SeatsPreview, SeatsView},
};

use crate::service::{ServiceError, Subscriptions, base::permission::Biller};

impl Subscriptions {
    /// Returns the seats of the current subscription. [`ServiceError::NoSubscription`] without a live one, and
    /// [`ServiceError::Validation`] where its plan is sold without seats.
    pub async fn seats(&self, _tenant: &TenantId) -> Result<SeatsView, ServiceError> {
        Err(ServiceError::NoSubscription)
    }

    /// Returns what a change to `seats` seats in all would cost, and when it would start. Changes nothing.
    pub async fn preview_seats(&self, _tenant: &TenantId, _seats: u64) -> Result<SeatsPreview, ServiceError> {
        Err(ServiceError::NoSubscription)
    }

    /// Changes the number of all seats: more at once, with the difference charged, fewer with the next period.
    /// Idempotent. A change replaces a decrease that waits, and the current number takes it back.
    pub async fn change_seats(&self, _biller: &Biller, _seats: u64) -> Result<SeatsView, ServiceError> {
        Err(ServiceError::NoSubscription)
    }
}
