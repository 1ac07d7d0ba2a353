//! The card form of checkout and portal.

use maud::{Markup, html};

use crate::{
    billing::card::{CardEntry, TestCard},
    page::{self, input::Input},
    storage::Transaction,
};

/// The form's values: a test card that pays, or what was last submitted.
pub(crate) struct CardFields {
    email: Option<String>,
    number: String,
    expiry: String,
    cvc: String,
    name: String,
    wrong: Vec<(&'static str, &'static str)>,
    /// Why the charge was refused.
    refused: Option<String>,
}

impl CardFields {
    /// The prefilled form. It asks for an e-mail address only if `email` is given.
    pub(crate) fn fresh(email: Option<String>, name: String) -> Self {
        let number = TestCard::Pays.number().to_owned();
        Self {
            email,
            number,
            expiry: "12 / 34".to_owned(),
            cvc: "123".to_owned(),
            name,
            wrong: Vec::new(),
            refused: None,
        }
    }

    pub(crate) fn typed(input: &Input, asks_email: bool) -> Self {
        let text = |name: &str| input.text(name).unwrap_or_default().trim().chars().take(200).collect::<String>();
        Self {
            email: asks_email.then(|| text("email")),
            number: text("card_number"),
            expiry: text("expiry"),
            cvc: text("cvc"),
            name: text("name"),
            wrong: Vec::new(),
            refused: None,
        }
    }

    pub(crate) fn refuse(mut self, why: impl Into<String>) -> Self {
        self.refused = Some(why.into());
        self
    }

    /// Validates the fields. `Ok` returns the entry and the form; `Err` returns the form with a message for each
    /// invalid field.
    pub(crate) fn check(mut self, tx: &Transaction<'_>) -> Result<(CardEntry, Self), Box<Self>> {
        let mut wrong = Vec::new();
        if self.email.as_ref().is_some_and(|email| !looks_like_email(email)) {
            wrong.push(("email", "Enter an e-mail address, like owner@acme.test"));
        }
        let card = TestCard::of_number(&self.number);
        if card.is_none() {
            wrong.push(("card_number", "Enter one of the test cards below: the sandbox takes no others"));
        }
        let expiry = expiry(&self.expiry);
        let now = tx.now.to_utc();
        match expiry {
            None => wrong.push(("expiry", "Enter month and year, like 12 / 34")),
            Some((month, year)) if (i32::from(year), month) < (now.year(), u8::from(now.month())) => {
                wrong.push(("expiry", "This card has expired: enter a date ahead, like 12 / 34"));
            }
            Some(_) => {}
        }
        if !(3..=4).contains(&self.cvc.len()) || !self.cvc.bytes().all(|b| b.is_ascii_digit()) {
            wrong.push(("cvc", "Enter the three digits on the back, like 123"));
        }
        if self.name.is_empty() {
            wrong.push(("name", "Enter the name on the card"));
        }
        match (card, expiry) {
            (Some(card), Some((exp_month, exp_year))) if wrong.is_empty() => {
                let entry =
                    CardEntry { card, exp_month, exp_year, name: Some(self.name.clone()), email: self.email.clone() };
                Ok((entry, self))
            }
            _ => {
                self.wrong = wrong;
                Err(Box::new(self))
            }
        }
    }

    /// The error summary above the form, with links to the fields.
    pub(crate) fn summary(&self) -> Markup {
        html! {
            @if let Some(why) = &self.refused {
                (page::notice("stop", "stop", why, html! { p { "Nothing was charged. Try another card." } }))
            }
            @if !self.wrong.is_empty() {
                (page::notice("stop", "stop", "Put this right", html! {
                    ul role="list" { @for (name, what) in &self.wrong { li { a href={ "#" (name) } { (what) } } } }
                }))
            }
        }
    }

    pub(crate) fn fields(&self) -> Markup {
        html! {
            @if let Some(email) = &self.email {
                (self.field("email", "E-mail for the receipt", email, "email", "email"))
            }
            (self.field("card_number", "Card number", &self.number, "text", "cc-number"))
            (self.field("expiry", "Expires", &self.expiry, "text", "cc-exp"))
            (self.field("cvc", "CVC", &self.cvc, "text", "cc-csc"))
            (self.field("name", "Name on card", &self.name, "text", "cc-name"))
            details open[self.refused.is_some() || !self.wrong.is_empty()] {
                summary { "Test cards" }
                dl.facts {
                    @for card in TestCard::ALL { div { dt { (card.description()) } dd { small { code.nowrap { (card.number()) } } } } }
                }
            }
        }
    }

    fn field(&self, name: &'static str, label: &str, value: &str, kind: &str, autocomplete: &str) -> Markup {
        let wrong = self.wrong.iter().find(|(field, _)| *field == name).map(|(_, what)| *what);
        let described = wrong.map(|_| format!("{name}-wrong"));
        let numeric = (kind == "text" && name != "name").then_some("numeric");
        html! {
            div.field {
                label for=(name) { (label) }
                @if let (Some(what), Some(id)) = (wrong, &described) { span.wrong id=(id) { (what) } }
                input id=(name) name=(name) type=(kind) value=(value) autocomplete=(autocomplete) inputmode=[numeric]
                    maxlength="200" aria-invalid=[wrong.map(|_| "true")] aria-describedby=[described.as_deref()];
            }
        }
    }
}

fn looks_like_email(text: &str) -> bool {
    text.split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !text.contains(char::is_whitespace))
}

/// Parses `12 / 34`, `12/34`, `1234` or `12/2034`.
fn expiry(text: &str) -> Option<(u8, u16)> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if text.chars().any(|c| !matches!(c, '0'..='9' | '/' | ' ' | '-')) || !matches!(digits.len(), 4 | 6) {
        return None;
    }
    let month: u8 = digits.get(..2)?.parse().ok()?;
    let year: u16 = digits.get(2..)?.parse().ok()?;
    let year = if year < 100 { 2000 + year } else { year };
    (1..=12).contains(&month).then_some((month, year))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiries_are_read_in_every_common_spelling() {
        for text in ["12 / 34", "12/34", "1234", "12/2034", "12-34"] {
            assert_eq!(expiry(text), Some((12, 2034)), "{text}");
        }
        for text in ["", "13/34", "00/34", "1/34", "12/345", "dec 34", "১২/৩৪"] {
            assert_eq!(expiry(text), None, "{text}");
        }
    }
}
