//! How a part of a plan is called at Stripe: in ids, names and metadata.

use std::collections::HashMap;

use domain::{catalog::Plan, ids::PlanId};

use crate::payment::{
    price_map::PricePart,
    stripe::subscription::{PART_METADATA, SEAT, plan_metadata},
};

/// Returns the beginning of the ids of products and of the lookup keys of prices. A plan's id can't contain the rest.
pub(super) const fn key_of(part: PricePart) -> &'static str {
    match part {
        PricePart::Plan => "dues",
        PricePart::Seat => "dues-seat",
    }
}

/// Returns the name on Stripe's pages and invoices.
pub(super) fn name_of(plan: &Plan, part: PricePart) -> String {
    match part {
        PricePart::Plan => plan.name.clone(),
        PricePart::Seat => format!("{} seat", plan.name),
    }
}

/// Returns the metadata of a price or product that sells the plan or its seats.
pub(super) fn metadata_of(plan: &PlanId, part: PricePart) -> HashMap<String, String> {
    let mut metadata = plan_metadata(plan);
    if part == PricePart::Seat {
        metadata.insert(PART_METADATA.to_owned(), SEAT.to_owned());
    }
    metadata
}
