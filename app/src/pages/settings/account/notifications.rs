//! The mails about the open workspace that the user turns on and off.

use billing::service::account::mail_preferences::MailPreference;
use domain::account::OptionalMail;
use leptos::{prelude::*, server_fn::ServerFn};
use locales::{rich, text};

use super::view::WorkspaceMails;
use crate::{
    actions::notifications::ChangeMailPreferences,
    components::{
        form::ticks::{Tick, Ticks},
        rich::rich_text,
    },
    request::drawn_for::form_address,
};

/// Renders the form, with a checkbox for each mail that the user's role can get.
pub(super) fn notifications(mails: &WorkspaceMails) -> AnyView {
    let WorkspaceMails { workspace, preferences } = mails;
    let boxes = Ticks {
        name: "mails",
        label: text!(profile_notifications_legend),
        wrong: None,
        boxes: preferences.iter().copied().map(tick).collect(),
    };
    view! {
        <p class="note">{rich_text(rich!(profile_notifications_lead, workspace = workspace))}</p>
        <form class="stack" method="post" action=form_address(ChangeMailPreferences::PATH)>
            {boxes.view()}
            <button class="button">{text!(profile_notifications_save)}</button>
        </form>
    }
    .into_any()
}

fn tick(MailPreference { mail, is_on }: MailPreference) -> Tick {
    let (title, note) = match mail {
        OptionalMail::UsageLimits => (text!(profile_mail_usage_limits), text!(profile_mail_usage_limits_note)),
        OptionalMail::Payments => (text!(profile_mail_payments), text!(profile_mail_payments_note)),
        OptionalMail::MonthlyReport => (text!(profile_mail_monthly_report), text!(profile_mail_monthly_report_note)),
    };
    Tick { value: mail.as_str(), title, note: Some(note), ticked: is_on }
}
