//! The scale of the value axis.

/// Vertical range of the total's plot, in pixels from the top.
pub(super) const TOTAL: (f64, f64) = (24.0, 274.0);

#[expect(clippy::cast_precision_loss, reason = "the chart needs no more precision than a pixel")]
pub(super) const fn figure(value: u64) -> f64 {
    value as f64
}

/// Converts a value to pixels from the top of the chart. `top` is the highest value on the axis.
pub(super) fn height(value: u64, top: f64) -> f64 {
    TOTAL.1 - (TOTAL.1 - TOTAL.0) * figure(value) / top
}
