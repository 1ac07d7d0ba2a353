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

impl TestCard {
    /// Number, behaviour, and description for the page.
    pub(crate) const ALL: [(&str, Self, &str); 4] = [
        ("4242 4242 4242 4242", Self::Pays, "Pays"),
        ("4000 0000 0000 0002", Self::IsDeclined, "Is declined"),
        ("4000 0025 0000 3155", Self::AsksForAuthentication, "Asks for authentication, then pays"),
        ("4000 0000 0000 0341", Self::FailsWhenCharged, "Is accepted, then every charge fails"),
    ];

    pub(crate) fn of_number(number: &str) -> Option<Self> {
        let digits = |text: &str| text.chars().filter(|c| !matches!(c, ' ' | '-')).collect::<String>();
        Self::ALL.iter().find(|(known, ..)| digits(known) == digits(number)).map(|(_, card, _)| *card)
    }

    pub(crate) fn last4(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, card, _)| *card == self)
            .and_then(|(number, ..)| number.get(15..))
            .unwrap_or_default()
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
