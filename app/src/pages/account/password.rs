//! `/password/forgot` and `/password/{token}`: the password reset.

use billing::service::{LinkError, ServiceError};
use domain::account::Email;
use http::StatusCode;
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use crate::{
    actions::password::{ForgotPassword, SetPassword},
    components::{
        form::{
            account_fields::mistake, field::Field, mistakes::Mistakes, new_password::new_password_for,
            sign_in::refusal_notice,
        },
        icon::Tone,
        notice::{alert, notice},
        page::{Place, dead_end::DeadEnd, entry::opening, failure, frame, not_found::not_found},
    },
    request::{PageRequest, draft::Draft, drawn_for::form_address, services},
};

pub(crate) fn forgot() -> AnyView {
    let (Some(req), Some(services)) = (PageRequest::now(), services()) else { return ().into_any() };
    if !services.accounts().has_passwords() {
        return not_found();
    }
    let draft = Draft::take(&req, &[ForgotPassword::PATH]);
    forgot_page(&req, services.mailer().is_some(), &draft)
}

pub(in crate::pages) fn forgot_page(req: &PageRequest, sends_mail: bool, draft: &Draft) -> AnyView {
    let mistakes = Mistakes::from_query(req, &["email"], mistake);
    let sent = (req.query("code").as_deref() == Some("sent")).then(|| {
        let body = view! {
            <p>{text!(account_forgot_sent_body)}</p>
        };
        alert(Tone::Ok, text!(account_forgot_sent_head), body)
    });
    let way = if sends_mail { form(&mistakes, draft).into_any() } else { no_mail() };
    frame(
        text!(account_forgot_title),
        Place::Elsewhere,
        req.viewer(),
        view! {
            {opening(back_link(), view! {
                <div class="stack">
                    <h1>{text!(account_forgot_head)}</h1>
                    <p class="lead">{text!(account_forgot_lead)}</p>
                </div>
                {refusal_notice(req)}
                {mistakes.summary()}
                {sent}
                {way}
            })}
        },
    )
}

fn back_link() -> AnyView {
    view! { <a href="/login">{text!(account_sign_in)}</a> }.into_any()
}

fn form(mistakes: &Mistakes, draft: &Draft) -> impl IntoView + use<> {
    let email = Field {
        name: "email",
        label: text!(form_email),
        kind: "email",
        autocomplete: "username",
        wrong: mistakes.of("email"),
        value: draft.value("email"),
        ..Field::default()
    };
    view! {
        <form class="stack" method="post" action=form_address(ForgotPassword::PATH)>
            {email.view()}
            <button class="button main">{text!(account_forgot_send)}</button>
        </form>
    }
}

fn no_mail() -> AnyView {
    let body = view! {
        <p>{text!(account_forgot_no_mail_body)}</p>
        <p class="breaking"><code>"server password-reset --email ADDRESS"</code></p>
    };
    notice(Tone::Off, text!(account_forgot_no_mail_head), body)
}

pub(crate) fn choose() -> AnyView {
    let (Some(req), Some(services)) = (PageRequest::now(), services()) else { return ().into_any() };
    if !services.accounts().has_passwords() {
        return not_found();
    }
    Suspend::new(async move {
        let token = req.last_segment().to_owned();
        match services.accounts().find_password_reset(&token).await {
            Ok(email) => choose_page(&req, &email, &token),
            Err(ServiceError::InvalidLink(end)) => invalid_link(&req, end),
            Err(error) => failure::failure(&error, req.viewer()),
        }
    })
    .into_any()
}

pub(in crate::pages) fn choose_page(req: &PageRequest, email: &Email, token: &str) -> AnyView {
    let mistakes = Mistakes::from_query(req, &["password"], mistake);
    frame(
        text!(account_password_title),
        Place::Elsewhere,
        req.viewer(),
        view! {
            {opening(text!(account_password_title).into_any(), view! {
                <div class="stack">
                    <h1>{text!(account_password_head)}</h1>
                    <p class="lead">{text!(account_password_lead)}</p>
                </div>
                {refusal_notice(req)}
                {mistakes.summary()}
                <form class="stack" method="post" action=form_address(SetPassword::PATH)>
                    <input type="hidden" name="token" value=token.to_owned()/>
                    {new_password_for(email, &mistakes)}
                    <button class="button main">{text!(account_password_set)}</button>
                </form>
            })}
        },
    )
}

/// Renders the page for an invalid link: 404 for an unknown or used one, 410 for an expired one.
pub(in crate::pages) fn invalid_link(req: &PageRequest, end: LinkError) -> AnyView {
    let (status, head) = match end {
        LinkError::Expired => (StatusCode::GONE, text!(account_password_expired)),
        _ => (StatusCode::NOT_FOUND, text!(account_password_unknown)),
    };
    let page = DeadEnd {
        status,
        title: text!(account_password_title),
        side: back_link(),
        head,
        lead: text!(account_password_invalid_lead),
        way_on: ("/password/forgot", text!(account_password_again)),
    };
    page.page(req.viewer())
}
