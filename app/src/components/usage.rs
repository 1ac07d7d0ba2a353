//! Usage of a feature: meter, trend and chart.

pub(crate) mod chart;
pub(crate) mod download;
pub(crate) mod meter;
pub(crate) mod pace;
pub(crate) mod readings;
pub(crate) mod trend;
