//! What a chart shows.

use std::borrow::Cow;

use domain::{
    catalog::Feature,
    entitlement::{
        FeatureUsage,
        history::{Span, Step},
    },
    time::Timestamp,
};

/// The input of [`chart`](super::chart).
pub(crate) struct Picture<'a> {
    pub(crate) feature: &'a Feature,
    pub(crate) usage: &'a FeatureUsage,
    /// Name of the plan that the limit belongs to; `None` for a custom limit.
    pub(crate) plan: Option<&'a str>,
    pub(crate) step: Step,
    pub(crate) points: &'a [Span],
    /// Starts of the counter's periods.
    pub(crate) reset_times: &'a [Timestamp],
    /// When the limit is reached at the current pace; with `None` the chart has no projection.
    pub(crate) reached_at: Option<Timestamp>,
    /// Text alternative of the chart.
    pub(crate) description: Cow<'static, str>,
}
