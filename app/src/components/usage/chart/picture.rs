//! What a chart shows.

use std::borrow::Cow;

use domain::{
    catalog::Feature,
    entitlement::{
        FeatureUsage,
        history::{Span, Step, projection::Projection},
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
    /// Where the last step is cut; `None` for a range that has ended.
    pub(crate) now: Option<Timestamp>,
    /// Where usage leads from `now`; with `None` the chart looks at the past only.
    pub(crate) projection: Option<Projection>,
    /// Text alternative of the chart.
    pub(crate) description: Cow<'static, str>,
}
