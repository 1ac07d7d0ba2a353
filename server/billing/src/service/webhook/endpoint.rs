//! Webhook endpoints: URLs of servers that receive events, signed as Standard Webhooks specifies. A workspace's
//! endpoints receive its events; the installation's endpoints receive the events of all tenants.

mod announce;
mod authority;
mod deliver;
mod event;
mod messages;
mod secret;

use std::time::Duration;

use domain::{
    account::names::has_hidden_characters,
    ids::TenantId,
    tenant::{audit::AuditAction, webhook_event::WebhookEvent},
    time::Timestamp,
};
use serde_json::{Value, json};
use uuid::Uuid;

pub use announce::PING;
pub use authority::EndpointAuthority;
pub(crate) use deliver::SLOW_AFTER;
pub(in crate::service) use event::{EndpointEvent, TenantChange};
use secret::FreshSecret;

pub use crate::store::webhook::{
    webhook_endpoints::{Disabled, DisabledWhy},
    webhook_messages::{Attempt, Delivery, DeliveryState},
};
use crate::{
    identity::{factors::Confirmed, throttle::Throttle},
    outbound::{AddressError, CheckError},
    service::{Endpoints, FieldErrors, ServiceError},
    store::webhook::webhook_endpoints::Endpoint,
};

/// How many endpoints a tenant or the installation may have.
pub const MAX_ENDPOINTS: u64 = 10;
/// How long a replaced secret still signs, beside the new one.
const FORMER_SECRET_TTL: Duration = Duration::from_hours(24);
const DESCRIPTION_MAX_CHARS: usize = 200;
/// `Retry-After` when too many host names are being resolved.
const RESOLVE_RETRY_SECS: i64 = 3;
/// Maximum number of deliveries on a page.
pub const MAX_DELIVERIES_PER_PAGE: u64 = 100;
const DISABLED: ServiceError = ServiceError::Conflict("The endpoint is disabled. Enable it first.");

/// The settings of an endpoint.
#[derive(Clone, Debug)]
pub struct EndpointSettings {
    pub url: String,
    pub description: String,
    /// `None` for every event that the owner's endpoints can subscribe to.
    pub events: Option<Vec<WebhookEvent>>,
}

/// Changes to an endpoint; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct EndpointChange {
    pub url: Option<String>,
    pub description: Option<String>,
    /// `Some(None)` subscribes to every event, as [`EndpointSettings::events`].
    pub events: Option<Option<Vec<WebhookEvent>>>,
    pub enabled: Option<bool>,
}

/// An endpoint as its admins or operators may see it, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedEndpoint {
    pub id: String,
    pub url: String,
    pub description: String,
    pub events: Option<Vec<WebhookEvent>>,
    pub disabled: Option<Disabled>,
    pub failing_since: Option<Timestamp>,
    /// Until when the replaced secret still signs; `None` if there is none.
    pub former_secret_until: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// An endpoint with its secret in clear text, which is shown only once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointWithSecret {
    pub endpoint: ListedEndpoint,
    /// `whsec_…`
    pub secret: String,
}

/// A page of an endpoint's deliveries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deliveries {
    pub items: Vec<Delivery>,
    /// The cursor of the next page.
    pub next: Option<String>,
}

impl Endpoints {
    /// Creates an endpoint. Fails with [`ServiceError::TooManyEndpoints`] if the tenant has [`MAX_ENDPOINTS`].
    pub async fn create_endpoint<'a>(
        &self,
        authority: impl Into<EndpointAuthority<'a>>,
        _: &Confirmed,
        settings: EndpointSettings,
    ) -> Result<EndpointWithSecret, ServiceError> {
        let authority = authority.into();
        authority.require()?;
        self.secrets().ensure_can_store_secrets()?;
        let tenant = &*authority.owner();
        // Cheap checks come before the host is resolved.
        let settings = self.validate_settings(tenant, settings)?;
        let has = self.store().read().await?.connection().count_endpoints(tenant).await?;
        if has >= MAX_ENDPOINTS {
            return Err(ServiceError::TooManyEndpoints { most: MAX_ENDPOINTS });
        }
        self.throttle_action(&Throttle::of_endpoints(tenant)).await?;
        let EndpointSettings { url, description, events } = self.resolve_host(tenant, settings).await?;
        let now = self.wall_now();
        let id = format!("ep_{}", Uuid::now_v7().simple());
        let FreshSecret { sealed, clear } = self.fresh_secret(tenant, &id)?;
        let endpoint = Endpoint {
            tenant: tenant.clone(),
            id,
            url,
            description,
            events,
            secret: sealed,
            former: None,
            disabled: None,
            failing_since: None,
            created_at: now,
        };
        let mut tx = self.store().begin().await?;
        authority.lock(&mut tx).await?;
        if tx.connection().count_endpoints(tenant).await? >= MAX_ENDPOINTS {
            return Err(ServiceError::TooManyEndpoints { most: MAX_ENDPOINTS });
        }
        tx.connection().insert_endpoint(&endpoint).await?;
        let details = json!({ "url": endpoint.url, "events": endpoint.events });
        let entry = authority.audit_entry(AuditAction::EndpointCreated, &endpoint.id, details);
        self.record_audit(&mut tx, tenant, entry).await?;
        tx.commit().await?;
        Ok(EndpointWithSecret { endpoint: listed(endpoint, now), secret: clear })
    }

    /// Returns a tenant's endpoints, newest first.
    pub async fn list_endpoints(&self, tenant: &TenantId) -> Result<Vec<ListedEndpoint>, ServiceError> {
        let now = self.wall_now();
        let endpoints = self.store().read().await?.connection().list_endpoints(tenant).await?;
        Ok(endpoints.into_iter().map(|endpoint| listed(endpoint, now)).collect())
    }

    /// Returns one endpoint.
    pub async fn endpoint(&self, tenant: &TenantId, id: &str) -> Result<ListedEndpoint, ServiceError> {
        let found = self.store().read().await?.connection().find_endpoint(tenant, id).await?;
        Ok(listed(found.ok_or_else(not_found)?, self.wall_now()))
    }

    /// Changes an endpoint. Disabling it also gives up its waiting messages. Fails with
    /// [`ServiceError::ConfirmationRequired`] if the URL changes and `confirmed` is `None`.
    pub async fn change_endpoint<'a>(
        &self,
        authority: impl Into<EndpointAuthority<'a>>,
        id: &str,
        change: EndpointChange,
        confirmed: Option<&Confirmed>,
    ) -> Result<ListedEndpoint, ServiceError> {
        let authority = authority.into();
        authority.require()?;
        let tenant = &*authority.owner();
        let EndpointChange { url, description, events, enabled } = change;
        let now = self.wall_now();
        let before = self.store().read().await?.connection().find_endpoint(tenant, id).await?.ok_or_else(not_found)?;
        // An unchanged URL is not checked again, so that it can't fail other changes.
        let is_other = url.as_ref().is_some_and(|url| *url != before.url);
        if is_other && confirmed.is_none() {
            return Err(ServiceError::ConfirmationRequired);
        }
        let settings = EndpointSettings {
            url: url.unwrap_or(before.url),
            description: description.unwrap_or(before.description),
            events: events.unwrap_or(before.events),
        };
        let settings = if is_other {
            let settings = self.validate_settings(tenant, settings)?;
            self.throttle_action(&Throttle::of_endpoints(tenant)).await?;
            self.resolve_host(tenant, settings).await?
        } else {
            validate_fields(tenant, settings, FieldErrors::new())?
        };
        let mut tx = self.store().begin().await?;
        authority.lock(&mut tx).await?;
        tx.connection().lock_endpoint(tenant, id).await?;
        let before = tx.connection().find_endpoint(tenant, id).await?.ok_or_else(not_found)?;
        let disabled = match (enabled, before.disabled) {
            (Some(false), None) => Some(Disabled { at: now, why: DisabledWhy::ByAdmin }),
            (Some(true), _) => None,
            (_, disabled) => disabled,
        };
        if disabled.is_some() && before.disabled.is_none() {
            tx.connection().give_up_messages(tenant, id, "The endpoint was disabled.").await?;
        }
        let failing_since = before.failing_since.filter(|_| before.disabled.is_none() && !is_other);
        let EndpointSettings { url, description, events } = settings;
        let former = before.clone();
        let endpoint = Endpoint { url, description, events, disabled, failing_since, ..before };
        tx.connection().update_endpoint(&endpoint).await?;
        let (was, is) = (audited(&former), audited(&endpoint));
        if was != is {
            let details = json!({ "before": was, "after": is });
            let entry = authority.audit_entry(AuditAction::EndpointChanged, id, details);
            self.record_audit(&mut tx, tenant, entry).await?;
        }
        tx.commit().await?;
        Ok(listed(endpoint, now))
    }

    /// Deletes an endpoint with its log of deliveries.
    pub async fn delete_endpoint<'a>(
        &self,
        authority: impl Into<EndpointAuthority<'a>>,
        id: &str,
    ) -> Result<(), ServiceError> {
        let authority = authority.into();
        let mut tx = self.store().begin().await?;
        authority.lock(&mut tx).await?;
        let tenant = &*authority.owner();
        let endpoint = tx.connection().find_endpoint(tenant, id).await?.ok_or_else(not_found)?;
        if !tx.connection().delete_endpoint(tenant, id).await? {
            return Err(not_found());
        }
        let details = json!({ "url": endpoint.url });
        self.record_audit(&mut tx, tenant, authority.audit_entry(AuditAction::EndpointDeleted, id, details)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Replaces the secret. The previous secret still signs for a day; a secret that was replaced earlier stops at
    /// once.
    pub async fn rotate_endpoint_secret<'a>(
        &self,
        authority: impl Into<EndpointAuthority<'a>>,
        _: &Confirmed,
        id: &str,
    ) -> Result<EndpointWithSecret, ServiceError> {
        let authority = authority.into();
        authority.require()?;
        self.secrets().ensure_can_store_secrets()?;
        let tenant = &*authority.owner();
        let now = self.wall_now();
        let until = now.plus_secs(i64::try_from(FORMER_SECRET_TTL.as_secs()).unwrap_or(i64::MAX));
        let mut tx = self.store().begin().await?;
        authority.lock(&mut tx).await?;
        let endpoint = tx.connection().find_endpoint(tenant, id).await?.ok_or_else(not_found)?;
        let FreshSecret { sealed, clear } = self.fresh_secret(tenant, id)?;
        tx.connection().update_endpoint_secret(tenant, id, &sealed, (&endpoint.secret, until)).await?;
        let details = json!({ "url": endpoint.url, "formerUntil": until.rfc3339_secs() });
        let entry = authority.audit_entry(AuditAction::EndpointSecretRotated, id, details);
        self.record_audit(&mut tx, tenant, entry).await?;
        tx.commit().await?;
        let endpoint = Endpoint { former: Some((endpoint.secret.clone(), until)), secret: sealed, ..endpoint };
        Ok(EndpointWithSecret { endpoint: listed(endpoint, now), secret: clear })
    }

    /// Validates all fields without resolving the host. Reports all invalid fields at once.
    fn validate_settings(
        &self,
        owner: &TenantId,
        settings: EndpointSettings,
    ) -> Result<EndpointSettings, ServiceError> {
        let mut errors = FieldErrors::new();
        let url = match self.courier().read(settings.url.trim()) {
            Ok(url) => url.into(),
            Err(wrong) => {
                errors.insert("url", uncallable(wrong));
                String::new()
            }
        };
        validate_fields(owner, EndpointSettings { url, ..settings }, errors)
    }

    /// Resolves the URL's host and checks its addresses. May take seconds. Fails with [`ServiceError::Busy`] if too
    /// many run at once.
    async fn resolve_host(
        &self,
        tenant: &TenantId,
        settings: EndpointSettings,
    ) -> Result<EndpointSettings, ServiceError> {
        match self.courier().check(tenant, &settings.url).await {
            Ok(url) => Ok(EndpointSettings { url: url.into(), ..settings }),
            Err(CheckError::Address(wrong)) => Err(ServiceError::field("url", uncallable(wrong))),
            Err(CheckError::Busy) => Err(ServiceError::Busy { retry_after_secs: RESOLVE_RETRY_SECS }),
        }
    }

    /// Counts an action of a user. Fails with [`ServiceError::Throttled`] if there were too many.
    async fn throttle_action(&self, throttle: &Throttle) -> Result<(), ServiceError> {
        match throttle.record_attempt(self.store(), self.wall_now()).await? {
            Some(retry_after_secs) => Err(ServiceError::Throttled { retry_after_secs }),
            None => Ok(()),
        }
    }
}

fn uncallable(wrong: AddressError) -> String {
    format!("url can't be called: {wrong}")
}

/// Validates the fields that need no I/O. Fails with their errors and `errors`, which other checks found before.
fn validate_fields(
    owner: &TenantId,
    settings: EndpointSettings,
    mut errors: FieldErrors,
) -> Result<EndpointSettings, ServiceError> {
    let EndpointSettings { url, description, events } = settings;
    let description = description.trim().to_owned();
    if description.chars().count() > DESCRIPTION_MAX_CHARS || has_hidden_characters(&description) {
        errors.insert(
            "description",
            format!("description may have at most {DESCRIPTION_MAX_CHARS} characters, on one line."),
        );
    }
    let is_twice = |events: &[WebhookEvent]| {
        events.iter().enumerate().any(|(at, event)| events.iter().skip(at + 1).any(|other| other == event))
    };
    let may_have = events_of(owner);
    match &events {
        Some(events) if events.is_empty() => {
            errors.insert("events", "events must name at least one event, or be null for all of them.".to_owned());
        }
        Some(events) if is_twice(events) => {
            errors.insert("events", "events must name each event once.".to_owned());
        }
        Some(events) if !events.iter().all(|event| may_have.contains(event)) => {
            let names: Vec<_> = may_have.iter().map(|event| event.as_str()).collect();
            errors.insert("events", format!("events may have {}.", names.join(", ")));
        }
        _ => {}
    }
    if errors.is_empty() {
        Ok(EndpointSettings { url, description, events })
    } else {
        Err(ServiceError::invalid(errors))
    }
}

/// Returns the events that endpoints of a tenant, or of the installation, can subscribe to.
fn events_of(owner: &TenantId) -> &'static [WebhookEvent] {
    if *owner == TenantId::installation() { &WebhookEvent::ALL } else { &WebhookEvent::OF_WORKSPACES }
}

/// Returns the fields of an endpoint for the audit log, without the secret.
pub(in crate::service) fn audited(endpoint: &Endpoint) -> Value {
    let Endpoint { url, description, events, disabled, .. } = endpoint;
    json!({ "url": url, "description": description, "events": events, "enabled": disabled.is_none() })
}

const fn not_found() -> ServiceError {
    ServiceError::NotFound("webhook endpoint")
}

fn listed(endpoint: Endpoint, now: Timestamp) -> ListedEndpoint {
    let Endpoint { tenant: _, id, url, description, events, secret: _, former, disabled, failing_since, created_at } =
        endpoint;
    let former_secret_until = former.map(|(_, until)| until).filter(|until| *until > now);
    ListedEndpoint { id, url, description, events, disabled, failing_since, former_secret_until, created_at }
}

#[cfg(test)]
mod tests;
