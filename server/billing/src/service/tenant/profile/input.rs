//! What the product sends about a tenant, and its validation, which reports all mistakes together.

use std::{collections::BTreeMap, str::FromStr};

use domain::{
    account::Email,
    tenant::{
        external_id::{EXTERNAL_ID_MAX_BYTES, ExternalId},
        metadata::{Metadata, check_metadata},
    },
};

use crate::{
    service::{FieldErrors, ServiceError, account::workspace_mistake},
    store::tenant::tenants::Tenant,
};

/// Changes of a profile; `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileChange {
    pub name: Option<String>,
    pub email: FieldChange<String>,
    pub metadata: Option<MetadataChange>,
    pub external_id: FieldChange<String>,
}

/// A change of a field that may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FieldChange<T> {
    #[default]
    Keep,
    Remove,
    Set(T),
}

impl<T> FieldChange<T> {
    /// Returns the field's value after the change.
    fn apply(self, value: Option<T>) -> Option<T> {
        match self {
            Self::Keep => value,
            Self::Remove => None,
            Self::Set(new) => Some(new),
        }
    }
}

impl FieldChange<String> {
    /// Parses a new value.
    fn parse<U: FromStr>(self) -> Result<FieldChange<U>, U::Err> {
        Ok(match self {
            Self::Keep => FieldChange::Keep,
            Self::Remove => FieldChange::Remove,
            Self::Set(text) => FieldChange::Set(text.parse()?),
        })
    }
}

/// A change of the metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetadataChange {
    Replace(Metadata),
    /// Sets these keys, and removes those without a value.
    Merge(BTreeMap<String, Option<String>>),
}

/// A validated change. Only the limits of merged metadata are checked later, by [`Self::apply`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CheckedChange {
    pub(super) name: Option<String>,
    pub(super) email: FieldChange<Email>,
    pub(super) metadata: Option<MetadataChange>,
    pub(super) external_id: FieldChange<ExternalId>,
}

/// Validates a change. Metadata is validated when it is merged: see [`CheckedChange::apply`].
pub(super) fn validate(change: ProfileChange) -> Result<CheckedChange, ServiceError> {
    let ProfileChange { name, email, metadata, external_id } = change;
    let mut fields = FieldErrors::new();
    let name = name.map(|name| name.trim().to_owned());
    if let Some(name) = &name {
        let mistake = if name.is_empty() { Some("name is required.".to_owned()) } else { workspace_mistake(name) };
        fields.extend(mistake.map(|mistake| ("name", mistake.replacen("Workspace:", "name:", 1))));
    }
    let email = email.parse::<Email>();
    if let Err(error) = &email {
        fields.insert("email", format!("email: {error}."));
    }
    let external_id = external_id.parse::<ExternalId>();
    if external_id.is_err() {
        let expects = format!("externalId must have 1 to {EXTERNAL_ID_MAX_BYTES} bytes, without control characters.");
        fields.insert("externalId", expects);
    }
    if let Some(MetadataChange::Replace(all)) = &metadata {
        fields.extend(metadata_mistake(all));
    }
    match (email, external_id) {
        (Ok(email), Ok(external_id)) if fields.is_empty() => Ok(CheckedChange { name, email, metadata, external_id }),
        _ => Err(ServiceError::invalid(fields)),
    }
}

/// Validates a change without making it.
pub(in crate::service) fn check_profile(change: ProfileChange) -> Result<(), ServiceError> {
    validate(change).map(drop)
}

impl CheckedChange {
    /// Applies the change to a tenant. Fails if the merged metadata exceeds its limits.
    pub(super) fn apply(self, tenant: &Tenant) -> Result<Tenant, ServiceError> {
        let Self { name, email, metadata, external_id } = self;
        let mut changed = tenant.clone();
        changed.name = name.unwrap_or(changed.name);
        changed.email = email.apply(changed.email);
        changed.external_id = external_id.apply(changed.external_id);
        match metadata {
            None => {}
            Some(MetadataChange::Replace(all)) => changed.metadata = all,
            Some(MetadataChange::Merge(parts)) => {
                merge(&mut changed.metadata, parts);
                if let Some(mistake) = metadata_mistake(&changed.metadata) {
                    return Err(ServiceError::invalid(FieldErrors::from([mistake])));
                }
            }
        }
        Ok(changed)
    }
}

fn merge(metadata: &mut Metadata, parts: BTreeMap<String, Option<String>>) {
    for (key, value) in parts {
        match value {
            Some(value) => drop(metadata.insert(key, value)),
            None => drop(metadata.remove(&key)),
        }
    }
}

fn metadata_mistake(metadata: &Metadata) -> Option<(&'static str, String)> {
    check_metadata(metadata).err().map(|mistake| ("metadata", format!("metadata: {mistake}.")))
}
