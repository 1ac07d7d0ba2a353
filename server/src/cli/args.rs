//! Arguments of single commands, and the forms of their values.

use std::path::PathBuf;

use billing::service::operator::overrides::CustomLimitChange;
use clap::Args;
use domain::{catalog::Limit, ids::TenantId, time::Timestamp};

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Folder of the demo's database and the sandbox's objects.
    #[arg(long, value_name = "DIR", default_value = "./data")]
    pub data: PathBuf,
    /// Payment provider: stripe (the default) or polar, both in the sandbox, or none.
    #[arg(long, value_name = "NAME", value_parser = ["stripe", "polar", "none"])]
    pub provider: Option<String>,
}

#[derive(Debug, Args)]
pub struct SandboxArgs {
    /// Folder of the sandbox's objects; without this, they are lost at exit.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct TenantCreateArgs {
    /// Name of the workspace.
    #[arg(long)]
    pub name: String,
    /// The owner's e-mail address. An account with this address keeps its password if the address is verified.
    /// Otherwise it is taken over: it gets the password given here, and its sessions and keys end.
    #[arg(long)]
    pub email: String,
    /// The owner's password: 10 to 256 characters, and not easy to guess.
    #[arg(long)]
    pub password: String,
    /// Grant this plan without a payment.
    #[arg(long, value_name = "PLAN")]
    pub plan: Option<String>,
    /// Print one JSON object: {"id","name","plan","owner":{"id","email"}}.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct TenantOverrideArgs {
    /// The tenant's id.
    #[arg(long, value_name = "ID")]
    pub tenant: TenantId,
    /// Grant this plan: it applies unless a higher one is paid.
    #[arg(long, value_name = "PLAN")]
    pub plan: Option<String>,
    /// Remove the granted plan.
    #[arg(long, conflicts_with = "plan")]
    pub no_plan: bool,
    /// Set a limit for the tenant, in the feature's unit, as websocket_rooms=50: it applies to the current plan; on
    /// another plan, the higher of this limit and the plan's applies. =at-most:50 caps every plan; =unlimited is no
    /// limit; =plan restores the plan's limit. May be repeated.
    #[arg(long = "limit", value_name = "FEATURE=LIMIT", value_parser = parse_limit)]
    pub limits: Vec<(String, CustomLimitChange)>,
    /// When these overrides end, as 2030-01-01T00:00:00Z; without it they are permanent.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub until: Option<Timestamp>,
    /// Print one JSON object:
    /// {"id","plan","granted":{"plan","until"},"limits":[{"feature","limit","until","atMost"?}]}.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct SecondFactorResetArgs {
    /// The account's e-mail address.
    #[arg(long)]
    pub email: String,
    /// Print one JSON object: {"email","reset"}.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct SecretsRotateArgs {
    /// Print one JSON object: {"columns":[{"column","sealed","anew","unopened"}]}.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct EnterpriseListArgs {
    /// Print one JSON object:
    /// {"items":[{"id","createdAt","company","contactName","email","useCases","expectedScale","notes","tenantId","userId","state","note"}]}.
    #[arg(long)]
    pub json: bool,
}

fn parse_limit(text: &str) -> Result<(String, CustomLimitChange), &'static str> {
    let wrong = "write a limit as websocket_rooms=50, websocket_rooms=at-most:50, websocket_rooms=unlimited or websocket_rooms=plan";
    let (feature, limit) = text.split_once('=').ok_or(wrong)?;
    let figure = |text: &str| text.parse().map_err(|_| wrong);
    let request = match (limit, limit.strip_prefix("at-most:")) {
        (_, Some(most)) => CustomLimitChange::AtMost(figure(most)?),
        ("plan", None) => CustomLimitChange::Remove,
        ("unlimited", None) => CustomLimitChange::Set(Limit::Unlimited),
        (most, None) => CustomLimitChange::Set(Limit::AtMost(figure(most)?)),
    };
    Ok((feature.to_owned(), request))
}

pub(super) fn time(text: &str) -> Result<Timestamp, &'static str> {
    Timestamp::parse_rfc3339(text).ok_or("write a time as 2030-01-01T00:00:00Z")
}
