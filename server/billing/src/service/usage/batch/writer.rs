//! The usage writer: commits the operations of many calls in groups.

use std::sync::Arc;

use super::{Operation, Operations, Outcome, write};
use crate::service::{
    Core, ServiceError, Usage,
    base::group_commit::{BatchWrite, WriteError},
};

impl BatchWrite for Operations {
    type Context = Core;
    type Answer = Vec<Outcome>;

    const NAME: &'static str = "usage";

    fn len(&self) -> usize {
        self.0.len()
    }

    async fn write(core: &Arc<Core>, calls: Vec<Self>) -> Result<Vec<Self::Answer>, WriteError> {
        let sizes: Vec<_> = calls.iter().map(Self::len).collect();
        let operations: Arc<[_]> = calls.into_iter().flat_map(|call| call.0).collect();
        let mut outcomes = write(&core.usage(), &operations).await?.into_iter();
        Ok(sizes.into_iter().map(|size| outcomes.by_ref().take(size).collect()).collect())
    }
}

impl Usage {
    /// Commits operations through the group commit. Returns one outcome for each, in order.
    pub(in crate::service::usage) async fn write_usage(
        &self,
        operations: Vec<Operation>,
    ) -> Result<Vec<Outcome>, ServiceError> {
        match self.0.usage_writer.write(&self.0, Operations(operations)).await {
            Ok(outcomes) => Ok(outcomes),
            Err(WriteError::NotWritten) => Err(ServiceError::UsageBusy),
            Err(WriteError::Unknown) => Err(ServiceError::UsageUnknown),
        }
    }
}
