//! Actions that sign up, sign in, sign out and switch the workspace.

use ::billing::{
    Services,
    identity::{ClientAddress, client::Client, device, factors::Authenticated, session},
    service::{ServiceError, account},
};
use domain::{ids::UserId, time::Timestamp};
use leptos::prelude::*;
use locales::Locale;
use tower_sessions::Session;

use crate::{
    actions::{LOGIN_CODE, appearance::YEAR_SECS, log, operator::HOME as DESK, redirect_with_error},
    request::{
        PageRequest,
        cookie::PageCookie,
        draft::Draft,
        language::ACCOUNT_LANGUAGE,
        local_path::{local_path, with_query},
        redirect, redirect_to_login_from_form, services,
        sign_out::delete_cookies,
    },
};

const MEMBERSHIP: &str = "/membership";

/// Cookie that identifies a browser the user has signed in with.
const DEVICE: PageCookie = PageCookie::everywhere(device::COOKIE);

/// The request's parts that actions outside a workspace use.
pub(crate) struct FormContext {
    pub(crate) services: Services,
    pub(crate) session: Session,
    pub(crate) address: ClientAddress,
    pub(crate) client: Client,
}

pub(crate) fn form_context() -> Result<FormContext, ServiceError> {
    let found = PageRequest::now().and_then(|req| {
        let (services, session, address) = (services()?, req.session()?, req.client_address()?);
        let cookie = DEVICE.value(&req);
        let client = Client::new(address, cookie.as_deref(), req.user_agent().as_deref()).reading(Locale::current());
        Some(FormContext { services, session, address, client })
    });
    found.ok_or(ServiceError::Internal("request context without services, session or client address"))
}

/// Signs in a user whose first factor was verified.
///
/// `now` must be read before the first factor is verified, so that a password change since then ends this session too.
///
/// Returns [`ServiceError::SecondFactorRequired`] if the account has a second factor; the session then waits for the
/// second factor's code.
pub(crate) async fn begin(context: &FormContext, user: &UserId, now: Timestamp) -> Result<(), ServiceError> {
    match context.services.accounts().complete_sign_in(user, now, None, &context.client).await {
        Ok(known) => start_session(context, &known).await,
        Err(ServiceError::SecondFactorRequired) => {
            session::await_code(&context.session, user, now).await?;
            Err(ServiceError::SecondFactorRequired)
        }
        Err(error) => Err(error),
    }
}

/// Starts the session of a user whose factors are all verified.
pub(crate) async fn start_session(context: &FormContext, known: &Authenticated) -> Result<(), ServiceError> {
    session::begin(&context.session, known, &context.client).await?;
    Draft::sign_in(known.user());
    remember_language(context, known.user()).await;
    remember_device(context, known.user()).await
}

/// Takes the language that the user chose over to this browser until they sign out; one that is chosen in the browser
/// precedes it. Without a choice, the account's mails follow this page. A failure is logged: the user is signed in anyway.
async fn remember_language(context: &FormContext, user: &UserId) {
    let accounts = context.services.accounts();
    let req = PageRequest::now();
    let remembered = match accounts.chosen_language(user).await {
        Ok(Some(language)) => {
            ACCOUNT_LANGUAGE.keep(language.tag(), YEAR_SECS);
            Ok(())
        }
        Ok(None) => accounts.note_language(user, Locale::current()).await,
        Err(error) => Err(error),
    };
    if let Err(error) = remembered {
        log(&error.into(), req.and_then(|req| req.id()).as_deref());
    }
}

/// Remembers the browser as a known device of the user, after a sign-in or an opened mail link.
pub(crate) async fn remember_device(context: &FormContext, user: &UserId) -> Result<(), ServiceError> {
    let cookie = context.services.accounts().device_cookie(user, &context.client).await?;
    DEVICE.keep(&cookie, device::KEPT_SECS);
    Ok(())
}

/// Remembers the browser after a reset of the password, before a second factor is verified.
pub(crate) async fn remember_device_of_reset(context: &FormContext, user: &UserId) -> Result<(), ServiceError> {
    let cookie = context.services.accounts().device_cookie_of_reset(user, &context.client).await?;
    DEVICE.keep(&cookie, device::KEPT_SECS);
    Ok(())
}

fn next_pair(next: &str) -> Vec<(&'static str, String)> {
    local_path(next).map(|next| ("next", next.to_owned())).into_iter().collect()
}

fn redirect_to_next(next: &str) {
    redirect(local_path(next).unwrap_or(MEMBERSHIP));
}

/// Redirects after a sign-in: to `next`, if that is a local path; else to the desk, if the user is an operator without a
/// workspace; else to the membership page. A failure to find out is logged.
pub(crate) async fn redirect_after_sign_in(services: &Services, user: &UserId, next: &str) {
    if let Some(next) = local_path(next) {
        return redirect(next);
    }
    let is_at_desk = services.operators().works_at_desk_only(user).await.unwrap_or_else(|error| {
        log(&error, None);
        false
    });
    redirect(if is_at_desk { DESK } else { MEMBERSHIP });
}

/// Signs in and redirects to `next`, if that is a local path.
#[server(prefix = "/rpc", endpoint = "login")]
pub(crate) async fn log_in(
    #[server(default)] email: String,
    #[server(default)] password: String,
    #[server(default)] next: String,
) -> Result<(), ServerFnError> {
    let signed_in = async {
        let context = form_context()?;
        let now = context.services.wall_now();
        let user = context.services.accounts().log_in(&email, &password, context.client.clone()).await?;
        begin(&context, &user, now).await?;
        Ok::<_, ServiceError>((context.services, user))
    };
    match signed_in.await {
        Ok((services, user)) => redirect_after_sign_in(&services, &user, &next).await,
        Err(error) => {
            match error {
                ServiceError::SecondFactorRequired => Draft::await_code(),
                _ => Draft::of([("email", email.as_str())]).keep_for_sign_in(),
            }
            redirect_with_error("/login", next_pair(&next), &error);
        }
    }
    Ok(())
}

/// Verifies the second factor, a code or a recovery code, and redirects to `next`.
#[server(prefix = "/rpc", endpoint = "login-code")]
pub(crate) async fn log_in_by_code(
    #[server(default)] code: String,
    #[server(default)] next: String,
) -> Result<(), ServerFnError> {
    let signed_in = async {
        let context = form_context()?;
        let pending = session::awaits_code(&context.session, context.services.wall_now()).await?;
        // `None`: the sign-in expired, or was started in another browser.
        let pending = pending.ok_or(ServiceError::InvalidCredentials)?;
        let known = context
            .services
            .accounts()
            .complete_sign_in(&pending.user, pending.at, Some(&code), &context.client)
            .await?;
        start_session(&context, &known).await?;
        Ok::<_, ServiceError>((context.services, pending.user))
    };
    match signed_in.await {
        Ok((services, user)) => redirect_after_sign_in(&services, &user, &next).await,
        Err(ServiceError::InvalidCredentials) => {
            let mut pairs = vec![("code", "code_too_late")];
            pairs.extend(local_path(&next).map(|next| ("next", next)));
            redirect(&with_query("/login", &pairs));
        }
        Err(error) => redirect_with_error(LOGIN_CODE, next_pair(&next), &error),
    }
    Ok(())
}

/// Creates an account and a workspace for it, and signs in.
#[server(prefix = "/rpc", endpoint = "signup")]
pub(crate) async fn sign_up(
    #[server(default)] email: String,
    #[server(default)] password: String,
    #[server(default)] workspace: String,
    #[server(default)] next: String,
) -> Result<(), ServerFnError> {
    let draft = Draft::of([("email", email.as_str()), ("workspace", workspace.as_str())]);
    let signed_up = async {
        let context = form_context()?;
        let request = account::SignUp { email, password, workspace: Some(workspace) };
        let now = context.services.wall_now();
        let signed_up = context.services.accounts().sign_up(request, context.client.clone()).await?;
        begin(&context, &signed_up.user, now).await
    };
    match signed_up.await {
        Ok(()) => redirect_to_next(&next),
        Err(error) => {
            // Sign-up with the address and password of an existing account signs in, and may require its second factor.
            match error {
                ServiceError::SecondFactorRequired => Draft::await_code(),
                _ => draft.keep(),
            }
            redirect_with_error("/signup", next_pair(&next), &error);
        }
    }
    Ok(())
}

/// Signs out and redirects to `next`, if that is a local path.
#[server(prefix = "/rpc", endpoint = "logout")]
pub(crate) async fn sign_out(#[server(default)] next: String) -> Result<(), ServerFnError> {
    let signed_out = async {
        let context = form_context()?;
        Ok::<(), ServiceError>(session::end(&context.session).await?)
    };
    match signed_out.await {
        Ok(()) => {
            delete_cookies();
            redirect(local_path(&next).unwrap_or("/login?code=signed_out"));
        }
        Err(error) => redirect_with_error(MEMBERSHIP, Vec::new(), &error),
    }
    Ok(())
}

/// Creates a workspace for a user who belongs to none.
#[server(prefix = "/rpc", endpoint = "open-workspace")]
pub(crate) async fn open_workspace(#[server(default)] workspace: String) -> Result<(), ServerFnError> {
    let req = PageRequest::now();
    let Some(account) = req.as_ref().and_then(PageRequest::account) else {
        Draft::of([("workspace", workspace.as_str())]).keep();
        redirect_to_login_from_form(req.as_ref());
        return Ok(());
    };
    let opened = async { form_context()?.services.accounts().open_workspace(&account, &workspace).await };
    match opened.await {
        Ok(()) => redirect(MEMBERSHIP),
        Err(error) => {
            Draft::of([("workspace", workspace.as_str())]).keep();
            redirect_with_error(MEMBERSHIP, Vec::new(), &error);
        }
    }
    Ok(())
}

/// Switches the session to another workspace.
///
/// The session stores the choice unchecked. Every request checks that the user is a member of the workspace.
#[server(prefix = "/rpc", endpoint = "workspace")]
pub(crate) async fn switch_workspace(
    #[server(default)] tenant: String,
    #[server(default)] next: String,
) -> Result<(), ServerFnError> {
    let switched = async {
        let context = form_context()?;
        if let Ok(tenant) = tenant.parse() {
            session::switch_tenant(&context.session, &tenant).await?;
        }
        Ok::<(), ServiceError>(())
    };
    if let Err(error) = switched.await {
        log(&error, None);
    }
    redirect_to_next(&next);
    Ok(())
}
