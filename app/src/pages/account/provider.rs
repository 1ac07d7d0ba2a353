//! `/login/oidc/{id}`: sends the browser to an identity provider. `/login/oidc/{id}/callback`: where it comes back.

use billing::{
    Services,
    service::{
        ServiceError,
        account::elsewhere::provider::{PENDING_SECS, ProviderReturn, StartedSignIn},
    },
};
use domain::{error_code::ErrorCode, ids::UserId};
use http::StatusCode;
use leptos::prelude::*;
use locales::text;

use crate::{
    actions::{
        LOGIN_CODE,
        session::{begin, form_context, redirect_after_sign_in},
    },
    components::{
        form::sign_in::next,
        page::{dead_end::DeadEnd, failure, not_found::not_found},
    },
    request::{
        PageRequest,
        cookie::PageCookie,
        draft::Draft,
        local_path::{local_path, with_query},
        redirect, services, set_retry_after,
    },
};

/// The cookie with the sealed state of a sign-in in progress.
const PENDING: PageCookie = PageCookie::everywhere("provider_sign_in");
/// Maximum length of the `next` path in the [`PENDING`] cookie: browsers drop cookies of more than 4 KiB.
const NEXT_MAX_BYTES: usize = 1024;
/// Seconds for `Retry-After` while a provider is down.
const RETRY_SECS: u32 = 10;

/// Sets the cookie of a sign-in and redirects to the provider.
///
/// Pages lead here by a link and not by a form, because a browser may block a form's redirect to another site.
pub(crate) fn start() -> AnyView {
    let (Some(req), Some(services)) = (PageRequest::now(), services()) else { return ().into_any() };
    Suspend::new(async move {
        let next = next(&req).filter(|next| next.len() <= NEXT_MAX_BYTES).unwrap_or_default();
        match services.accounts().start_provider_sign_in(&provider_id(&req), &next).await {
            Ok(StartedSignIn { url, pending }) => {
                PENDING.keep(&pending, PENDING_SECS);
                redirect(&url);
                ().into_any()
            }
            Err(error) => refused(&req, &error),
        }
    })
    .into_any()
}

pub(crate) fn callback() -> AnyView {
    let (Some(req), Some(services)) = (PageRequest::now(), services()) else { return ().into_any() };
    Suspend::new(async move {
        match finish(&req, &services).await {
            Ok((user, next)) => redirect_after_sign_in(&services, &user, &next).await,
            Err((Some(next), ServiceError::SecondFactorRequired)) => {
                Draft::await_code();
                let next = local_path(&next).map(|next| ("next", next));
                redirect(&with_query(LOGIN_CODE, &next.into_iter().collect::<Vec<_>>()));
            }
            Err((_, error)) => return refused(&req, &error),
        }
        ().into_any()
    })
    .into_any()
}

/// Signs in and returns the user and the path to continue at. An error contains that path if the provider's answer was
/// accepted.
async fn finish(req: &PageRequest, services: &Services) -> Result<(UserId, String), (Option<String>, ServiceError)> {
    let context = form_context().map_err(|error| (None, error))?;
    // Read before the account, so that an action that ends the account's sessions meanwhile ends this session, too.
    let now = services.wall_now();
    let (code, state, issuer) = (req.query("code"), req.query("state"), req.query("iss"));
    let returned = ProviderReturn { code, state, issuer, pending: PENDING.value(req) };
    PENDING.drop();
    let client = context.client.clone();
    let finished = services.accounts().finish_provider_sign_in(&provider_id(req), returned, client).await;
    let signed_in = finished.map_err(|error| (None, error))?;
    match begin(&context, &signed_in.user, now).await {
        Ok(()) => Ok((signed_in.user, signed_in.next)),
        Err(error) => Err((Some(signed_in.next), error)),
    }
}

/// Returns the provider's id in the path.
fn provider_id(req: &PageRequest) -> String {
    req.path().split('/').nth(3).unwrap_or_default().to_owned()
}

/// Renders the page for a sign-in that was not completed.
pub(in crate::pages) fn refused(req: &PageRequest, error: &ServiceError) -> AnyView {
    let (status, head, lead) = match error.code() {
        ErrorCode::NotFound => return not_found(),
        ErrorCode::IssuerUnavailable => {
            set_retry_after(RETRY_SECS);
            (
                StatusCode::SERVICE_UNAVAILABLE,
                text!(account_provider_unavailable_head),
                text!(account_provider_unavailable_lead),
            )
        }
        ErrorCode::ProviderSignInFailed => {
            (StatusCode::UNAUTHORIZED, text!(account_provider_failed_head), text!(account_provider_failed_lead))
        }
        ErrorCode::ProviderWithoutAddress => {
            (StatusCode::CONFLICT, text!(account_provider_address_head), text!(account_provider_address_lead))
        }
        ErrorCode::AddressTaken => {
            (StatusCode::CONFLICT, text!(account_provider_taken_head), text!(account_provider_taken_lead))
        }
        _ => return failure::failure(error, req.viewer()),
    };
    let page = DeadEnd {
        status,
        title: text!(account_sign_in_title),
        side: text!(account_sign_in_title).into_any(),
        head,
        lead,
        way_on: ("/login", text!(frame_go_to_sign_in)),
    };
    page.page(req.viewer())
}
