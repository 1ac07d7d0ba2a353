//! Differences between providers, other than missing calls ([`super::ProviderError::Unsupported`]).

use domain::subscription::{Provider, plan_change::ChangeRules};

/// The differences between providers that use cases and pages depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProviderCapabilities {
    pub changes: ChangeRules,
    /// Whether the provider estimates what a change costs.
    pub estimates_changes: bool,
    /// Whether the portal redirects to `NewPortal::done_url` after a confirmed change. Otherwise it always leads back
    /// to `NewPortal::return_url`, and that page can't know whether something was changed.
    pub portal_reports_change: bool,
    /// Whether an open invoice has a page on which it can be paid.
    pub has_invoice_pages: bool,
    /// How many customers an import reads in a second, with one to three calls each. Below the provider's rate limit:
    /// Stripe allows 25 calls a second in test mode and 100 in live mode, Polar 500 a minute.
    pub imported_per_second: u32,
}

impl ProviderCapabilities {
    pub const fn of(provider: Provider) -> Self {
        match provider {
            Provider::Stripe => Self {
                changes: ChangeRules { lower_changes_wait: true, scheduled_change_blocks: true, ends_trial: true },
                estimates_changes: true,
                portal_reports_change: true,
                has_invoice_pages: true,
                imported_per_second: 20,
            },
            Provider::Polar => Self {
                changes: ChangeRules { lower_changes_wait: false, scheduled_change_blocks: false, ends_trial: false },
                estimates_changes: false,
                portal_reports_change: false,
                has_invoice_pages: false,
                imported_per_second: 4,
            },
        }
    }
}
