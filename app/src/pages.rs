//! Pages: one file per page.

pub(crate) mod account_address;
mod answer;
pub(crate) mod cancel;
pub(crate) mod checkout;
pub(crate) mod confirm;
pub(crate) mod docs;
pub(crate) mod documents;
pub(crate) mod enterprise;
pub(crate) mod failure;
pub(crate) mod form_refused;
pub(crate) mod home;
pub(crate) mod invitation;
pub(crate) mod invoices;
pub(crate) mod login;
pub(crate) mod login_code;
pub(crate) mod membership;
mod no_workspace;
pub(crate) mod not_found;
pub(crate) mod operator;
pub(crate) mod paid;
pub(crate) mod password;
pub(crate) mod prove_address;
pub(crate) mod settings;
pub(crate) mod signup;
pub(crate) mod usage;
pub(crate) mod usage_feature;

use billing::{
    Services,
    security_event::SecurityEvent,
    service::{Breakdown, ServiceError, operator::Operator},
};
use domain::account::{Account, Viewer};
use leptos::prelude::*;

use crate::{
    actions::redirect_with_error,
    draft::Draft,
    request::{Asked, redirect, redirect_to_login, services},
};

/// Redirect target of an operator without a second factor.
const SECOND_FACTOR_FIRST: &str = "/settings/account?code=operator_needs_second_factor#second-factor";

/// Renders a page for signed-in users. Without a session, redirects to sign-in and back.
///
/// `content` renders the page. Its error is rendered as an error page, or as a notice on the membership page for
/// errors of the provider.
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
        return no_workspace::page(asked, &account, &Draft::take(asked));
    }
    let (Some(asked), Some(viewer)) = (asked.clone(), viewer) else {
        redirect_to_login(asked.as_ref());
        return ().into_any();
    };
    let Some(services) = services() else {
        return failure::failure(&ServiceError::Internal("request context without services"), Some(viewer));
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
                // Caused outside Dues. The membership page explains it and needs no provider to render.
                redirect_with_error("/membership", Vec::new(), &error);
                ().into_any()
            }
            Err(error) => failure::failure(&error, Some(viewer)),
        }
    })
    .into_any()
}

/// Renders a page about the signed-in user's account, with or without a workspace.
fn account_page<Content, Rendering>(content: Content) -> AnyView
where
    Content: FnOnce(Services, Account, Asked) -> Rendering + Send + 'static,
    Rendering: Future<Output = Result<AnyView, ServiceError>> + Send + 'static,
{
    let asked = Asked::now();
    if let Some(Breakdown(error)) = asked.as_ref().and_then(Asked::breakdown) {
        return failure::failure(&error, None);
    }
    let account = asked.as_ref().and_then(Asked::account);
    let (Some(asked), Some(account), Some(services)) = (asked.clone(), account, services()) else {
        redirect_to_login(asked.as_ref());
        return ().into_any();
    };
    Suspend::new(async move {
        let viewer = asked.viewer();
        match content(services, account, asked).await {
            Ok(page) => page,
            Err(error) => failure::failure(&error, viewer),
        }
    })
    .into_any()
}

/// Renders a page of the operator's desk; 404 for every other user.
///
/// `content` renders the page. [`ServiceError::TenantNotFound`] renders as 404.
fn desk_page<Content, Rendering>(content: Content) -> AnyView
where
    Content: FnOnce(Services, Operator, Asked) -> Rendering + Send + 'static,
    Rendering: Future<Output = Result<AnyView, ServiceError>> + Send + 'static,
{
    let asked = Asked::now();
    if let Some(Breakdown(error)) = asked.as_ref().and_then(Asked::breakdown) {
        return failure::failure(&error, None);
    }
    if asked.as_ref().is_some_and(Asked::desk_is_closed) {
        redirect(SECOND_FACTOR_FIRST);
        return ().into_any();
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
