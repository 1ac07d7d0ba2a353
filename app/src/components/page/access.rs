//! Access to pages: redirects to sign-in, and renders error pages.

use billing::{
    Services,
    security_event::SecurityEvent,
    service::{PageFailure, ServiceError, operator::Operator},
};
use domain::account::{Account, Viewer, WorkspaceViewer};
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    actions::{redirect_with_error, session::OpenWorkspace},
    components::page::{failure, no_workspace, not_found, portal},
    request::{PageRequest, draft::Draft, redirect, redirect_to_login, services},
};

/// Redirect target of an operator without a second factor.
const SECOND_FACTOR_FIRST: &str = "/settings/account?code=operator_needs_second_factor#second-factor";

/// Renders a page of the workspace for signed-in users. Without a session, redirects to sign-in, which leads back
/// to the page. A portal session gets the page that says that an account is needed.
///
/// `content` renders the page. Its error is rendered as in [`workspace_page`].
pub(crate) fn signed_in_page<Content, Rendering>(content: Content) -> AnyView
where
    Content: FnOnce(Services, Viewer, PageRequest) -> Rendering + Send + 'static,
    Rendering: Future<Output = Result<AnyView, ServiceError>> + Send + 'static,
{
    workspace_page(move |services, viewer, req| async move {
        match viewer.account_viewer() {
            Some(viewer) => content(services, viewer, req).await,
            None => Ok(portal::needs_account()),
        }
    })
}

/// Renders a page of the workspace for signed-in users and for portal sessions. Without a session, redirects to
/// sign-in, which leads back to the page.
///
/// `content` renders the page. Its error is rendered as an error page, or as a notice on the membership page for
/// errors of the provider.
pub(crate) fn workspace_page<Content, Rendering>(content: Content) -> AnyView
where
    Content: FnOnce(Services, WorkspaceViewer, PageRequest) -> Rendering + Send + 'static,
    Rendering: Future<Output = Result<AnyView, ServiceError>> + Send + 'static,
{
    let req = PageRequest::now();
    if let Some(PageFailure(error)) = req.as_ref().and_then(PageRequest::breakdown) {
        return failure::failure(&error, None);
    }
    let viewer = req.as_ref().and_then(PageRequest::workspace_viewer);
    if let (None, Some(req)) = (&viewer, &req)
        && let Some(account) = req.account()
    {
        return no_workspace::page(req, &account, &Draft::take(req, &[OpenWorkspace::PATH]));
    }
    let (Some(req), Some(viewer)) = (req.clone(), viewer) else {
        return sign_in_first(req.as_ref());
    };
    let Some(services) = services() else {
        let error = ServiceError::Internal("request context without services");
        return failure::failure(&error, viewer.account_viewer());
    };
    Suspend::new(async move {
        match content(services, viewer.clone(), req).await {
            Ok(page) => page,
            Err(
                error @ (ServiceError::ProviderUnavailable { .. }
                | ServiceError::ProviderAccountChanged { .. }
                | ServiceError::UnknownAtProvider { .. }
                | ServiceError::ProviderRejected { .. }
                | ServiceError::BillingNotConfigured
                | ServiceError::Conflict(_)),
            ) => {
                // The membership page has a notice for each of these errors and needs no provider to render.
                redirect_with_error("/membership", Vec::new(), &error);
                ().into_any()
            }
            Err(error) => failure::failure(&error, viewer.account_viewer()),
        }
    })
    .into_any()
}

/// Redirects to sign-in, which leads back to the page. After the end of a portal session, renders a link to the product
/// instead.
fn sign_in_first(req: Option<&PageRequest>) -> AnyView {
    if let Some(back) = req.and_then(PageRequest::ended_portal) {
        return portal::session_over(back);
    }
    redirect_to_login(req);
    ().into_any()
}

/// Renders a page about the signed-in user's account, with or without a workspace.
pub(crate) fn account_page<Content, Rendering>(content: Content) -> AnyView
where
    Content: FnOnce(Services, Account, PageRequest) -> Rendering + Send + 'static,
    Rendering: Future<Output = Result<AnyView, ServiceError>> + Send + 'static,
{
    let req = PageRequest::now();
    if let Some(PageFailure(error)) = req.as_ref().and_then(PageRequest::breakdown) {
        return failure::failure(&error, None);
    }
    if req.as_ref().is_some_and(|req| req.portal().is_some()) {
        return portal::needs_account();
    }
    let account = req.as_ref().and_then(PageRequest::account);
    let (Some(req), Some(account), Some(services)) = (req.clone(), account, services()) else {
        return sign_in_first(req.as_ref());
    };
    Suspend::new(async move {
        let viewer = req.viewer();
        match content(services, account, req).await {
            Ok(page) => page,
            Err(error) => failure::failure(&error, viewer),
        }
    })
    .into_any()
}

/// Renders a page of the operator's desk; 404 for every other user.
///
/// `content` renders the page. [`ServiceError::TenantNotFound`] renders as 404.
pub(crate) fn desk_page<Content, Rendering>(content: Content) -> AnyView
where
    Content: FnOnce(Services, Operator, PageRequest) -> Rendering + Send + 'static,
    Rendering: Future<Output = Result<AnyView, ServiceError>> + Send + 'static,
{
    let req = PageRequest::now();
    if let Some(PageFailure(error)) = req.as_ref().and_then(PageRequest::breakdown) {
        return failure::failure(&error, None);
    }
    if req.as_ref().is_some_and(PageRequest::desk_is_closed) {
        redirect(SECOND_FACTOR_FIRST);
        return ().into_any();
    }
    let operator = req.as_ref().and_then(PageRequest::operator);
    if let (None, Some(account)) = (&operator, req.as_ref().and_then(PageRequest::account)) {
        let user = Some(&account.user_id);
        let reason = "operator_required";
        SecurityEvent::AuthorizationRefused { user, tenant: None, key: None, reason }.write();
    }
    let (Some(req), Some(operator), Some(services)) = (req, operator, services()) else {
        return not_found::not_found();
    };
    Suspend::new(async move {
        let viewer = req.viewer();
        match content(services, operator, req).await {
            Ok(page) => page,
            Err(ServiceError::TenantNotFound) => not_found::not_found(),
            Err(error) => failure::failure(&error, viewer),
        }
    })
    .into_any()
}
