//! The usage writer: commits the operations of many calls in groups.

use super::batch::{self, Operation, Outcome};
use crate::service::{
    ServiceError, Services,
    base::group_commit::{BatchWrite, WriteError},
};

/// The operations of one call. Each is decided for itself.
pub(in crate::service) struct Operations(Vec<Operation>);

impl BatchWrite for Operations {
    type Answer = Vec<Outcome>;

    const NAME: &'static str = "usage";

    fn len(&self) -> usize {
        self.0.len()
    }

    async fn write(services: &Services, calls: Vec<Self>) -> Result<Vec<Self::Answer>, WriteError> {
        let sizes: Vec<_> = calls.iter().map(Self::len).collect();
        let operations: Vec<_> = calls.into_iter().flat_map(|call| call.0).collect();
        let mut outcomes = batch::write(services, &operations).await?.into_iter();
        Ok(sizes.into_iter().map(|size| outcomes.by_ref().take(size).collect()).collect())
    }
}

impl Services {
    /// Commits operations through the group commit. Returns one outcome for each, in order.
    pub(super) async fn write_usage(&self, operations: Vec<Operation>) -> Result<Vec<Outcome>, ServiceError> {
        match self.0.usage_writer.write(&self.0, Operations(operations)).await {
            Ok(outcomes) => Ok(outcomes),
            Err(WriteError::NotWritten) => Err(ServiceError::UsageBusy),
            Err(WriteError::Unknown) => Err(ServiceError::UsageUnknown),
        }
    }
}
