//! A change of an item of a subscription.

use serde_json::{Value, json};

/// What becomes of an item of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ItemChange {
    Added {
        price: String,
        quantity: u64,
    },
    /// `price` is `None` where the item keeps its own.
    Changed {
        id: String,
        price: Option<String>,
        quantity: u64,
    },
    Deleted {
        id: String,
    },
}

impl ItemChange {
    /// The item in the form of the update of a subscription.
    pub(super) fn form(&self) -> Value {
        match self {
            Self::Added { price, quantity } => json!({ "price": price, "quantity": quantity }),
            Self::Changed { id, price: None, quantity } => json!({ "id": id, "quantity": quantity }),
            Self::Changed { id, price: Some(price), quantity } => {
                json!({ "id": id, "price": price, "quantity": quantity })
            }
            Self::Deleted { id } => json!({ "id": id, "deleted": true }),
        }
    }
}
