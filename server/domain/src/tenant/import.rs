//! Imports: tenants made from customers that pay at a payment provider already.

pub mod csv;
pub mod outcome;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use crate::ids::ImportId;
use crate::{
    catalog::Cycle,
    ids::{PlanId, TenantId},
    money::{Currency, Money},
    subscription::{BillingInterval, Provider, ProviderStatus},
    time::Timestamp,
};

/// The maximum length of an uploaded CSV in bytes.
pub const CSV_MAX_BYTES: usize = 16 * 1024 * 1024;
/// The maximum number of rows of an uploaded CSV, without its header.
pub const CSV_MAX_ROWS: usize = 50_000;
/// How many rows a page of an import has.
pub const ROWS_PER_PAGE: usize = 50;
/// How many rows of a dry run can be selected at once.
pub const MAX_SELECTED_ROWS: usize = 1_000;

/// What an operator starts an import with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRequest {
    pub provider: Provider,
    pub source: ImportSource,
    /// Whether the import only reports what would come of each row.
    pub is_dry_run: bool,
}

/// Where the rows of an import come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportSource {
    /// All customers of the installation's account at the provider.
    Account(ExternalIdSource),
    /// The text of a CSV with the columns `external_id`, `name`, `email` and `stripe_customer_id` (Polar:
    /// `polar_customer_id`).
    Csv(String),
}

/// Where the external id of a customer's tenant comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExternalIdSource {
    /// The value of this key of the customer's metadata.
    Metadata(String),
    /// The customer's e-mail address.
    Email,
    /// The provider's id of the customer.
    Customer,
}

/// The text does not name a source of external ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the external id comes from metadata.KEY, email or customer")]
pub struct InvalidExternalIdSource;

/// The maximum length of a key of a customer's metadata in characters.
const METADATA_KEY_MAX_CHARS: usize = 100;
const METADATA_PREFIX: &str = "metadata.";

impl std::str::FromStr for ExternalIdSource {
    type Err = InvalidExternalIdSource;

    fn from_str(text: &str) -> Result<Self, InvalidExternalIdSource> {
        match text {
            "email" => Ok(Self::Email),
            "customer" => Ok(Self::Customer),
            _ => {
                let key = text.strip_prefix(METADATA_PREFIX).ok_or(InvalidExternalIdSource)?;
                let fits = (1..=METADATA_KEY_MAX_CHARS).contains(&key.chars().count());
                let is_plain = !key.chars().any(char::is_control);
                if fits && is_plain { Ok(Self::Metadata(key.to_owned())) } else { Err(InvalidExternalIdSource) }
            }
        }
    }
}

impl std::fmt::Display for ExternalIdSource {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Metadata(key) => write!(out, "{METADATA_PREFIX}{key}"),
            Self::Email => out.write_str("email"),
            Self::Customer => out.write_str("customer"),
        }
    }
}

/// How far an import has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    /// Reads the account's customers.
    Reading,
    /// Reads the subscriptions of each row and decides its outcome.
    Planning,
    /// Makes and links the tenants.
    Writing,
    Done,
    Failed,
    Canceled,
}

crate::all_variants!(ImportState { Reading, Planning, Writing, Done, Failed, Canceled });

impl ImportState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Planning => "planning",
            Self::Writing => "writing",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    /// Whether the import goes on without an operator.
    pub const fn is_running(self) -> bool {
        matches!(self, Self::Reading | Self::Planning | Self::Writing)
    }
}

/// The text is not the state of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such state of an import")]
pub struct UnknownImportState;

impl std::str::FromStr for ImportState {
    type Err = UnknownImportState;

    fn from_str(text: &str) -> Result<Self, UnknownImportState> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(UnknownImportState)
    }
}

/// What comes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ImportOutcome {
    /// The tenant gets the plan of its subscription.
    Adopt,
    /// The tenant exists and is linked to this customer.
    Already,
    /// No live subscription: the tenant is made and linked, so that no second customer follows.
    NoSubscription,
    /// No plan sells the price: the tenant is made and linked, without a plan.
    UnmappedPrice,
    /// More than one live subscription: the tenant gets the best plan among them.
    SeveralSubscriptions,
    /// The row contradicts another row or an existing tenant: nothing is made.
    Conflict,
    /// The customer lacks the source of the external id: nothing is made.
    NoExternalId,
}

crate::all_variants!(
    /// In display order.
    ImportOutcome {
        Adopt,
        Already,
        NoSubscription,
        UnmappedPrice,
        SeveralSubscriptions,
        Conflict,
        NoExternalId,
    }
);

impl ImportOutcome {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Adopt => "adopt",
            Self::Already => "already",
            Self::NoSubscription => "no_subscription",
            Self::UnmappedPrice => "unmapped_price",
            Self::SeveralSubscriptions => "several_subscriptions",
            Self::Conflict => "conflict",
            Self::NoExternalId => "no_external_id",
        }
    }

    /// Whether an import makes and links the tenant of such a row.
    pub const fn links_tenant(self) -> bool {
        matches!(self, Self::Adopt | Self::NoSubscription | Self::UnmappedPrice | Self::SeveralSubscriptions)
    }
}

/// The text is not the outcome of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such outcome of a row")]
pub struct UnknownImportOutcome;

impl std::str::FromStr for ImportOutcome {
    type Err = UnknownImportOutcome;

    fn from_str(text: &str) -> Result<Self, UnknownImportOutcome> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text).ok_or(UnknownImportOutcome)
    }
}

/// An import in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportSummary {
    pub id: ImportId,
    pub provider: Provider,
    /// `csv`, or where the external ids come from: `metadata.KEY`, `email` or `customer`.
    pub source: String,
    pub is_dry_run: bool,
    pub state: ImportState,
    /// How many rows have each outcome, of those decided so far. An outcome without rows is left out.
    pub counts: BTreeMap<ImportOutcome, u64>,
    /// How many rows were read so far.
    pub read: u64,
    /// How many tenants were made or linked so far.
    pub written: u64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Who started it: an operator's e-mail address, or `command line`.
    pub created_by: String,
    /// Why it failed, or why it waits to try again.
    pub error: Option<String>,
}

/// An import with its totals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportReport {
    pub summary: ImportSummary,
    /// By currency.
    pub totals: Vec<ImportTotal>,
    /// The prices that no plan sells; those with the most customers first.
    pub prices: Vec<UnmappedPrice>,
}

/// What the rows with a live subscription pay in a currency, before discounts and tax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportTotal {
    pub currency: Currency,
    pub subscriptions: u64,
    /// The sum for a month: a twelfth of what they cost in a year. Only the sum is rounded.
    pub monthly: Money,
}

/// A price at the provider that no plan sells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnmappedPrice {
    /// The provider's id of the price.
    pub price: String,
    /// Name and price as people read them, such as `Support, $50.00 a month`.
    pub described: String,
    /// How many customers pay it.
    pub customers: u64,
    /// The catalog line that maps it to a plan.
    pub line: String,
}

/// A customer in an import, with what comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRow {
    /// From 1, in the order of the source.
    pub position: u64,
    pub external_id: Option<String>,
    pub name: String,
    pub email: String,
    /// The provider's id of the customer.
    pub customer: String,
    pub outcome: ImportOutcome,
    pub plan: Option<PlanId>,
    pub cycle: Option<Cycle>,
    /// How often it is billed, where that is not once a cycle.
    pub interval: Option<BillingInterval>,
    pub seats: Option<u64>,
    /// What it costs each time it is billed, before discounts and tax.
    pub price: Option<Money>,
    pub status: Option<ProviderStatus>,
    pub period_end: Option<Timestamp>,
    /// What is wrong with a conflict and what to do.
    pub detail: Option<String>,
    /// The tenant that the import made or found.
    pub tenant: Option<TenantId>,
}

/// A page of the rows of an import whose outcome is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRowPage {
    /// In the order of the source.
    pub rows: Vec<ImportRow>,
    /// `after` of the next page; `None` on the last.
    pub next: Option<u64>,
}

/// The rows of a finished dry run that a real import is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdoptRows {
    All,
    /// By position, at most [`MAX_SELECTED_ROWS`].
    Selected(Vec<u64>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_of_external_ids_are_named() {
        for text in ["email", "customer", "metadata.org", "metadata.a.b c"] {
            assert_eq!(text.parse::<ExternalIdSource>().unwrap().to_string(), text);
        }
        for bad in ["", "metadata", "metadata.", "Email", "metadata.a\n", &format!("metadata.{}", "x".repeat(101))] {
            assert_eq!(bad.parse::<ExternalIdSource>(), Err(InvalidExternalIdSource), "{bad:?}");
        }
    }

    #[test]
    fn states_and_outcomes_are_stored_by_name() {
        for state in ImportState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        for outcome in ImportOutcome::ALL {
            assert_eq!(outcome.as_str().parse(), Ok(outcome));
        }
    }
}
