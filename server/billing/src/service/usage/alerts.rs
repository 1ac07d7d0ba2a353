//! Limit alerts: usage is near its limit, has reached it, or is no longer near it. Each is recorded in
//! the transaction that detects it; admins are notified.

use domain::{
    account::OptionalMail,
    catalog::{Feature, Limit, WarnAt},
    entitlement::{
        alert::{Alert, AlertKind, UsageLevel, alert_period_start},
        own_limits::nth_threshold,
        remedy::LimitRemedy,
        window,
    },
    ids::{FeatureKey, TenantId, UserId},
    time::Timestamp,
};

use super::{
    super::{ServiceError, Usage, webhook::endpoint::EndpointEvent},
    reading::feature_usage,
    view::find_facts,
};
use crate::{
    mail::{
        Letter,
        letters::{self, AlertMail},
    },
    service::base::internal_features::is_counted_by_dues,
    store::{
        StoreResult, Tx,
        job::jobs::{JobRequest, Task},
        usage::usage_counters::CounterKey,
    },
};

impl Usage {
    /// Returns a tenant's limit alerts, newest first.
    pub async fn alerts(&self, tenant: &TenantId) -> Result<Vec<Alert>, ServiceError> {
        Ok(self.store().read().await?.connection().list_alerts(tenant).await?)
    }

    /// Records alerts, and enqueues webhook messages and mails for those that are new in their period. Runs in the
    /// transaction that crosses the limits.
    pub(super) async fn record_alerts(&self, tx: &mut Tx, crossings: &[Crossing]) -> StoreResult<()> {
        if crossings.is_empty() {
            return Ok(());
        }
        let alerts: Vec<_> =
            crossings.iter().map(|crossing| (crossing.tenant.clone(), crossing.alert.clone())).collect();
        let new = tx.connection().insert_alerts(&alerts).await?;
        let is_new = |tenant: &TenantId, feature: &FeatureKey, kind: AlertKind| {
            new.contains(&(tenant.as_str().to_owned(), feature.as_str().to_owned(), kind.as_str().to_owned()))
        };
        let first =
            crossings.iter().filter(|Crossing { tenant, alert, .. }| is_new(tenant, &alert.feature, alert.kind));
        let news = first.filter_map(|Crossing { tenant, alert, threshold }| {
            EndpointEvent::limit(tenant, alert, *threshold, self.catalog())
        });
        self.endpoints().announce(tx, &news.collect::<Vec<_>>()).await?;
        if self.mailer().is_none() {
            return Ok(());
        }
        let now = self.wall_now();
        for (tenant, Alert { feature, period_start, kind, .. }) in &alerts {
            if is_new(tenant, feature, *kind) {
                let (tenant, feature) = (tenant.clone(), feature.clone());
                let task = Task::AlertAdmins { tenant, feature, period_start: *period_start, kind: *kind };
                tx.connection().insert_job(&task, now, now).await?;
            }
        }
        Ok(())
    }

    /// Begins the alerts of a feature anew after an admin set its thresholds or its cap: an alert at a new threshold is
    /// sent even if that at the former one was. A level that is lower now is no news, because usage did not fall.
    pub(super) async fn restart_alerts(
        &self,
        tx: &mut Tx,
        tenant: &TenantId,
        feature: &Feature,
    ) -> Result<(), ServiceError> {
        let now = self.billing_now();
        let Some(facts) = find_facts(&mut tx.connection(), tenant, self.catalog()).await? else { return Ok(()) };
        let mut keys = self.current_counters(&facts);
        keys.retain(|key| key.feature == feature.key);
        let window = window(feature.kind, facts.subscription.as_ref(), now);
        let since = alert_period_start(feature.kind, window.map(|(start, _)| start), now);
        tx.connection().close_alerts(tenant, &feature.key, since).await?;
        let entitlements = self.entitlements(&facts.tenant, facts.subscription.as_ref());
        let limit = entitlements.limit(self.catalog(), &feature.key);
        for held in tx.connection().lock_counters(&keys).await? {
            let Some(key) = keys.get(held.place) else { continue };
            let used = facts.counted_by_dues(&key.feature).unwrap_or(held.reading.used);
            let level = UsageLevel::of(&feature_usage(feature, limit, window, used), entitlements.thresholds(feature));
            if level < held.level {
                let lowered = [(key.clone(), held.reading.used, level)];
                tx.connection().update_counters(&lowered, self.wall_now()).await?;
            }
        }
        Ok(())
    }

    /// Compares a tenant's counters with its current limits and records alerts. Runs after limits may have changed.
    pub(crate) async fn check_limits(&self, tenant: &TenantId) -> Result<(), ServiceError> {
        let now = self.billing_now();
        let mut tx = self.store().begin().await?;
        let Some(facts) = find_facts(&mut tx.connection(), tenant, self.catalog()).await? else { return Ok(()) };
        let keys = self.current_counters(&facts);
        // The usage of members and secrets is their number of rows. Their counters hold only the alert level.
        let counted_by_dues: Vec<_> = keys.iter().filter(|key| is_counted_by_dues(&key.feature)).cloned().collect();
        tx.connection().insert_and_lock_counters(&counted_by_dues, self.wall_now()).await?;
        let held = tx.connection().lock_counters(&keys).await?;
        let entitlements = self.entitlements(&facts.tenant, facts.subscription.as_ref());
        let (mut changed, mut crossings) = (Vec::new(), Vec::new());
        for held in held {
            let Some(key) = keys.get(held.place) else { continue };
            let Some(feature) = self.catalog().feature(key.feature.as_str()) else { continue };
            let window = window(feature.kind, facts.subscription.as_ref(), now);
            let used = facts.counted_by_dues(&key.feature).unwrap_or(held.reading.used);
            let limit = entitlements.limit(self.catalog(), &feature.key);
            let thresholds = entitlements.thresholds(feature);
            let level = UsageLevel::of(&feature_usage(feature, limit, window, used), thresholds);
            if level != held.level {
                changed.push((key.clone(), held.reading.used, level));
                crossings.extend(crossing((feature, thresholds), limit, (key, used), (held.level, level), now));
            }
        }
        if !changed.is_empty() {
            tx.connection().update_counters(&changed, self.wall_now()).await?;
            self.record_alerts(&mut tx, &crossings).await?;
            tx.commit().await?;
            self.0.views.invalidate(tenant);
            self.jobs_written().notify_one();
        }
        Ok(())
    }

    /// Enqueues one mail for each admin, so that an address that rejects mail does not hold up the others.
    pub(crate) async fn alert_admins(
        &self,
        tenant: &TenantId,
        feature: &FeatureKey,
        period_start: Timestamp,
        kind: AlertKind,
    ) -> Result<(), ServiceError> {
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        let members = tx.connection().list_members(tenant).await?;
        let admins = members.into_iter().filter(|member| member.role.is_admin());
        let jobs: Vec<_> = admins
            .map(|admin| JobRequest {
                id: format!("{} {tenant} {feature} {} to {}", kind.as_str(), period_start.as_micros(), admin.user_id),
                task: Task::MailAlert {
                    tenant: tenant.clone(),
                    feature: feature.clone(),
                    period_start,
                    kind,
                    to: admin.user_id,
                },
                run_at: now,
            })
            .collect();
        tx.connection().upsert_jobs(&jobs, now).await?;
        tx.commit().await?;
        self.jobs_written().notify_one();
        Ok(())
    }

    /// Mails an alert to one admin. Sends nothing if the alert is gone, or the user is no longer an admin or has turned
    /// alerts off.
    pub(crate) async fn mail_alert(
        &self,
        tenant: &TenantId,
        (feature, period_start, kind): (&FeatureKey, Timestamp, AlertKind),
        to: &UserId,
    ) -> Result<(), ServiceError> {
        let Some(mailer) = self.mailer() else { return Ok(()) };
        let member = self.find_mail_recipient(tenant, to, OptionalMail::UsageLimits).await?;
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let alert = link.find_alert(tenant, feature, period_start, kind).await?;
        let workspace = link.find_tenant(tenant).await?;
        drop(reader);
        let feature = self.catalog().feature(feature.as_str());
        let (Some(alert), Some(workspace), Some(member), Some(feature)) = (alert, workspace, member, feature) else {
            return Ok(());
        };
        let language = self.mail_language(to).await?;
        let page = self.page_url(&format!("usage/{}", feature.key));
        let usage = feature_usage(feature, alert.limit, None, alert.used);
        let remedy = self.subscriptions().limit_remedy(tenant, &usage).await?;
        let larger = match &remedy {
            LimitRemedy::Plan(offer) => self.catalog().plan(offer.plan.as_str()).map(|plan| (plan, offer.limit)),
            LimitRemedy::Cap | LimitRemedy::Payment | LimitRemedy::NoPlan => None,
        };
        let own = workspace.own_limits.get(&feature.key);
        let has_own_thresholds = own.is_some_and(|own| !own.warn_at.is_empty());
        let mail = AlertMail { workspace: &workspace.name, feature, alert: &alert, larger, has_own_thresholds };
        let content = letters::alert(language, &mail, &page);
        let about = (tenant, to, OptionalMail::UsageLimits);
        let content = self.accounts().with_unsubscribe(content, language, about).await?;
        mailer.send(&Letter::new(&member.email, &content)?).await?;
        Ok(())
    }
}

/// A counter that moved to another level.
pub(super) struct Crossing {
    pub(super) tenant: TenantId,
    pub(super) alert: Alert,
    /// The usage at the threshold of the alert; `None` without a limit.
    pub(super) threshold: Option<u64>,
}

/// Returns the alert for a counter that moved from one level to another; `None` if no limit was crossed.
pub(super) fn crossing(
    (feature, thresholds): (&Feature, &[WarnAt]),
    limit: Limit,
    (key, used): (&CounterKey, u64),
    (before, level): (UsageLevel, UsageLevel),
    now: Timestamp,
) -> Option<Crossing> {
    let kind = before.alert_for(level)?;
    let threshold = match limit {
        Limit::AtMost(most) => nth_threshold(thresholds, kind.threshold(), most),
        Limit::Unlimited => None,
    };
    let alert = Alert {
        feature: feature.key.clone(),
        period_start: alert_period_start(feature.kind, key.period_start, now),
        kind,
        sent_at: now,
        used,
        limit,
    };
    Some(Crossing { tenant: key.tenant.clone(), alert, threshold })
}

#[cfg(test)]
mod tests;
