//! Events as the event writer stores them.

use domain::subscription::Provider;

use crate::{payment::ProviderEvent, service::Cause, trace::TraceContext};

/// The events of one webhook or of one page of the provider's list.
#[derive(Clone, Debug)]
pub(in crate::service) struct Events {
    pub(super) from: Provider,
    pub(super) all: Vec<ProviderEvent>,
    /// [`Cause::Webhook`] or [`Cause::Listed`].
    pub(super) cause: Cause,
    /// The trace of the request, in which the jobs run.
    pub(super) trace: TraceContext,
}
