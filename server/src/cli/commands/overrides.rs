//! `server tenant override`: overrides a tenant's plan and limits.

use billing::service::operator::overrides::{OverrideChange, PlanGrantChange};
use domain::{
    catalog::Limit,
    entitlement::overrides::{CustomLimit, LimitOverride, Overrides},
    ids::TenantId,
    time::Timestamp,
};
use serde_json::json;

use super::{name_tenant_argument, open_services};
use crate::{
    cli::{TenantOverrideArgs, output::print_line},
    config::Config,
};

pub async fn override_tenant(config: &Config, args: TenantOverrideArgs) -> color_eyre::Result<()> {
    let TenantOverrideArgs { tenant, plan, no_plan, limits, until, json } = args;
    let plan = match plan {
        Some(plan) => PlanGrantChange::Grant(plan),
        None if no_plan => PlanGrantChange::Remove,
        None => PlanGrantChange::Keep,
    };
    let services = open_services(config).await?;
    let change = OverrideChange { plan, limits, until };
    if change != OverrideChange::default() {
        let changed = services.operators().override_tenant(&tenant, &change).await;
        changed.map_err(|error| name_tenant_argument(config, &tenant, error))?;
    }
    let tenant_plan = services.subscriptions().tenant_plan(&tenant).await;
    let tenant_plan = tenant_plan.map_err(|error| name_tenant_argument(config, &tenant, error))?;
    services.store().close().await;
    let (held, settled) = (tenant_plan.entitlements, tenant_plan.tenant.overrides);
    if json {
        print_line!("{}", as_json(&tenant, held.plan.as_str(), &settled))?;
        return Ok(());
    }
    print_line!("Tenant {tenant} is on {}.", held.plan)?;
    if let Some(grant) = &settled.plan {
        print_line!("{} is granted{}.", grant.plan, ending(grant.until))?;
    }
    for LimitOverride { feature, custom, until } in &settled.limits {
        print_line!("{feature}: {}{}.", wording(custom), ending(*until))?;
    }
    Ok(())
}

fn as_json(tenant: &TenantId, plan: &str, settled: &Overrides) -> serde_json::Value {
    let time = |until: Option<Timestamp>| until.map(Timestamp::rfc3339_secs);
    let granted = settled.plan.as_ref().map(|grant| json!({ "plan": grant.plan, "until": time(grant.until) }));
    let limits = settled.limits.iter().map(|LimitOverride { feature, custom, until }| {
        let mut entry = json!({ "feature": feature, "limit": custom.limit, "until": time(*until) });
        if let (true, Some(entry)) = (custom.at_most, entry.as_object_mut()) {
            entry.insert("atMost".to_owned(), json!(true));
        }
        entry
    });
    json!({ "id": tenant, "plan": plan, "granted": granted, "limits": limits.collect::<Vec<_>>() })
}

fn wording(custom: &CustomLimit) -> String {
    match (custom.limit, &custom.set_on_plan) {
        (Limit::Unlimited, _) => "no limit".to_owned(),
        (Limit::AtMost(most), _) if custom.at_most => format!("{most} at most on every plan"),
        (Limit::AtMost(most), Some(plan)) => format!("{most} on {plan}, and on any other plan that gives less"),
        (Limit::AtMost(most), None) => format!("{most} on any plan that gives less"),
    }
}

fn ending(until: Option<Timestamp>) -> String {
    until.map_or_else(String::new, |until| format!(" until {}", until.rfc3339_secs()))
}
