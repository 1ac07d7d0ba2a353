//! The pages under `/settings/billing`.

pub(crate) mod activity;
