//! One file a page.

mod answer;
pub(crate) mod cancel;
pub(crate) mod checkout;
pub(crate) mod docs;
pub(crate) mod enterprise;
pub(crate) mod failure;
pub(crate) mod form_refused;
pub(crate) mod home;
pub(crate) mod invitation;
pub(crate) mod invoices;
pub(crate) mod login;
pub(crate) mod membership;
pub(crate) mod not_found;
pub(crate) mod operator;
pub(crate) mod paid;
pub(crate) mod password;
pub(crate) mod prove_address;
pub(crate) mod security;
pub(crate) mod settings;
mod signed_in_nowhere;
pub(crate) mod signup;
pub(crate) mod usage;
pub(crate) mod usage_feature;

use billing::{
    Services,
    security_event::SecurityEvent,
    service::{Breakdown, ServiceError, operator::Operator},
};
use domain::account::Viewer;
use leptos::prelude::*;

use crate::{
    actions::redirect_with_error,
    draft::Draft,
    request::{Asked, redirect_to_login, services},
};

/// A page for those who are signed in: everyone else is sent to sign in and comes back.
///
/// `content` renders the page; its error becomes the page that says so.
fn signed_in_page<Content, Rendering>(content: Content) -> AnyView
where
    Content: FnOnce(Services, Viewer, Asked) -> Rendering + Send + 'static,
    Rendering: Future<Output = Result<AnyView, ServiceError>> + Send + 'static,
{
    let asked = Asked::now();
    if let Some(Breakdown(error)) = asked.as_ref().and_then(Asked::breakdown) {
        return failure::failure(&error, None);
    }
    let viewer = asked.as_ref().and_then(Asked::viewer);
    if let (None, Some(asked)) = (&viewer, &asked)
        && let Some(account) = asked.account()
    {
        return signed_in_nowhere::page(asked, &account, &Draft::take(asked));
    }
    let (Some(asked), Some(viewer)) = (asked.clone(), viewer) else {
        redirect_to_login(asked.as_ref());
        return ().into_any();
    };
    let Some(services) = services() else {
        return failure::failure(&ServiceError::Internal("the server gives every page the services"), Some(viewer));
    };
    Suspend::new(async move {
        match content(services, viewer.clone(), asked).await {
            Ok(page) => page,
            Err(
                error @ (ServiceError::ProviderUnavailable { .. }
                | ServiceError::ProviderAccountChanged { .. }
                | ServiceError::UnknownAtProvider { .. }
                | ServiceError::ProviderRejected { .. }
                | ServiceError::BillingNotConfigured
                | ServiceError::Conflict(_)),
            ) => {
                // Not our mistake, and the membership page, which asks no provider, has the words for it.
                redirect_with_error("/membership", Vec::new(), &error);
                ().into_any()
            }
            Err(error) => failure::failure(&error, Some(viewer)),
        }
    })
    .into_any()
}

/// A page at the operator's desk: for everyone else there is none at its address.
///
/// `content` renders the page; a tenant that it can't find is no page either.
fn desk_page<Content, Rendering>(content: Content) -> AnyView
where
    Content: FnOnce(Services, Operator, Asked) -> Rendering + Send + 'static,
    Rendering: Future<Output = Result<AnyView, ServiceError>> + Send + 'static,
{
    let asked = Asked::now();
    if let Some(Breakdown(error)) = asked.as_ref().and_then(Asked::breakdown) {
        return failure::failure(&error, None);
    }
    let operator = asked.as_ref().and_then(Asked::operator);
    if let (None, Some(account)) = (&operator, asked.as_ref().and_then(Asked::account)) {
        let user = Some(&account.user_id);
        let reason = "operator_required";
        SecurityEvent::AuthorizationRefused { user, tenant: None, key: None, reason }.write();
    }
    let (Some(asked), Some(operator), Some(services)) = (asked, operator, services()) else {
        return not_found::not_found();
    };
    Suspend::new(async move {
        let viewer = asked.viewer();
        match content(services, operator, asked).await {
            Ok(page) => page,
            Err(ServiceError::TenantNotFound) => not_found::not_found(),
            Err(error) => failure::failure(&error, viewer),
        }
    })
    .into_any()
}

#[cfg(test)]
#[path = "pages/render_tests.rs"]
mod tests;
