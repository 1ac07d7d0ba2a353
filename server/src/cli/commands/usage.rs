//! `server usage …`: verifies and corrects usage counters.

use std::process::ExitCode;

use billing::service::usage::{
    correction::{CorrectionRequest, Corrector},
    verify::{DerivedKind, Discrepancy, VerifySummary},
};
use domain::time::Timestamp;
use serde::Serialize;

use super::{name_tenant_argument, open_services};
use crate::{
    cli::{UsageCorrectArgs, UsageVerifyArgs, output::print_line},
    config::Config,
};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Listed {
    tenant: String,
    feature: String,
    of: &'static str,
    since: Option<String>,
    stands: i128,
    should_be: i128,
}

impl From<Discrepancy> for Listed {
    fn from(wrong: Discrepancy) -> Self {
        let Discrepancy { tenant, feature, of, since, stands, should_be } = wrong;
        let of = match of {
            DerivedKind::Counter => "counter",
            DerivedKind::Hour => "hour",
        };
        let since = since.map(Timestamp::rfc3339_secs);
        Self { tenant: tenant.into(), feature: feature.into(), of, since, stands, should_be }
    }
}

impl Listed {
    pub(super) fn line(&self) -> String {
        let Self { tenant, feature, of, since, stands, should_be } = self;
        let since = since.as_ref().map(|since| format!(" since {since}")).unwrap_or_default();
        format!("{tenant} {feature}: the {of}{since} stands at {stands}, the ledger says {should_be}")
    }
}

#[derive(Debug, Serialize)]
struct Report {
    tenants: u64,
    counters: u64,
    repaired: bool,
    discrepancies: Vec<Listed>,
}

/// Compares counters with the ledger. Exits with 1 when differences remain.
pub async fn verify(config: &Config, args: UsageVerifyArgs) -> color_eyre::Result<ExitCode> {
    let UsageVerifyArgs { tenant, repair, json } = args;
    let services = open_services(config).await?;
    let verified = services.usage().verify_usage(tenant.as_ref(), repair).await;
    services.store().close().await;
    let verified = match &tenant {
        Some(tenant) => verified.map_err(|error| name_tenant_argument(config, tenant, error))?,
        None => verified?,
    };
    let VerifySummary { tenants, counters, discrepancies } = verified;
    let repaired = repair && !discrepancies.is_empty();
    let report =
        Report { tenants, counters, repaired, discrepancies: discrepancies.into_iter().map(Listed::from).collect() };
    let is_right = report.discrepancies.is_empty() || repaired;
    if json {
        print_line!("{}", serde_json::to_string(&report)?)?;
    } else {
        for listed in &report.discrepancies {
            print_line!("{}", listed.line())?;
        }
        let wrong = report.discrepancies.len();
        let outcome = match (wrong, repaired) {
            (0, _) => "all as the ledger says".to_owned(),
            (_, true) => format!("{wrong} set right"),
            (_, false) => format!("{wrong} wrong: --repair sets them right"),
        };
        print_line!("{counters} counters of {tenants} tenants: {outcome}")?;
    }
    Ok(if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Changes a counter by a signed amount, and prints its new value.
pub async fn correct(config: &Config, args: UsageCorrectArgs) -> color_eyre::Result<()> {
    let UsageCorrectArgs { tenant, feature, amount, reason, idempotency_key, json } = args;
    let services = open_services(config).await?;
    let idempotency_key = idempotency_key.unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
    let request = CorrectionRequest { feature: feature.clone(), amount, reason, idempotency_key };
    let corrected = services.usage().correct_usage(&Corrector::command_line(tenant.clone()), request).await;
    services.drain().await;
    services.store().close().await;
    let used = corrected.map_err(|error| name_tenant_argument(config, &tenant, error))?.used;
    if json {
        print_line!("{}", serde_json::json!({ "tenant": tenant, "feature": feature, "amount": amount, "used": used }))?;
    } else {
        print_line!("{feature} of {tenant} stands at {used} now.")?;
    }
    Ok(())
}
