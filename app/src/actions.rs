//! Server functions: the targets of the pages' forms.
//!
//! Each calls one service method and answers with a redirect. The redirect's query carries a short code for the
//! notice to show. Business rules are in the services, not here.

pub(crate) mod account;
pub(crate) mod address;
pub(crate) mod appearance;
pub(crate) mod billing;
pub(crate) mod customers;
pub(crate) mod enterprise;
pub(crate) mod invitation;
pub(crate) mod keys;
pub(crate) mod notifications;
mod once;
pub(crate) mod operator;
pub(crate) mod own_limits;
pub(crate) mod password;
pub(crate) mod seats;
pub(crate) mod secrets;
pub(crate) mod session;
pub(crate) mod team;
pub(crate) mod webhooks;
pub(crate) mod workspace;

use std::error::Error as _;

use ::billing::{
    Services,
    identity::factors::Confirmed,
    security_event::SecurityEvent,
    service::{ServiceError, base::permission::PortalGrant, tenant::installation::portal::PortalViewer},
};
use domain::{
    account::{Viewer, WorkspaceViewer},
    error_code::ErrorCode,
    tenant::portal::PortalPermission,
};

use crate::request::{
    PageRequest, draft::Draft, local_path::with_query, redirect, redirect_to_login_from_form, services,
    shown_once::Recipient,
};

/// Path of the page that asks for the second factor's code during sign-in.
pub(crate) const LOGIN_CODE: &str = "/login/code";
/// Path of the page that asks a signed-in user to confirm with a factor again.
pub(crate) const CONFIRM: &str = "/confirm";

/// Returns the services and the signed-in user. Without a signed-in user, redirects as [`redirect_to_login_from_form`]
/// does and returns `None`; a portal session is not enough.
pub(crate) fn signed_in() -> Option<(Services, Viewer)> {
    signed_in_with(&Draft::default())
}

/// Returns the services, and the person whose workspace is open: the signed-in user, or the user of a portal session.
/// Without either, redirects as [`redirect_to_login_from_form`] does and returns `None`.
pub(crate) fn in_workspace() -> Option<(Services, WorkspaceViewer)> {
    let req = PageRequest::now();
    let found = req.as_ref().and_then(PageRequest::workspace_viewer).zip(services());
    if found.is_none() {
        redirect_to_login_from_form(req.as_ref());
    }
    found.map(|(viewer, services)| (services, viewer))
}

/// Like [`signed_in`], and keeps `draft` so that the form is prefilled after sign-in.
pub(crate) fn signed_in_with(draft: &Draft) -> Option<(Services, Viewer)> {
    let req = PageRequest::now();
    let found = req.as_ref().and_then(PageRequest::viewer).zip(services());
    if found.is_none() {
        draft.keep();
        redirect_to_login_from_form(req.as_ref());
    }
    found.map(|(viewer, services)| (services, viewer))
}

/// The sender of a form about keys or secrets: the signed-in user, or a portal session whose link has the permission.
pub(crate) enum Keeper {
    Account(Viewer),
    Portal(Box<PortalViewer>, PortalGrant),
}

impl Keeper {
    /// Returns proof of a recent confirmation. For a portal session the permission of its link is the proof.
    pub(crate) fn confirmed(&self, services: &Services) -> Result<Confirmed, ServiceError> {
        match self {
            Self::Account(_) => confirmed(services),
            Self::Portal(_, grant) => Ok(grant.confirmed()),
        }
    }

    /// Returns the only person who may see the value that the form creates.
    pub(crate) fn recipient(&self) -> Recipient<'_> {
        match self {
            Self::Account(viewer) => Recipient::workspace(viewer),
            Self::Portal(portal, _) => Recipient::portal(portal),
        }
    }
}

/// Returns the services and the sender of a form about keys or secrets: the portal session if its link has
/// `permission`, else the signed-in user, as [`signed_in_with`] does.
pub(crate) fn keeper_with(permission: PortalPermission, draft: &Draft) -> Option<(Services, Keeper)> {
    let portal = PageRequest::now().and_then(|req| req.portal().cloned());
    let granted = portal.and_then(|portal| Some((portal.grant(permission)?, portal)));
    match granted.zip(services()) {
        Some(((grant, portal), services)) => Some((services, Keeper::Portal(Box::new(portal), grant))),
        None => signed_in_with(draft).map(|(services, viewer)| (services, Keeper::Account(viewer))),
    }
}

/// Redirects to `path` with the error as a code in the query.
///
/// The query carries only codes, field names and numbers: any text placed there could be forged by a crafted link.
pub(crate) fn redirect_with_error(path: &str, mut pairs: Vec<(&str, String)>, error: &ServiceError) {
    match error {
        ServiceError::SecondFactorRequired => return redirect_to_code(&pairs),
        // Nothing was saved. A form with a draft has kept its input.
        ServiceError::ConfirmationRequired => {
            return redirect(&with_query(CONFIRM, &[("next", &back_to(path, &pairs))]));
        }
        _ => {}
    }
    pairs.push(("code", error.code().to_string()));
    log_refusal(error);
    match error {
        ServiceError::Throttled { retry_after_secs } => pairs.push(("wait", retry_after_secs.to_string())),
        ServiceError::Validation { fields, .. } => {
            pairs.extend(fields.keys().map(|field| ("wrong", (*field).to_owned())));
        }
        _ if error.code() == ErrorCode::Internal => {
            let request = PageRequest::now().and_then(|req| req.id());
            log(error, request.as_deref());
            pairs.extend(request.map(|request| ("request", request)));
        }
        _ => {}
    }
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(key, value)| (*key, value.as_str())).collect();
    redirect(&with_query(path, &pairs));
}

/// Logs the errors that are security events. For other responses the HTTP layer does this by their status, but a form
/// is answered with a redirect, whose status shows no error.
fn log_refusal(error: &ServiceError) {
    let viewer = PageRequest::now().and_then(|req| req.workspace_viewer());
    let user = viewer.as_ref().and_then(WorkspaceViewer::user_id);
    match error {
        ServiceError::Throttled { .. } => {
            SecurityEvent::Throttled { limit: error.code().as_str(), user, key: None }.write();
        }
        ServiceError::AdminRequired
        | ServiceError::BillerRequired
        | ServiceError::OwnerRequired
        | ServiceError::OtherAddress => {
            let tenant = viewer.as_ref().map(|viewer| &viewer.current_membership.tenant_id);
            SecurityEvent::AuthorizationRefused { user, tenant, key: None, reason: error.code().as_str() }.write();
        }
        _ => {}
    }
}

/// Redirects to the page for the second factor's code; keeps `next`, where sign-in leads afterwards.
fn redirect_to_code(pairs: &[(&str, String)]) {
    let next: Vec<_> =
        pairs.iter().filter(|(name, _)| *name == "next").map(|(name, to)| (*name, to.as_str())).collect();
    redirect(&with_query(LOGIN_CODE, &next));
}

fn back_to(path: &str, pairs: &[(&str, String)]) -> String {
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
    with_query(path, &pairs)
}

/// Returns proof that the user confirmed with a factor recently; [`ServiceError::ConfirmationRequired`] otherwise.
pub(crate) fn confirmed(services: &Services) -> Result<Confirmed, ServiceError> {
    PageRequest::now().ok_or(ServiceError::ConfirmationRequired)?.confirmed(services.wall_now())
}

/// Logs an internal error with its chain of causes, which the page does not show.
pub(crate) fn log(error: &ServiceError, request: Option<&str>) {
    let mut causes = String::new();
    let mut cause = error.source();
    while let Some(inner) = cause {
        causes.push_str(": ");
        causes.push_str(&inner.to_string());
        cause = inner.source();
    }
    tracing::error!(request, error = %format!("{error}{causes}"), "failed to handle request");
}
