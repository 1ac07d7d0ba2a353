//! The search of the operator desk: tenants and people.

use domain::ids::TenantId;

use super::{
    super::{Operators, ServiceError},
    OPERATOR_PAGE_ROWS, Operator, TenantSelection, TenantsPage, TenantsQuery,
    tenants::search_text,
};
pub use crate::store::tenant::tenants::desk_search::{FoundMembership, FoundPerson};

/// The minimum length of a part of an address. A shorter text finds no people, because it is in too many addresses.
const MIN_ADDRESS_CHARS: usize = 3;

/// What a search found.
#[derive(Clone, Debug)]
pub enum SearchResult {
    /// The text names exactly one tenant: by its id, external id, customer, subscription or a member's whole address.
    Tenant(TenantId),
    Matches(Box<SearchMatches>),
}

/// Tenants and people that match a search.
#[derive(Clone, Debug)]
pub struct SearchMatches {
    /// The query of the list of tenants that the search stands for.
    pub query: TenantsQuery,
    pub tenants: TenantsPage,
    /// By address; a person is listed once for each of their workspaces.
    pub people: Vec<FoundPerson>,
    /// Whether more people match.
    pub has_more_people: bool,
}

impl Operators {
    /// Searches tenants and people. Runs a constant number of statements. Names and parts of addresses are found by a
    /// scan of all tenants and accounts, everything else by an index.
    pub async fn desk_search(&self, operator: &Operator, text: &str) -> Result<SearchResult, ServiceError> {
        let text = search_text(text);
        let mut people = Vec::new();
        if !text.is_empty() {
            let mut reader = self.store().read().await?;
            let named = reader.connection().find_named_tenants(&text).await?;
            if let [tenant] = named.as_slice() {
                return Ok(SearchResult::Tenant(tenant.clone()));
            }
            if text.chars().count() >= MIN_ADDRESS_CHARS {
                people = reader.connection().list_people(&text).await?;
            }
        }
        let has_more_people = people.len() > OPERATOR_PAGE_ROWS;
        people.truncate(OPERATOR_PAGE_ROWS);
        let query = TenantsQuery { search: text, which: TenantSelection::All, after: None };
        let tenants = self.operator_tenants(operator, &query).await?;
        Ok(SearchResult::Matches(Box::new(SearchMatches { query, tenants, people, has_more_people })))
    }
}
