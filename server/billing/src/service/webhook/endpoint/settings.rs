//! The settings of an endpoint: what is valid, and the check of its host.

use domain::{account::names::has_hidden_characters, ids::TenantId, tenant::webhook_event::WebhookEvent};

use crate::{
    outbound::{AddressError, CheckError},
    service::{FieldErrors, ServiceError, Services},
};

const DESCRIPTION_MAX_CHARS: usize = 200;
/// `Retry-After` when too many host names are being resolved.
const RESOLVE_RETRY_SECS: i64 = 3;

/// The settings of an endpoint.
#[derive(Clone, Debug)]
pub struct EndpointSettings {
    pub url: String,
    pub description: String,
    /// `None` for every event.
    pub events: Option<Vec<WebhookEvent>>,
}

impl Services {
    /// Validates all fields without resolving the host. Reports all invalid fields at once.
    pub(super) fn validate_settings(&self, wish: EndpointSettings) -> Result<EndpointSettings, ServiceError> {
        let mut errors = FieldErrors::new();
        let url = match self.courier().read(wish.url.trim()) {
            Ok(url) => url.into(),
            Err(wrong) => {
                errors.insert("url", uncallable(wrong));
                String::new()
            }
        };
        validate_fields(EndpointSettings { url, ..wish }, errors)
    }

    /// Resolves the URL's host and checks its addresses. May take seconds. Fails with [`ServiceError::Busy`] if too
    /// many run at once.
    pub(super) async fn resolve_host(
        &self,
        tenant: &TenantId,
        wish: EndpointSettings,
    ) -> Result<EndpointSettings, ServiceError> {
        match self.courier().check(tenant, &wish.url).await {
            Ok(url) => Ok(EndpointSettings { url: url.into(), ..wish }),
            Err(CheckError::Address(wrong)) => Err(ServiceError::field("url", uncallable(wrong))),
            Err(CheckError::Busy) => Err(ServiceError::Busy { retry_after_secs: RESOLVE_RETRY_SECS }),
        }
    }
}

fn uncallable(wrong: AddressError) -> String {
    format!("url can't be called: {wrong}")
}

/// Validates the fields that need no I/O, and adds to `errors` of other fields.
pub(super) fn validate_fields(
    wish: EndpointSettings,
    mut errors: FieldErrors,
) -> Result<EndpointSettings, ServiceError> {
    let EndpointSettings { url, description, events } = wish;
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
    match &events {
        Some(events) if events.is_empty() => {
            errors.insert("events", "events must name at least one event, or be null for all of them.".to_owned());
        }
        Some(events) if is_twice(events) => {
            errors.insert("events", "events must name each event once.".to_owned());
        }
        _ => {}
    }
    if errors.is_empty() {
        Ok(EndpointSettings { url, description, events })
    } else {
        Err(ServiceError::invalid(errors))
    }
}
