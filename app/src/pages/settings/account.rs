//! `/settings/account`: a user's own password, address, second factor and sessions, with or without a workspace.

mod deletion;
mod device;
mod linked;
mod notifications;
mod qr;
mod second_factor;
mod sessions;
pub(in crate::pages) mod view;

use std::borrow::Cow;

use billing::{identity::session, service::account::settings::PendingAddressChange};
use domain::error_code::ErrorCode;
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use self::{
    deletion::deletion,
    linked::linked,
    notifications::notifications,
    second_factor::second_factor,
    sessions::sessions,
    view::{AccountView, WorkspaceMails},
};
use crate::{
    actions::account::{ChangeAddress, ChangePassword, PAGE, WithdrawAddressChange},
    components::{
        form::{
            account_fields, field::Field, mistakes::Mistakes, new_password::new_password, sign_in::code_refusal_notice,
        },
        icon::Tone,
        notice::{
            address_notice::{NeededFor, address_notice},
            alert, inner_notice,
        },
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

const FIELDS: [&str; 4] = ["current", "password", "email", "typed_address"];

pub(crate) fn account() -> AnyView {
    account_page(|services, account, req| async move {
        let mails = match req.viewer() {
            Some(viewer) if services.mailer().is_some() => {
                let preferences = services.accounts().mail_preferences(&viewer).await?;
                let workspace = viewer.current_membership.tenant_name;
                (!preferences.is_empty()).then_some(WorkspaceMails { workspace, preferences })
            }
            _ => None,
        };
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
            mails,
            obstacles: services.accounts().deletion_obstacles(&account).await?,
            recovery_codes: RECOVERY_CODES.take(&req, Recipient::person(&account.user_id)),
            account,
        };
        let draft = Draft::take(&req, &[ChangeAddress::PATH]);
        Ok(page(&req, &view, &draft))
    })
}

fn mistake(field: &str) -> Option<Cow<'static, str>> {
    match field {
        "current" => Some(text!(profile_current_password_wrong)),
        "typed_address" => Some(text!(profile_delete_wrong)),
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
            <h1>{text!(profile_title)}</h1>
            <p class="lead breaking">{text!(profile_lead, email = view.account.email.as_str())}</p>
        </div>
        {view.unverified.as_ref().map(|unverified| address_notice(req, unverified, NeededFor::KeysAndTeam, PAGE))}
    };
    let first = if viewer.is_some() {
        opening_beside(settings_nav(SettingsPage::Account), body)
    } else {
        opening(text!(profile_side), body)
    };
    frame(
        text!(profile_title),
        Place::Settings,
        viewer,
        view! {
            {first}
            {entry("second-factor", text!(profile_two_factor), None, second_factor(view, is_code_wrong))}
            {view.has_passwords.then(|| entry("new-password", text!(profile_password), None, password(view, &mistakes)))}
            {entry("address", text!(profile_address), None, view! {
                {view.waiting.as_ref().map(waiting)}
                {address(view, &mistakes, draft)}
            })}
            {view.mails.as_ref().map(|mails| {
                entry("notifications", text!(profile_notifications), None, notifications(mails))
            })}
            {linked(view).map(|rows| entry("linked", text!(profile_linked), None, rows))}
            {entry("sessions", text!(profile_sessions), Some(text!(profile_sessions_note).into_any()), sessions(view))}
            {entry("delete", text!(profile_delete), None, deletion(view, &mistakes))}
        },
    )
}

fn password(view: &AccountView, mistakes: &Mistakes) -> AnyView {
    let current = view.confirmation_methods.has_password.then(|| {
        Field {
            name: "current",
            label: text!(profile_current_password),
            kind: "password",
            autocomplete: "current-password",
            wrong: mistakes.of("current"),
            ..Field::default()
        }
        .view()
    });
    let verb = if view.confirmation_methods.has_password {
        text!(profile_change_password)
    } else {
        text!(profile_set_password)
    };
    view! {
        <form class="stack" method="post" action=form_address(ChangePassword::PATH)>
            {current}
            {new_password(text!(profile_new_password), mistakes)}
            <p class="note">{text!(profile_password_note)}</p>
            <button class="button main">{verb}</button>
        </form>
    }
    .into_any()
}

fn address(view: &AccountView, mistakes: &Mistakes, draft: &Draft) -> AnyView {
    if !view.sends_mail {
        return view! { <p class="note">{text!(profile_address_no_mail)}</p> }.into_any();
    }
    let current = view.account.email.as_str();
    // Only a verified address gets a notice.
    let hint = if view.unverified.is_none() {
        text!(profile_new_address_hint_notice, email = current)
    } else {
        text!(profile_new_address_hint, email = current)
    };
    let email = Field {
        name: "email",
        label: text!(profile_new_address),
        kind: "email",
        autocomplete: "email",
        hint: Some(hint),
        wrong: mistakes.of("email"),
        value: draft.value("email"),
        ..Field::default()
    };
    view! {
        <form class="stack" method="post" action=form_address(ChangeAddress::PATH)>
            {email.view()}
            <button class="button">{text!(profile_send_link)}</button>
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
            text!(profile_pending_address),
            text!(profile_pending_address_until, email = email.as_str(), until = minute(*until)),
            text!(profile_pending_address_hint),
        ),
        Some(undelivered) => (
            Tone::Stop,
            text!(profile_link_not_delivered),
            text!(profile_link_not_delivered_why, email = email.as_str(), outcome = not_delivered(undelivered)),
            text!(profile_link_not_delivered_hint),
        ),
    };
    let body = view! {
        <p class="breaking"><b>{said}</b></p>
        <p>{hint}</p>
        <form class="actions" method="post" action=form_address(WithdrawAddressChange::PATH)>
            <button class="button">{text!(profile_keep_address)}</button>
        </form>
    };
    inner_notice(tone, head, body)
}

/// Renders the notice about the last action.
fn answered(req: &PageRequest, view: &AccountView) -> Option<AnyView> {
    use Outcome::{Done, Refused};

    let code = req.query("code")?;
    let (tone, head, body) = match Outcome::of(&code) {
        Done("password_changed") => (Tone::Ok, text!(profile_password_changed), text!(profile_password_changed_body)),
        // The notice about the pending address reports the failed delivery.
        Done("address_link_sent") if view.waiting.as_ref().is_some_and(|waiting| waiting.undelivered.is_some()) => {
            return None;
        }
        Done("address_link_sent") => (Tone::Ok, text!(profile_link_sent), text!(profile_link_sent_body)),
        Done("address_kept") => (Tone::Ok, text!(profile_address_kept), text!(profile_address_kept_body)),
        Done("address_changed") => (Tone::Ok, text!(profile_address_changed), text!(profile_address_changed_body)),
        Done("mail_preferences_changed") => {
            (Tone::Ok, text!(profile_notifications_saved), text!(profile_notifications_saved_body))
        }
        Refused(ErrorCode::AdminRequired) => {
            (Tone::Stop, text!(profile_notifications_admins_only), text!(profile_nothing_changed))
        }
        Done("second_factor_on") => {
            (Tone::Ok, text!(profile_two_factor_turned_on), text!(profile_two_factor_turned_on_body))
        }
        Done("second_factor_off") => {
            (Tone::Ok, text!(profile_two_factor_turned_off), text!(profile_two_factor_turned_off_body))
        }
        Done("recovery_codes_renewed") => (Tone::Ok, text!(profile_codes_renewed), text!(profile_codes_renewed_body)),
        Done("sign_in_removed") => (Tone::Ok, text!(profile_sign_in_removed), text!(profile_sign_in_removed_body)),
        Done("session_ended") => (Tone::Ok, text!(profile_session_ended), text!(profile_session_ended_body)),
        Done("operator_needs_second_factor") => {
            (Tone::Near, text!(profile_desk_needs_two_factor), text!(profile_desk_needs_two_factor_body))
        }
        Refused(ErrorCode::MailNotConfigured) => (Tone::Off, text!(profile_no_mail), text!(profile_nothing_changed)),
        Refused(ErrorCode::SecretsNotConfigured) => {
            (Tone::Off, text!(profile_two_factor_not_available), text!(profile_two_factor_not_available_body))
        }
        Done("account_exists") => (Tone::Stop, text!(profile_address_in_use), text!(profile_nothing_changed)),
        Refused(ErrorCode::OtherAddress) => {
            (Tone::Stop, text!(profile_link_of_other_account), text!(profile_nothing_changed))
        }
        Refused(ErrorCode::LastOwner) => (Tone::Off, text!(team_last_owner), text!(profile_delete_last_owner)),
        Refused(ErrorCode::Conflict) => (Tone::Near, text!(profile_conflict), text!(profile_conflict_body)),
        _ => return code_refusal_notice(req),
    };
    Some(alert(tone, head, view! { <p>{body}</p> }))
}
