//! The organization that the key opens (Polar: "Organizations"), and the state of its customers.

use serde::Deserialize;

use super::{
    Polar,
    answer::{Customer, List, ListedEvent, Object, WholeList},
    client::optional,
    customer::unknown_customer,
    is_object_id, read_id,
};
use crate::payment::{
    AnotherObject, ProviderError,
    account::{CustomerState, ProviderAccount},
};

/// Page size of the list of organizations: Polar's maximum.
const ORGANIZATIONS: &str = "100";
/// Page size of one: a single subscription or event shows whether a customer is deleted.
const NEWEST: &str = "1";
/// Name of Polar's event for a deleted customer.
const DELETED: &str = "customer.deleted";
/// Source of the events that Polar itself creates. Events that are ingested through its API have another source.
const SYSTEM: &str = "system";

/// Why the organization of the key is unknown.
#[derive(Debug, thiserror::Error)]
enum NoOrganization {
    #[error("The key in POLAR_API_KEY opens no organization.")]
    None,
    #[error("The key in POLAR_API_KEY opens several organizations. Name one of them in POLAR_ORGANIZATION_ID.")]
    Several,
}

impl From<NoOrganization> for ProviderError {
    fn from(cause: NoOrganization) -> Self {
        Self::Rejected { reason: cause.to_string(), cause: cause.into() }
    }
}

/// The customer of a subscription; other fields are not read.
#[derive(Deserialize)]
struct SubscriptionCustomer {
    #[serde(default)]
    customer: Option<Customer>,
}

impl Polar {
    /// Returns the organization of the key; where it opens several, the one in the settings. Needs the scope
    /// `organizations:read`.
    pub(super) async fn account(&self) -> Result<ProviderAccount, ProviderError> {
        let query = [("limit", ORGANIZATIONS)];
        let WholeList { items } = self.client.get::<WholeList<Object>>("organizations/", &query).await?;
        let mut ids = items.into_iter().map(|item| item.id);
        let id = match (ids.next(), ids.next()) {
            (Some(only), None) => read_id(only)?,
            (None, _) => return Err(NoOrganization::None.into()),
            (Some(first), Some(second)) => {
                let mut all = [first, second].into_iter().chain(ids);
                all.find(|id| self.organization.as_deref() == Some(id)).ok_or(NoOrganization::Several)?
            }
        };
        Ok(ProviderAccount { id, mode: self.mode })
    }

    /// Fails with [`ProviderError::UnknownCustomer`] for an unknown customer. Called after an empty list, which Polar
    /// returns for an unknown customer as well as for a customer without objects.
    pub(super) async fn require_known(&self, customer: &str) -> Result<(), ProviderError> {
        match self.customer(customer).await? {
            CustomerState::Unknown => Err(unknown_customer()),
            CustomerState::Present | CustomerState::Deleted => Ok(()),
        }
    }

    /// Returns the state of a customer. Polar answers 404 for deleted and for unknown customers alike. A deletion is
    /// detected by `deleted_at` in the customer's subscriptions, or in Polar's event list if there are none.
    pub(super) async fn customer(&self, id: &str) -> Result<CustomerState, ProviderError> {
        if !is_object_id(id) {
            return Ok(CustomerState::Unknown);
        }
        let found = optional(self.client.get::<Customer>(&format!("customers/{id}"), &[]).await)?;
        if let Some(found) = found {
            if found.id != id {
                return Err(AnotherObject("customer").into());
            }
            return Ok(state(&found));
        }
        let query = [("customer_id", id), ("limit", NEWEST)];
        let listed: List<SubscriptionCustomer> = self.client.get("subscriptions/", &query).await?;
        let owner =
            listed.items.into_iter().find_map(|subscription| subscription.customer).filter(|owner| owner.id == id);
        match owner.as_ref().map(state) {
            Some(CustomerState::Deleted) => Ok(CustomerState::Deleted),
            // The subscription shows a customer that is not deleted, but Polar answers 404 for the customer's id. This
            // contradiction does not prove a deletion.
            Some(CustomerState::Present | CustomerState::Unknown) => Ok(CustomerState::Unknown),
            None => self.find_deletion_event(id).await,
        }
    }

    /// Returns [`CustomerState::Deleted`] where Polar's system recorded the deletion, else [`CustomerState::Unknown`].
    /// An error that a retry can't resolve also counts as `Unknown`, such as a key without the scope `events:read`.
    async fn find_deletion_event(&self, id: &str) -> Result<CustomerState, ProviderError> {
        let query = [("customer_id", id), ("name", DELETED), ("source", SYSTEM), ("limit", NEWEST)];
        let listed: List<ListedEvent> = match self.client.get("events/", &query).await {
            Ok(listed) => listed,
            Err(error) if error.is_retryable() => return Err(error.into()),
            Err(_) => return Ok(CustomerState::Unknown),
        };
        let is_deletion = |event: &ListedEvent| {
            event.name.as_deref() == Some(DELETED)
                && event.source.as_deref() == Some(SYSTEM)
                && event.customer_id.as_deref() == Some(id)
        };
        let is_deleted = listed.items.iter().any(is_deletion);
        Ok(if is_deleted { CustomerState::Deleted } else { CustomerState::Unknown })
    }
}

fn state(customer: &Customer) -> CustomerState {
    if customer.deleted_at.is_some() { CustomerState::Deleted } else { CustomerState::Present }
}
