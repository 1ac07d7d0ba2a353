//! `/api/v1/webhook-endpoints`: the installation's servers that receive the events of all tenants.

pub mod change;
pub mod create;
pub mod delete;
pub mod deliveries;
pub mod list;
pub mod resend;
pub mod rotate_secret;
pub mod show;
pub mod test;

use billing::service::{base::permission::InstallationPrincipal, webhook::endpoint::EndpointAuthority};
use domain::tenant::{installation_scope::InstallationScope, webhook_event::WebhookEvent};

use crate::api::ApiError;

/// Returns the authority of the key to manage the installation's endpoints; an error without the scope `webhooks`.
fn authority(key: &InstallationPrincipal) -> Result<EndpointAuthority<'_>, ApiError> {
    EndpointAuthority::key(key).ok_or_else(|| ApiError::installation_scope_required(InstallationScope::Webhooks))
}

/// Returns the names of all events, separated by commas, for an error message.
fn event_names() -> String {
    WebhookEvent::ALL.map(WebhookEvent::as_str).join(", ")
}
