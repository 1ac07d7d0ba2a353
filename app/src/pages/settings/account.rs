//! `/settings/account`: a user's own password, address, second factor and sessions, with or without a workspace.

mod device;
mod linked;
mod qr;
mod second_factor;
mod sessions;
pub(in crate::pages) mod view;

use billing::{identity::session, service::account::settings::PendingAddressChange};
use domain::error_code::ErrorCode;
use leptos::{prelude::*, server_fn::ServerFn};

use self::{linked::linked, second_factor::second_factor, sessions::sessions, view::AccountView};
use crate::{
    actions::account::{ChangeAddress, ChangePassword, PAGE, WithdrawAddressChange},
    components::{
        form::{
            account_fields, field::Field, mistakes::Mistakes, new_password::new_password, sign_in::code_refusal_notice,
        },
        icon::Tone,
        notice::{address_notice::address_notice, alert, inner_notice},
        page::{
            Place,
            access::account_page,
            entry::{entry, opening, opening_beside},
            frame,
            settings_nav::{SettingsPage, settings_nav},
        },
    },
    request::{
        Outcome, PageRequest,
        draft::Draft,
        drawn_for::form_address,
        shown_once::{RECOVERY_CODES, Recipient},
    },
    wording::{minute, not_delivered},
};

const FIELDS: [&str; 3] = ["current", "password", "email"];

pub(crate) fn account() -> AnyView {
    account_page(|services, account, req| async move {
        let view = AccountView {
            unverified: services.accounts().unverified_address(&account).await?,
            waiting: services.accounts().pending_address_change(&account).await?,
            confirmation_methods: services.accounts().confirmation_methods(&account).await?,
            second_factor: services.accounts().second_factor(&account).await?,
            sessions: services.accounts().sessions(&account).await?,
            linked: services.accounts().linked_sign_ins(&account).await?,
            identities: services.accounts().linked_identities(&account).await?,
            has_passwords: services.accounts().has_passwords(),
            here: req.session().as_ref().and_then(session::handle),
            sends_mail: services.mailer().is_some(),
            can_store_secrets: services.secrets().can_store_secrets(),
            recovery_codes: RECOVERY_CODES.take(&req, Recipient::person(&account.user_id)),
            account,
        };
        let draft = Draft::take(&req, &[ChangeAddress::PATH]);
        Ok(page(&req, &view, &draft))
    })
}

fn mistake(field: &str) -> Option<String> {
    match field {
        "current" => Some("That is not the current password".to_owned()),
        other => account_fields::mistake(other),
    }
}

pub(in crate::pages) fn page(req: &PageRequest, view: &AccountView, draft: &Draft) -> AnyView {
    let viewer = req.viewer();
    let mistakes = Mistakes::from_query(req, &FIELDS, mistake);
    let is_code_wrong = req.query("code").as_deref() == Some(ErrorCode::InvalidCode.as_str());
    let body = view! {
        {answered(req, view)}
        {mistakes.summary()}
        <div class="stack">
            <h1>"Your account"</h1>
            <p class="lead breaking">{format!("You are signed in as {}, in every workspace that you belong to.", view.account.email)}</p>
        </div>
        {view.unverified.as_ref().map(|unverified| address_notice(req, unverified, "invite people and make keys", PAGE))}
    };
    let first = if viewer.is_some() {
        opening_beside(settings_nav(SettingsPage::Account), body)
    } else {
        opening("Account".into_any(), body)
    };
    frame(
        "Your account",
        Place::Settings,
        viewer,
        view! {
            {first}
            {entry("second-factor", "Second factor", None, second_factor(view, is_code_wrong))}
            {view.has_passwords.then(|| entry("new-password", "Password", None, password(view, &mistakes)))}
            {entry("address", "E-mail address", None, view! {
                {view.waiting.as_ref().map(waiting)}
                {address(view, &mistakes, draft)}
            })}
            {linked(view).map(|rows| entry("linked", "Linked sign-ins", None, rows))}
            {entry("sessions", "Sessions", Some("Where you are signed in. Times are UTC.".into_any()), sessions(view))}
        },
    )
}

fn password(view: &AccountView, mistakes: &Mistakes) -> AnyView {
    let current = view.confirmation_methods.has_password.then(|| {
        Field {
            name: "current",
            label: "Current password",
            kind: "password",
            autocomplete: "current-password",
            wrong: mistakes.of("current"),
            ..Field::default()
        }
        .view()
    });
    let verb = if view.confirmation_methods.has_password { "Change password" } else { "Set a password" };
    view! {
        <form class="stack" method="post" action=form_address(ChangePassword::PATH)>
            {current}
            {new_password("New password", mistakes)}
            <p class="note">"Every other browser is signed out."</p>
            <button class="button main">{verb}</button>
        </form>
    }
    .into_any()
}

fn address(view: &AccountView, mistakes: &Mistakes, draft: &Draft) -> AnyView {
    if !view.sends_mail {
        return view! { <p class="note">"This installation sends no mail, so a new address can’t be confirmed."</p> }
            .into_any();
    }
    let notice = if view.unverified.is_none() { ", which gets a notice" } else { "" };
    let email = Field {
        name: "email",
        label: "New e-mail address",
        kind: "email",
        autocomplete: "email",
        hint: Some(format!(
            "We send a link there. Until you open it, your address stays {}{notice}.",
            view.account.email
        )),
        wrong: mistakes.of("email"),
        value: draft.value("email"),
        ..Field::default()
    };
    view! {
        <form class="stack" method="post" action=form_address(ChangeAddress::PATH)>
            {email.view()}
            <button class="button">"Send the link"</button>
        </form>
    }
    .into_any()
}

/// Renders the pending change of the address, with the form that withdraws it.
fn waiting(waiting: &PendingAddressChange) -> AnyView {
    let PendingAddressChange { email, until, undelivered } = waiting;
    let (tone, head, said, hint) = match undelivered {
        None => (
            Tone::Near,
            "A new address is not confirmed yet",
            format!("Waiting for confirmation from {email} until {} UTC.", minute(*until)),
            "Open the link in the mail there, while you are signed in here. If another account has that address, \
             no link arrives.",
        ),
        Some(undelivered) => (
            Tone::Stop,
            "The link was not delivered",
            format!("The mail to {email} {}", not_delivered(undelivered)),
            "Your address stays as it is. Check the new one, and send the link again.",
        ),
    };
    let body = view! {
        <p class="breaking"><b>{said}</b></p>
        <p>{hint}</p>
        <form class="actions" method="post" action=form_address(WithdrawAddressChange::PATH)>
            <button class="button">"Keep the current address"</button>
        </form>
    };
    inner_notice(tone, head, body)
}

/// Renders the notice about the last action.
fn answered(req: &PageRequest, view: &AccountView) -> Option<AnyView> {
    use Outcome::{Done, Refused};

    let code = req.query("code")?;
    let (tone, head, body) = match Outcome::of(&code) {
        Done("password_changed") => (Tone::Ok, "Password changed", "Every other browser is signed out."),
        // The notice about the pending address reports the failed delivery.
        Done("address_link_sent") if view.waiting.as_ref().is_some_and(|waiting| waiting.undelivered.is_some()) => {
            return None;
        }
        Done("address_link_sent") => (
            Tone::Ok,
            "Link sent",
            "Open it within a day to use the new address. If another account has that address, no link arrives.",
        ),
        Done("address_kept") => {
            (Tone::Ok, "Address kept", "The link that was sent to the new address no longer works.")
        }
        Done("address_changed") => (Tone::Ok, "Address changed", "Sign in with the new one from now on."),
        Done("second_factor_on") => {
            (Tone::Ok, "Second factor on", "From now on, signing in asks for a code. Save the recovery codes below.")
        }
        Done("second_factor_off") => (Tone::Ok, "Second factor off", "Its recovery codes no longer work."),
        Done("recovery_codes_renewed") => (Tone::Ok, "New recovery codes", "The old ones no longer work."),
        Done("sign_in_removed") => (
            Tone::Ok,
            "Linked sign-in removed",
            "It no longer opens this account. Browsers that signed in with it are listed below.",
        ),
        Done("session_ended") => (Tone::Ok, "Session ended", "That browser is signed out."),
        Done("operator_needs_second_factor") => {
            (Tone::Near, "The operator’s desk requires a second factor", "Set one up here, then go back to the desk.")
        }
        Refused(ErrorCode::MailNotConfigured) => {
            (Tone::Off, "No mail is sent on this installation", "Nothing was changed.")
        }
        Refused(ErrorCode::SecretsNotConfigured) => (
            Tone::Off,
            "No second factor can be set up",
            "SECRETS_KEY is not set on this installation. The person who runs it can set it.",
        ),
        Done("account_exists") => (Tone::Stop, "That address has an account", "Nothing was changed."),
        Refused(ErrorCode::OtherAddress) => (Tone::Stop, "That link is for another account", "Nothing was changed."),
        Refused(ErrorCode::Conflict) => (Tone::Near, "That is done already", "This page shows how it is now."),
        _ => return code_refusal_notice(req),
    };
    Some(alert(tone, head, view! { <p>{body}</p> }))
}
