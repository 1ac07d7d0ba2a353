//! Concurrency limit for writes by callers without an account, such as counts of attempts.
//!
//! A flood of such writes must not form a long queue in front of other writers.

use crate::{
    identity::{
        ClientAddress,
        fair_queue::{FairQueue, Permit, QueueClient, QueueLimits},
    },
    service::ServiceError,
};

const LIMITS: QueueLimits =
    QueueLimits { name: "anonymous-write", at_once: 2, reserved_for_known: 0, waiting: 64, max_waiting_per_client: 48 };
const RETRY_AFTER_SECS: i64 = 2;

/// The permits of this node to write for callers without an account.
pub(in crate::service) struct AnonymousWrites(FairQueue);

impl Default for AnonymousWrites {
    fn default() -> Self {
        Self(FairQueue::new(LIMITS))
    }
}

impl AnonymousWrites {
    /// Waits for a permit to write for a caller without an account. Hold it until the write ends.
    ///
    /// Permits are granted fairly among networks. [`ServiceError::Busy`] when the queue is full. Hold no connection
    /// across this call.
    pub(in crate::service) async fn permit(&self, from: ClientAddress) -> Result<Permit, ServiceError> {
        let permit = self.0.permit(QueueClient::Network(Some(from.network()))).await;
        permit.ok_or(ServiceError::Busy { retry_after_secs: RETRY_AFTER_SECS })
    }
}
