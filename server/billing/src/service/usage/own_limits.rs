//! What a workspace's admins set for its limits: thresholds of alerts, and caps below the plan's limits.

use domain::{
    account::{Email, WorkspaceViewer},
    catalog::{Feature, Limit, WarnAt},
    entitlement::own_limits::{MAX_THRESHOLDS, OwnLimit},
    ids::TenantId,
    subscription::{Entitlements, current_subscription},
    tenant::audit::{AuditAction, NewAuditEntry},
};
use serde_json::{Value, json};

use super::limit_check::enqueue_limit_check;
use crate::service::{ServiceError, Usage, base::permission::lock_workspace_role, tenant::audit::by_person};

/// Names of the thresholds in validation errors, in their order.
pub const THRESHOLD_FIELDS: [&str; MAX_THRESHOLDS] = ["first", "second", "third"];
/// Name of the cap in validation errors.
pub const CAP_FIELD: &str = "cap";

/// What an admin sets for the limit of a feature. Replaces what was set before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnLimitChange {
    /// The feature's key.
    pub feature: String,
    /// The thresholds of alerts; without any, the catalog's applies.
    pub warn_at: [Option<WarnAt>; MAX_THRESHOLDS],
    /// The usage from which on more is refused; `None` for the plan's limit.
    pub cap: Option<u64>,
}

impl Usage {
    /// Sets thresholds and cap of a feature. Admins only. Idempotent.
    ///
    /// Takes effect at once on this node and within a second on every other.
    pub async fn set_own_limit(&self, viewer: &WorkspaceViewer, change: &OwnLimitChange) -> Result<(), ServiceError> {
        let OwnLimitChange { feature, warn_at, cap } = change;
        let tenant = &viewer.current_membership.tenant_id;
        let mut tx = self.store().begin().await?;
        if !lock_workspace_role(&mut tx, viewer).await?.is_admin() {
            return Err(ServiceError::AdminRequired);
        }
        let (_, feature) = self.known_feature(feature)?;
        if !feature.kind.is_counted() {
            return Err(ServiceError::UnknownFeature(feature.key.to_string()));
        }
        let owner = tx.connection().find_tenant(tenant).await?.ok_or(ServiceError::TenantNotFound)?;
        let subscriptions = tx.connection().list_subscriptions(tenant).await?;
        let entitlements = self.entitlements(&owner, current_subscription(self.catalog(), &subscriptions));
        let limit = self.validated_limit(&entitlements, feature, *cap)?;
        let new = OwnLimit {
            feature: feature.key.clone(),
            warn_at: validated_thresholds(limit, warn_at)?,
            cap: *cap,
            set_by: viewer.user_id().cloned(),
            set_at: self.wall_now(),
        };
        let (before, after) = (details(owner.own_limits.get(&feature.key)), details(Some(&new)));
        if before == after {
            return Ok(());
        }
        let mut limits = owner.own_limits.clone();
        limits.set(new);
        tx.connection().update_own_limits(tenant, &limits).await?;
        let entry = NewAuditEntry {
            by: by_person(viewer),
            action: AuditAction::OwnLimitSet,
            target: feature.key.to_string(),
            details: json!({ "before": before, "after": after }),
        };
        self.record_audit(&mut tx, tenant, entry).await?;
        self.restart_alerts(&mut tx, tenant, feature).await?;
        enqueue_limit_check(&mut tx, tenant, self.wall_now()).await?;
        tx.commit().await?;
        self.0.views.invalidate(tenant);
        self.jobs_written().notify_one();
        Ok(())
    }

    /// Returns the address of the member who set what applies to a feature; `None` if they are no longer a member, or
    /// have no account.
    pub async fn own_limit_author(&self, tenant: &TenantId, own: &OwnLimit) -> Result<Option<Email>, ServiceError> {
        let Some(user) = &own.set_by else { return Ok(None) };
        let member = self.store().read().await?.connection().find_member(tenant, user).await?;
        Ok(member.map(|member| member.email))
    }

    /// Returns the limit with the cap. Fails if the plan does not allow more than the cap.
    fn validated_limit(
        &self,
        entitlements: &Entitlements,
        feature: &Feature,
        cap: Option<u64>,
    ) -> Result<Limit, ServiceError> {
        let planned = entitlements.planned_limit(self.catalog(), &feature.key);
        match cap {
            None => Ok(planned),
            Some(0) => Err(ServiceError::field(CAP_FIELD, "The cap must be at least 1.")),
            Some(cap) if Limit::AtMost(cap) < planned => Ok(Limit::AtMost(cap)),
            Some(_) => Err(ServiceError::field(CAP_FIELD, "The cap must be below the limit of the plan.")),
        }
    }
}

/// Returns the thresholds that are set, each once. Fails for one that usage does not pass on its way to the limit.
fn validated_thresholds(limit: Limit, thresholds: &[Option<WarnAt>]) -> Result<Vec<WarnAt>, ServiceError> {
    let mut valid: Vec<WarnAt> = Vec::new();
    for (field, threshold) in THRESHOLD_FIELDS.into_iter().zip(thresholds) {
        let Some(threshold) = *threshold else { continue };
        let is_below = match (threshold, limit) {
            (WarnAt::Percent(percent), Limit::AtMost(_)) => (1..100).contains(&percent),
            (WarnAt::Amount(amount), Limit::AtMost(most)) => amount > 0 && amount < most,
            (_, Limit::Unlimited) => false,
        };
        if !is_below {
            return Err(ServiceError::field(field, "A threshold must be below the limit, and there must be a limit."));
        }
        if !valid.contains(&threshold) {
            valid.push(threshold);
        }
    }
    Ok(valid)
}

/// Formats what is set for the audit log: `{"warnAt": ["80%", 500], "cap": 900}`.
fn details(own: Option<&OwnLimit>) -> Value {
    let threshold = |threshold: &WarnAt| match threshold {
        WarnAt::Percent(percent) => json!(format!("{percent}%")),
        WarnAt::Amount(amount) => json!(amount),
    };
    let warn_at: Vec<_> = own.map(|own| own.warn_at.iter().map(threshold).collect()).unwrap_or_default();
    json!({ "warnAt": warn_at, "cap": own.and_then(|own| own.cap) })
}
