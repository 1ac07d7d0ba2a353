//! What the admins of the workspace set for this limit: thresholds of alerts, and a cap below the plan's limit.

use std::borrow::Cow;

use billing::service::usage::own_limits::{CAP_FIELD, THRESHOLD_FIELDS};
use domain::{
    account::Email,
    catalog::{Feature, Limit, WarnAt},
    entitlement::own_limits::OwnLimit,
    error_code::ErrorCode,
    wire::MembershipView,
};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::{Rich, rich, text};

use crate::{
    actions::{
        operator::limit::figure_text,
        own_limits::{SECTION, SetLimit, threshold_text},
    },
    components::{
        form::{field::Field, mistakes::Mistakes},
        icon::Tone,
        notice::answer::{self, Answer},
        page::entry::entry,
        rich::rich_text,
    },
    request::{Outcome, PageRequest, draft::Draft, drawn_for::form_address},
    wording::{amount, day, most},
};

const FIELDS: [&str; 4] = ["first", "second", "third", "cap"];

/// What the page needs besides the membership.
pub(super) struct OwnSetting {
    /// The address of the member who set it, as far as known.
    author: Option<Email>,
    mistakes: Mistakes,
    draft: Draft,
}

/// The parts of the page.
pub(super) struct OwnParts {
    /// The outcome of the form; `None` unless it was just sent.
    pub(super) answer: Option<AnyView>,
    pub(super) section: Option<AnyView>,
}

impl OwnSetting {
    pub(super) fn of(req: &PageRequest, author: Option<Email>, feature: &str) -> Self {
        let mistakes = Mistakes::from_query(req, &FIELDS, mistake);
        Self { author, mistakes, draft: Draft::take_about(req, &[SetLimit::PATH], feature) }
    }

    /// Renders the parts of the page.
    pub(super) fn parts(&self, req: &PageRequest, view: &MembershipView, feature: &Feature) -> OwnParts {
        let answer = self.mistakes.summary().or_else(|| answered(req));
        OwnParts { answer, section: own_section(view, feature, self) }
    }
}

/// Returns the error message of a field.
fn mistake(field: &str) -> Option<Cow<'static, str>> {
    Some(match field {
        "first" | "second" | "third" => text!(own_threshold_wrong),
        "cap" => text!(own_cap_wrong),
        _ => return None,
    })
}

/// Renders the notice about the last action.
fn answered(req: &PageRequest) -> Option<AnyView> {
    let code = req.query("code")?;
    Some(answer::notice(req, &code, words(&code)?))
}

fn words(code: &str) -> Option<Answer> {
    let (tone, head, body) = match Outcome::of(code) {
        Outcome::Done("limit_set") => (Tone::Ok, text!(own_saved), text!(own_saved_means)),
        Outcome::Refused(ErrorCode::AdminRequired) => (Tone::Off, text!(own_refused), text!(own_refused_means)),
        Outcome::Refused(code) => return answer::default_answer(code),
        Outcome::Done(_) => return None,
    };
    Some(Answer { tone, head, body })
}

/// Renders the section: for admins the form, for members the cap if there is one.
fn own_section(view: &MembershipView, feature: &Feature, setting: &OwnSetting) -> Option<AnyView> {
    let own = view.entitlements.own.get(&feature.key);
    let state = view.entitlements.cap(&view.catalog, &feature.key).map(|(cap, own)| {
        let planned = view.entitlements.planned_limit(&view.catalog, &feature.key);
        view! { <p>{rich_text(capped(feature, (cap, planned), own, setting.author.as_ref()))}</p> }
    });
    let is_admin = view.viewer.current_membership.role.is_admin();
    if !is_admin && state.is_none() {
        return None;
    }
    let form = is_admin.then(|| form(feature, own, setting));
    let note = text!(own_note).into_any();
    Some(entry(SECTION, text!(own_title), is_admin.then_some(note), view! { {state}{form} }))
}

/// Builds "Capped at 5. Your plan allows 10. Set by owner@acme.test on 1 Feb 2026."
fn capped(feature: &Feature, (cap, planned): (u64, Limit), own: &OwnLimit, author: Option<&Email>) -> Rich {
    let (cap, planned, date) = (amount(feature, cap), most(feature, planned), day(own.set_at));
    match author {
        Some(author) => {
            rich!(own_capped_by, cap = cap, limit = planned, who = author.as_str(), date = date)
        }
        None => text!(own_capped, cap = cap, limit = planned, date = date).into(),
    }
}

fn form(feature: &Feature, own: Option<&OwnLimit>, setting: &OwnSetting) -> AnyView {
    let OwnSetting { author: _, mistakes, draft } = setting;
    let stored = |place: usize| own.and_then(|own| own.warn_at.get(place)).copied();
    let value = |name: &str, stored: Option<String>| {
        if mistakes.is_empty() { stored.unwrap_or_default() } else { draft.value(name) }
    };
    let labels = [text!(own_first), text!(own_second), text!(own_third)];
    let thresholds = THRESHOLD_FIELDS
        .into_iter()
        .zip(labels)
        .enumerate()
        .map(|(place, (name, label))| {
            let field = Field {
                name,
                label,
                kind: "text",
                autocomplete: "off",
                hint: (place == 0).then(|| text!(own_threshold_hint, usual = usual(feature))),
                wrong: mistakes.of(name),
                value: value(name, stored(place).map(|threshold| threshold_text(feature, threshold))),
                max_chars: Some(24),
                optional: true,
                ..Field::default()
            };
            field.view()
        })
        .collect_view();
    let cap = Field {
        name: CAP_FIELD,
        label: text!(own_cap),
        kind: "text",
        autocomplete: "off",
        hint: Some(text!(own_cap_hint)),
        wrong: mistakes.of(CAP_FIELD),
        value: value(CAP_FIELD, own.and_then(|own| own.cap).map(|cap| figure_text(cap, feature.unit))),
        max_chars: Some(24),
        optional: true,
        ..Field::default()
    };
    view! {
        <form class="stack" method="post" action=form_address(SetLimit::PATH)>
            <input type="hidden" name="feature" value=feature.key.to_string()/>
            {thresholds}
            {cap.view()}
            <button class="button">{text!(own_save)}</button>
        </form>
    }
    .into_any()
}

/// Formats the threshold that applies without one of the workspace's own.
fn usual(feature: &Feature) -> Cow<'static, str> {
    match feature.warn_at {
        WarnAt::Percent(percent) => text!(own_threshold_percent, percent = percent),
        WarnAt::Amount(_) => threshold_text(feature, feature.warn_at).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::{form::mistakes::assert_messages, notice::answer::assert_answers};

    #[test]
    fn each_form_field_has_an_error_message() {
        assert_messages(&FIELDS, mistake);
    }

    #[test]
    fn every_outcome_has_a_notice_and_no_unknown_code_has() {
        assert_answers(&["limit_set"], &[ErrorCode::AdminRequired], words);
    }
}
