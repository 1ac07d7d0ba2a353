//! Arguments of `server usage …`.

use clap::{Args, Subcommand};
use domain::ids::TenantId;

#[derive(Debug, Subcommand)]
pub(super) enum UsageCommand {
    /// Compare all counters and roll-ups with the ledger. Exits with 1 when differences remain.
    Verify(UsageVerifyArgs),
    /// Correct a counter of the current period, by an entry in the ledger and with a reason in the audit log.
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
    /// The change of the counter, in the feature's unit: -5000 removes what was counted too much.
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub amount: i64,
    /// The reason, for the workspace's audit log.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// The same key counts once; without it, each run counts.
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
    /// Print one JSON object: {"tenant","feature","amount","used"}.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct UsageVerifyArgs {
    /// Only this tenant.
    #[arg(long, value_name = "ID")]
    pub tenant: Option<TenantId>,
    /// Repair differences, while usage continues to be counted.
    #[arg(long)]
    pub repair: bool,
    /// Print one JSON object: {"tenants","counters","repaired","discrepancies":[{"tenant","feature","of","since","stands","shouldBe"}]}.
    #[arg(long)]
    pub json: bool,
}
