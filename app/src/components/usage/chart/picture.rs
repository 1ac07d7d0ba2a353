//! What a chart shows.

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
    /// Plan of the limit; `None` for a custom limit.
    pub(crate) plan: Option<&'a str>,
    pub(crate) step: Step,
    pub(crate) points: &'a [Span],
    /// Starts of the counter's periods.
    pub(crate) reset_times: &'a [Timestamp],
    /// When the limit is reached at the current pace.
    pub(crate) reached_at: Option<Timestamp>,
    /// Text alternative of the chart.
    pub(crate) description: String,
}
