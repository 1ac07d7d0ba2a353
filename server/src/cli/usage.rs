//! `server usage …` as it is typed.

use clap::{Args, Subcommand};
use domain::ids::TenantId;

#[derive(Debug, Subcommand)]
pub(super) enum UsageCommand {
    /// Compare every counter and roll-up with the ledger; answers 1 when one is wrong.
    Verify(UsageVerifyArgs),
    /// Set a counter of the current period right, by an entry in the ledger and with a reason in the audit log.
    Correct(UsageCorrectArgs),
}

#[derive(Debug, Args)]
pub struct UsageCorrectArgs {
    /// The tenant's id.
    #[arg(long, value_name = "ID")]
    pub tenant: TenantId,
    /// The feature's key in the catalog.
    #[arg(long, value_name = "KEY")]
    pub feature: String,
    /// What the counter changes by, in the feature's own unit: -5000 takes off what was counted too much.
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub amount: i64,
    /// Why, for the workspace's audit log.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// The same key again counts once; without it, each run counts.
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
    /// Print one JSON object: {"tenant","feature","amount","used"}.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct UsageVerifyArgs {
    /// Only this tenant's.
    #[arg(long, value_name = "ID")]
    pub tenant: Option<TenantId>,
    /// Set right what is wrong, while others go on counting.
    #[arg(long)]
    pub repair: bool,
    /// Print one JSON object: {"tenants","counters","repaired","discrepancies":[{"tenant","feature","of","since","stands","shouldBe"}]}.
    #[arg(long)]
    pub json: bool,
}
