//! Names, buckets and descriptions of the metrics that use cases and the worker record. `docs/telemetry.md` lists them.
//!
//! No label is a text from a request: labels are kinds that the code names.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

pub(crate) const GROUP_COMMIT_CALLS: &str = "dues_group_commit_calls";
pub(crate) const GROUP_COMMIT_SECONDS: &str = "dues_group_commit_duration_seconds";
pub(crate) const GROUP_COMMIT_WAITING: &str = "dues_group_commit_waiting_calls";
pub(crate) const GROUP_COMMIT_REFUSED: &str = "dues_group_commit_refused_total";
pub(crate) const JOB_SECONDS: &str = "dues_job_duration_seconds";
pub(crate) const PROVIDER_CALL_SECONDS: &str = "dues_provider_call_duration_seconds";
pub(crate) const WEBHOOK_DELIVERY_SECONDS: &str = "dues_webhook_delivery_duration_seconds";

const CALL_BOUNDS: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];
const COMMIT_BOUNDS_SECS: [f64; 10] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 5.0];
const OUTBOUND_BOUNDS_SECS: [f64; 9] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0];

/// Each histogram of this crate with the upper bounds of its buckets, beside that of housekeeping.
pub const HISTOGRAMS: [(&str, &[f64]); 5] = [
    (GROUP_COMMIT_CALLS, &CALL_BOUNDS),
    (GROUP_COMMIT_SECONDS, &COMMIT_BOUNDS_SECS),
    (JOB_SECONDS, &OUTBOUND_BOUNDS_SECS),
    (PROVIDER_CALL_SECONDS, &OUTBOUND_BOUNDS_SECS),
    (WEBHOOK_DELIVERY_SECONDS, &OUTBOUND_BOUNDS_SECS),
];

/// Describes these metrics for `GET /metrics`.
pub fn describe() {
    describe_histogram!(GROUP_COMMIT_CALLS, "Calls that one transaction wrote, by writer.");
    describe_histogram!(
        GROUP_COMMIT_SECONDS,
        Unit::Seconds,
        "How long the transaction of a batch took, its commit included, by writer."
    );
    describe_gauge!(GROUP_COMMIT_WAITING, "Calls that still waited when the last batch was taken, by writer.");
    describe_counter!(GROUP_COMMIT_REFUSED, "Calls that found the queue full and were not written, by writer.");
    describe_histogram!(JOB_SECONDS, Unit::Seconds, "How long a run of a job took, by lane and outcome.");
    describe_histogram!(
        PROVIDER_CALL_SECONDS,
        Unit::Seconds,
        "How long a call to the payment provider took, by provider, resource and outcome."
    );
    describe_histogram!(
        WEBHOOK_DELIVERY_SECONDS,
        Unit::Seconds,
        "How long a try to deliver a webhook message took, by outcome."
    );
}

/// A number for a gauge or a histogram.
pub(crate) fn as_float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
