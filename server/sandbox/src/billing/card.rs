//! Test cards, which both providers accept, and the fields of a card form.

use serde::{Deserialize, Serialize};

/// The behaviour of a test card ("Testing" in Stripe's documentation).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TestCard {
    Pays,
    IsDeclined,
    AsksForAuthentication,
    FailsWhenCharged,
}

domain::all_variants!(
    /// In the order in which the payment pages list them.
    TestCard { Pays, IsDeclined, AsksForAuthentication, FailsWhenCharged }
);

impl TestCard {
    pub(crate) const fn number(self) -> &'static str {
        match self {
            Self::Pays => "4242 4242 4242 4242",
            Self::IsDeclined => "4000 0000 0000 0002",
            Self::AsksForAuthentication => "4000 0025 0000 3155",
            Self::FailsWhenCharged => "4000 0000 0000 0341",
        }
    }

    /// The description on the page.
    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::Pays => "Pays",
            Self::IsDeclined => "Is declined",
            Self::AsksForAuthentication => "Asks for authentication, then pays",
            Self::FailsWhenCharged => "Can be stored, but every charge fails",
        }
    }

    pub(crate) fn of_number(number: &str) -> Option<Self> {
        let digits = |text: &str| text.chars().filter(|c| !matches!(c, ' ' | '-')).collect::<String>();
        Self::ALL.into_iter().find(|card| digits(card.number()) == digits(number))
    }

    pub(crate) fn last4(self) -> &'static str {
        self.number().get(15..).unwrap_or_default()
    }
}

/// The fields of a submitted card form.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CardEntry {
    pub(crate) card: TestCard,
    pub(crate) exp_month: u8,
    pub(crate) exp_year: u16,
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
}
