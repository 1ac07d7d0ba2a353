//! What the stand-ins for Stripe and Polar share: intervals, periods and test cards.

pub(crate) mod card;
pub(crate) mod interval;
pub(crate) mod period;

/// The merchant's name on pages and invoices.
pub(crate) const MERCHANT: &str = "Dues";
