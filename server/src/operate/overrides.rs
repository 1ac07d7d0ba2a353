//! `server tenant override`.

use billing::service::overrides::{OverrideWish, PlanWish};
use domain::{
    catalog::Limit,
    ids::TenantId,
    overrides::{LimitOverride, Overrides},
    time::Timestamp,
};
use serde_json::json;

use super::open_services;
use crate::{cli::TenantOverrideArgs, config::Config};

pub async fn settle(config: &Config, args: TenantOverrideArgs) -> color_eyre::Result<()> {
    let TenantOverrideArgs { tenant, plan, no_plan, limits, until, json } = args;
    let plan = match plan {
        Some(plan) => PlanWish::Grant(plan),
        None if no_plan => PlanWish::TakeBack,
        None => PlanWish::AsItIs,
    };
    let services = open_services(config).await?;
    let wish = OverrideWish { plan, limits, until };
    if wish != OverrideWish::default() {
        services.override_tenant(&tenant, &wish).await?;
    }
    let holding = services.holding(&tenant).await?;
    services.store().close().await;
    let (held, settled) = (holding.entitled, holding.tenant.overrides);
    if json {
        println!("{}", as_json(&tenant, held.plan.as_str(), &settled));
        return Ok(());
    }
    println!("Tenant {tenant} is on {}.", held.plan);
    if let Some(grant) = &settled.plan {
        println!("{} is granted{}.", grant.plan, ending(grant.until));
    }
    for LimitOverride { feature, limit, until } in &settled.limits {
        println!("{feature}: {}{}.", wording(*limit), ending(*until));
    }
    Ok(())
}

fn as_json(tenant: &TenantId, plan: &str, settled: &Overrides) -> serde_json::Value {
    let time = |until: Option<Timestamp>| until.map(Timestamp::rfc3339_secs);
    let granted = settled.plan.as_ref().map(|grant| json!({ "plan": grant.plan, "until": time(grant.until) }));
    let limits = settled.limits.iter().map(
        |LimitOverride { feature, limit, until }| json!({ "feature": feature, "limit": limit, "until": time(*until) }),
    );
    json!({ "id": tenant, "plan": plan, "granted": granted, "limits": limits.collect::<Vec<_>>() })
}

fn wording(limit: Limit) -> String {
    match limit {
        Limit::Unlimited => "no limit".to_owned(),
        Limit::AtMost(most) => format!("{most} at most"),
    }
}

fn ending(until: Option<Timestamp>) -> String {
    until.map_or_else(String::new, |until| format!(" until {}", until.rfc3339_secs()))
}
