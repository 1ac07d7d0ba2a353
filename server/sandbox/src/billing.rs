//! Rules of billing that Stripe and Polar share.

pub(crate) mod period;
