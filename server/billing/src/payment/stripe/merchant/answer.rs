//! The fields of Stripe's objects that only white-label reads.

use serde::Deserialize;

pub(super) use crate::payment::stripe::answer::Page as Listed;
use crate::payment::stripe::answer::{Expandable, Item, List, Object};

#[derive(Deserialize)]
pub(super) struct Customer {
    pub id: String,
    pub email: Option<String>,
    pub name: Option<String>,
    /// Missing for a deleted customer.
    pub created: Option<i64>,
    #[serde(default)]
    pub deleted: bool,
}

#[derive(Deserialize)]
pub(super) struct Product {
    pub id: String,
    pub name: String,
    pub description: Option<String>,
    pub default_price: Option<Expandable<Object>>,
}

#[derive(Deserialize)]
pub(super) struct Subscription {
    pub id: String,
    pub customer: Expandable<Customer>,
    pub status: String,
    pub items: List<Item>,
    /// Set by Stripe API versions before 2025-03-31. Later versions set it on the items.
    pub current_period_end: Option<i64>,
    pub cancel_at_period_end: bool,
    pub cancel_at: Option<i64>,
}
