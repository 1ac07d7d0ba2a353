//! Writes that callers without an account cause: counts of their tries, their requests. A few at a time, so that a flood of them is
//! never a long queue in front of other writers.

use super::{ServiceError, Services};
use crate::identity::{
    ClientAddress,
    lane::{Asker, LaneSize, Permit},
};

pub(super) const ANONYMOUS_WRITES: LaneSize =
    LaneSize { name: "anonymous-write", at_once: 2, kept_for_known: 0, waiting: 64, waiting_each: 48 };
const RETRY_AFTER_SECS: i64 = 2;

impl Services {
    /// A permit to write for a caller without an account, to be held meanwhile. Networks take turns. [`ServiceError::Busy`] when as
    /// many wait as may. Hold no connection over this.
    pub(super) async fn anonymous_write(&self, from: ClientAddress) -> Result<Permit, ServiceError> {
        let permit = self.0.anonymous_writes.permit(Asker::Network(Some(from.network()))).await;
        permit.ok_or(ServiceError::Busy { retry_after_secs: RETRY_AFTER_SECS })
    }
}
