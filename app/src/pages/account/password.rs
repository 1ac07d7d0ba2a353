//! `/password/forgot` and `/password/{token}`: the password reset.

use billing::service::{LinkError, ServiceError};
use domain::account::Email;
use http::StatusCode;
use leptos::{prelude::*, server_fn::ServerFn};

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
            <p>"If the address has an account, a link is on its way to it. The link works once, for an hour."</p>
        };
        alert(Tone::Ok, "Look into your mail", body)
    });
    let way = if sends_mail { form(&mistakes, draft).into_any() } else { no_mail() };
    frame(
        "Forgotten password",
        Place::Elsewhere,
        req.viewer(),
        view! {
            {opening(back_link(), view! {
                <div class="stack">
                    <h1>"Choose a new password."</h1>
                    <p class="lead">"A link by mail shows that the account is yours."</p>
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
    view! { <a href="/login">"Sign in"</a> }.into_any()
}

fn form(mistakes: &Mistakes, draft: &Draft) -> impl IntoView + use<> {
    let email = Field {
        name: "email",
        label: "E-mail",
        kind: "email",
        autocomplete: "username",
        wrong: mistakes.of("email"),
        value: draft.value("email"),
        ..Field::default()
    };
    view! {
        <form class="stack" method="post" action=form_address(ForgotPassword::PATH)>
            {email.view()}
            <button class="button main">"Send the link"</button>
        </form>
    }
}

fn no_mail() -> AnyView {
    let body = view! {
        <p>"Ask the person who runs it for a link. This command prints one that works once, for an hour:"</p>
        <p class="breaking"><code>"server password-reset --email ADDRESS"</code></p>
    };
    notice(Tone::Off, "No mail is sent on this installation", body)
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
        "New password",
        Place::Elsewhere,
        req.viewer(),
        view! {
            {opening("New password".into_any(), view! {
                <div class="stack">
                    <h1>"Choose a new password."</h1>
                    <p class="lead">
                        "It takes the place of the old one at once. Every browser that is signed in with that is signed out."
                    </p>
                </div>
                {refusal_notice(req)}
                {mistakes.summary()}
                <form class="stack" method="post" action=form_address(SetPassword::PATH)>
                    <input type="hidden" name="token" value=token.to_owned()/>
                    {new_password_for(email, &mistakes)}
                    <button class="button main">"Set password and sign in"</button>
                </form>
            })}
        },
    )
}

/// Renders the page for an invalid link: 404 for an unknown or used one, 410 for an expired one.
pub(in crate::pages) fn invalid_link(req: &PageRequest, end: LinkError) -> AnyView {
    let (status, head) = match end {
        LinkError::Expired => (StatusCode::GONE, "This link has expired."),
        _ => (StatusCode::NOT_FOUND, "This link sets no password."),
    };
    let page = DeadEnd {
        status,
        title: "New password",
        side: back_link(),
        head,
        lead: "A link works once and for an hour, and a new password uses up all others.",
        way_on: ("/password/forgot", "Ask for another link"),
    };
    page.page(req.viewer())
}
