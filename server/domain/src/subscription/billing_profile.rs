//! How a customer pays, and where their invoices go, as the provider has it. It is read for a page and never stored.

/// What the provider knows of a customer for their invoices. Each text is one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BillingProfile {
    /// The payment method of the next payment; `None` if there is none.
    pub method: Option<PaymentMethod>,
    /// Where invoices and receipts are sent.
    pub email: Option<String>,
    /// The lines of the billing address.
    pub address: Vec<String>,
    pub tax_ids: Vec<TaxId>,
}

/// A payment method, without anything that could be used to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentMethod {
    /// The provider's type, such as `card`.
    pub kind: String,
    /// The brand of a card, such as `visa`, or the name of a bank.
    pub brand: Option<String>,
    /// The last four digits of the number.
    pub last4: Option<String>,
    pub expires: Option<CardExpiry>,
}

/// The last month in which a card is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardExpiry {
    /// 1 to 12.
    pub month: u8,
    pub year: u16,
}

impl CardExpiry {
    /// Returns the expiry; `None` if the month is none, or the year is not in this century.
    pub fn new(month: u8, year: u16) -> Option<Self> {
        ((1..=12).contains(&month) && (2000..2100).contains(&year)).then_some(Self { month, year })
    }
}

/// A tax id of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxId {
    /// The provider's type, such as `eu_vat`.
    pub kind: String,
    pub value: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_month_of_this_century_is_an_expiry() {
        assert_eq!(CardExpiry::new(12, 2030), Some(CardExpiry { month: 12, year: 2030 }));
        for (month, year) in [(0, 2030), (13, 2030), (1, 1999), (1, 2100)] {
            assert_eq!(CardExpiry::new(month, year), None, "{month}/{year}");
        }
    }
}
