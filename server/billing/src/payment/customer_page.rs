//! A page of an account's customers.

use std::collections::BTreeMap;

/// A page of the list of an account's customers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomerPage {
    pub customers: Vec<ListedCustomer>,
    /// Cursor of the next page; `None` on the last.
    pub next: Option<String>,
}

/// A customer in the list of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedCustomer {
    /// The provider's id.
    pub id: String,
    pub name: Option<String>,
    pub email: Option<String>,
    /// Texts, and whole numbers as texts. Other values are left out.
    pub metadata: BTreeMap<String, String>,
    pub is_deleted: bool,
}
