//! Addresses and texts of customers, in the fields that Stripe and Polar share.

use domain::subscription::one_line;
use serde::Deserialize;

/// A postal address. A missing field is not known.
#[derive(Deserialize)]
pub(super) struct Address {
    line1: Option<String>,
    line2: Option<String>,
    postal_code: Option<String>,
    city: Option<String>,
    state: Option<String>,
    country: Option<String>,
}

impl Address {
    /// Returns the lines of the address, without empty ones.
    pub(super) fn lines(self) -> Vec<String> {
        let Self { line1, line2, postal_code, city, state, country } = self;
        let town: Vec<_> = [postal_code, city].into_iter().filter_map(printable).collect();
        let lines = [line1, line2, Some(town.join(" ")), state, country];
        lines.into_iter().filter_map(printable).collect()
    }
}

/// Makes a provider's text one line; `None` if nothing is left of it.
pub(super) fn printable(text: Option<String>) -> Option<String> {
    text.map(|text| one_line(&text)).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_no_empty_lines() {
        let address = r#"{"line1": "Hauptstr. 1", "line2": "", "postal_code": "10115", "city": "Berlin",
            "state": null, "country": "DE"}"#;
        let address: Address = serde_json::from_str(address).unwrap();
        assert_eq!(address.lines(), ["Hauptstr. 1", "10115 Berlin", "DE"]);
    }
}
