//! Checks of many tenants' features at once, from memory.

use std::collections::HashMap;

use domain::{
    catalog::Feature,
    entitlement::check::{Check, check},
    ids::TenantId,
    subscription::Entitlements,
    tenant::external_id::TenantRef,
};

use super::{is_read, reading};
use crate::service::{ServiceError, Usage};

/// A check of one feature of one tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckRequest {
    pub tenant: TenantRef,
    pub feature: String,
    pub amount: u64,
}

impl Usage {
    /// Answers many checks, each as [`Self::check`] does. Returns one outcome for each, in order.
    ///
    /// Tenants that are not in memory are read together, in a constant number of statements.
    pub async fn check_many(
        &self,
        requests: &[CheckRequest],
    ) -> Result<Vec<Result<Check, ServiceError>>, ServiceError> {
        let names: Vec<_> = requests.iter().map(|request| request.tenant.clone()).collect();
        let tenants = self.tenants().resolve_many(&names).await?;
        let now = self.billing_now();
        let mut features_by_tenant: HashMap<&TenantId, Vec<&Feature>> = HashMap::new();
        for (request, tenant) in requests.iter().zip(&tenants) {
            if let (Some(tenant), Ok((_, feature))) = (tenant, self.known_feature(&request.feature)) {
                features_by_tenant.entry(tenant).or_default().push(feature);
            }
        }
        let (mut views, mut cold) = (HashMap::with_capacity(features_by_tenant.len()), Vec::new());
        for (tenant, features) in features_by_tenant {
            let fresh = self.fresh_view(tenant);
            // A period that has just started has no counter in memory.
            let read = fresh.filter(|(view, facts)| features.iter().all(|feature| is_read(view, facts, feature, now)));
            match read {
                Some(found) => drop(views.insert(tenant.clone(), found)),
                None => cold.push(tenant.clone()),
            }
        }
        views.extend(Box::pin(self.load_views(&cold)).await?);
        let mut entitlements_by_tenant: HashMap<&TenantId, Entitlements> = HashMap::with_capacity(views.len());
        let outcomes = requests.iter().zip(&tenants).map(|(request, tenant)| -> Result<Check, ServiceError> {
            let CheckRequest { tenant: _, feature, amount } = request;
            let tenant = tenant.as_ref().ok_or(ServiceError::TenantNotFound)?;
            let (_, feature) = self.known_feature(feature)?;
            // The tenant may have been deleted since it was resolved.
            let found = views.get(tenant).filter(|(_, facts)| facts.tenant.deleted_at.is_none());
            let (view, facts) = found.ok_or(ServiceError::TenantNotFound)?;
            let entitlements = entitlements_by_tenant
                .entry(tenant)
                .or_insert_with(|| self.entitlements(&facts.tenant, facts.subscription.as_ref()));
            let usage = reading(view, facts, feature, entitlements.limit(self.catalog(), &feature.key), now);
            Ok(check(self.catalog(), feature, entitlements, &usage, *amount, now))
        });
        Ok(outcomes.collect())
    }
}
