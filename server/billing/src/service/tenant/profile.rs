//! Tenants as the product's back end sees them: made, read, listed, changed, deleted and restored with an installation
//! key.
//!
//! Each use case reads the store, not the views: a caller sees their own change on every node at once.

mod change;
mod delete;
mod erase;
mod input;
mod list;
mod own;
mod record;
mod resolve;
#[cfg(test)]
mod tests;

use domain::{entitlement::overrides::Overrides, tenant::external_id::TenantRef};

pub(in crate::service) use self::input::check_profile;
use self::record::find_present;
pub use self::{
    change::PutTenant,
    delete::ErasureTime,
    input::{FieldChange, MetadataChange, ProfileChange},
    list::{ProfilePage, ProfileQuery},
    record::TenantProfile,
};
use super::key::{CreatedKey, KeyAuthority, NewApiKey};
use crate::{
    identity::factors::Confirmed,
    service::{
        ServiceError, Tenants, base::permission::InstallationPrincipal, operator::overrides::OverrideChange,
        subscription::membership::TenantPlan, usage::TenantEntitlements,
    },
};

impl Tenants {
    /// Returns a tenant. A deleted one is [`ServiceError::TenantNotFound`].
    pub async fn profile(
        &self,
        _: &InstallationPrincipal,
        named: &TenantRef,
    ) -> Result<(TenantProfile, TenantEntitlements), ServiceError> {
        let mut reader = self.store().read().await?;
        let tenant = find_present(&mut reader.connection(), named).await?;
        let profile = self.profile_of(&mut reader.connection(), tenant).await?;
        drop(reader);
        let entitlements = self.current_entitlements(&profile).await?;
        Ok((profile, entitlements))
    }

    /// Creates a workspace key of any scope.
    pub async fn create_key_of(
        &self,
        by: &InstallationPrincipal,
        named: &TenantRef,
        request: NewApiKey,
    ) -> Result<CreatedKey, ServiceError> {
        let tenant = self.present_id(named).await?;
        let confirmed = Confirmed::not_asked();
        self.api_keys().create_key(KeyAuthority::Installation(by, &tenant), &confirmed, request).await
    }

    /// Changes a tenant's overrides and returns all in force, as [`crate::service::Operators::override_tenant`] does.
    pub async fn override_named(
        &self,
        by: &InstallationPrincipal,
        named: &TenantRef,
        change: &OverrideChange,
    ) -> Result<(TenantPlan, Overrides), ServiceError> {
        let tenant = self.present_id(named).await?;
        let overrides = self.operators().apply_overrides(&tenant, change, by.actor()).await?;
        Ok((self.subscriptions().tenant_plan(&tenant).await?, overrides))
    }
}
