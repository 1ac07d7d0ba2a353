//! What the stand-ins for Stripe and Polar share: intervals, periods and test cards.

pub(crate) mod card;
pub(crate) mod interval;
pub(crate) mod period;
