//! One subscription of a provider's answer: understood, or what can be said of it all the same.

use domain::subscription::UnmanagedReason;

use super::FetchedSubscription;

/// A price (Stripe) or product (Polar) that is paid for and that no plan sells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsold {
    /// The provider's id.
    pub price: String,
    /// "Support, $50.00 a month"
    pub described: String,
}

/// A subscription that the provider has and that can't be understood. Nothing is known of it but this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddSubscription {
    pub id: String,
    pub customer: Option<String>,
    /// Never [`UnmanagedReason::NoPlan`] nor [`UnmanagedReason::Moved`], which only what is stored can tell.
    pub reason: UnmanagedReason,
    pub described: String,
    /// The status that is not known, or what could not be read.
    pub detail: Option<String>,
}

/// One subscription of a provider's answer. What can't be understood of one says nothing about the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubscriptionAnswer {
    Fetched(Box<FetchedSubscription>),
    Odd(OddSubscription),
}

impl SubscriptionAnswer {
    /// `None` for one that can't be understood.
    pub fn fetched(self) -> Option<FetchedSubscription> {
        match self {
            Self::Fetched(fetched) => Some(*fetched),
            Self::Odd(_) => None,
        }
    }

    pub fn id(&self) -> &str {
        match self {
            Self::Fetched(fetched) => &fetched.id,
            Self::Odd(odd) => &odd.id,
        }
    }

    /// Whose it is; `None` where not even that can be read.
    pub fn customer(&self) -> Option<&str> {
        match self {
            Self::Fetched(fetched) => Some(&fetched.customer),
            Self::Odd(odd) => odd.customer.as_deref(),
        }
    }
}

/// What was asked for by its id: an answer without that id is one that can't be understood, and no word that there is none.
pub(super) fn of_id(id: &str, answers: Vec<SubscriptionAnswer>) -> SubscriptionAnswer {
    let odd = || OddSubscription {
        id: id.to_owned(),
        customer: None,
        reason: UnmanagedReason::Unreadable,
        described: "A subscription".to_owned(),
        detail: Some("it was answered under another id".to_owned()),
    };
    let own = answers.into_iter().find(|answer| answer.id() == id);
    own.unwrap_or_else(|| SubscriptionAnswer::Odd(odd()))
}
