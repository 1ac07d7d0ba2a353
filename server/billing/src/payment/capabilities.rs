//! Differences between providers, other than missing calls ([`super::ProviderError::Unsupported`]).

use domain::{
    money::Currency,
    subscription::{Provider, plan_change::ChangeRules},
};

/// The currencies in which Polar takes payments (Polar: "Multiple payment currencies").
const POLAR_CURRENCIES: &[&str] = &["AUD", "BRL", "CAD", "CHF", "EUR", "GBP", "INR", "JPY", "SEK", "USD"];

/// Whether hosted checkout pages add taxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckoutTaxes {
    /// As `CHECKOUT_AUTOMATIC_TAX` and `CHECKOUT_TAX_IDS` say.
    BySetting,
    /// Always, and customers can always enter a tax id: the provider sells in its own name.
    Always,
}

/// The differences between providers that use cases and pages depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent property")]
pub struct ProviderCapabilities {
    pub changes: ChangeRules,
    /// Whether the provider estimates what a change costs.
    pub estimates_changes: bool,
    /// Whether the portal redirects to `NewPortal::done_url` after a confirmed change. Otherwise it always leads back
    /// to `NewPortal::return_url`, and that page can't know whether something was changed.
    pub portal_reports_change: bool,
    /// Whether a change of seats withdraws a cancellation at the end of the period.
    pub seats_withdraw_end: bool,
    /// Whether the portal changes the plan of a subscription with seats. If not, Dues changes it through the API.
    pub portal_changes_seats: bool,
    /// Whether an open invoice has a page on which it can be paid.
    pub has_invoice_pages: bool,
    pub taxes: CheckoutTaxes,
    /// The currencies in which checkouts can be paid; `None` for all.
    currencies: Option<&'static [&'static str]>,
    /// How many customers an import reads in a second, with one to three calls each. Below the provider's rate limit:
    /// Stripe allows 25 calls a second in test mode and 100 in live mode, Polar 500 a minute.
    pub imported_per_second: u32,
}

impl ProviderCapabilities {
    /// Whether a checkout can be paid in `currency`.
    pub fn takes(self, currency: Currency) -> bool {
        self.currencies.is_none_or(|taken| taken.contains(&currency.code()))
    }

    pub const fn of(provider: Provider) -> Self {
        match provider {
            Provider::Stripe => Self {
                changes: ChangeRules { lower_changes_wait: true, scheduled_change_blocks: true, ends_trial: true },
                estimates_changes: true,
                portal_reports_change: true,
                seats_withdraw_end: false,
                portal_changes_seats: false,
                has_invoice_pages: true,
                taxes: CheckoutTaxes::BySetting,
                currencies: None,
                imported_per_second: 20,
            },
            Provider::Polar => Self {
                changes: ChangeRules { lower_changes_wait: false, scheduled_change_blocks: false, ends_trial: false },
                estimates_changes: false,
                portal_reports_change: false,
                seats_withdraw_end: true,
                portal_changes_seats: true,
                has_invoice_pages: false,
                taxes: CheckoutTaxes::Always,
                currencies: Some(POLAR_CURRENCIES),
                imported_per_second: 4,
            },
        }
    }
}
