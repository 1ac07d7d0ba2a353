//! `/membership/enterprise`: the request for a custom plan. Needs no sign-in.

use std::borrow::Cow;

use billing::service::{
    base::idempotency::KeyedRequest,
    operator::enterprise::{LINE_MAX_CHARS, NOTES_MAX_CHARS},
};
use domain::{
    account::{Email, WorkspaceViewer},
    error_code::ErrorCode,
    tenant::enterprise::UseCase,
};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::{Locale, rich, text};

use crate::{
    actions::enterprise::{ENTERPRISE_PATH, SendEnterpriseRequest},
    components::{
        form::{
            field::Field,
            mistakes::Mistakes,
            ticks::{Tick, Ticks},
        },
        icon::Tone,
        notice::answer::{self, Answer},
        page::{
            Place,
            entry::{entry, opening},
            frame,
        },
        rich::rich_text,
    },
    request::{Outcome, PageRequest, draft::Draft, drawn_for::form_address},
    wording::minutes,
};

const FIELDS: [&str; 6] = ["company", "contactName", "email", "useCases", "expectedScale", "notes"];

pub(crate) fn enterprise() -> impl IntoView {
    let req = PageRequest::now()?;
    let draft = Draft::take(&req, &[SendEnterpriseRequest::PATH]);
    Some(page(&req, req.workspace_viewer(), draft))
}

pub(in crate::pages) fn page(req: &PageRequest, viewer: Option<WorkspaceViewer>, draft: Draft) -> AnyView {
    let is_signed_in = viewer.is_some();
    let mistakes = Mistakes::from_query(req, &FIELDS, mistake);
    let back_link = if is_signed_in {
        rich_text(rich!(enterprise_back, plans = "/membership#plans"))
    } else {
        view! { <a href="/login">{text!(enterprise_sign_in)}</a> }.into_any()
    };
    let (head, lead, below) = if req.query("code").as_deref() == Some("received") {
        (text!(enterprise_received), text!(enterprise_received_lead), after(is_signed_in))
    } else {
        (text!(enterprise_head), text!(enterprise_lead), form(&mistakes, &prefilled(draft, viewer.as_ref())))
    };
    frame(
        text!(enterprise_title),
        Place::UnderMembership,
        viewer.and_then(|viewer| viewer.account_viewer()),
        view! {
            {opening(back_link, view! {
                <div class="stack">
                    <h1>{head}</h1>
                    <p class="lead">{lead}</p>
                </div>
                {answered(req)}
                {mistakes.summary()}
            })}
            {below}
        },
    )
}

/// Prefills an empty draft with the signed-in user's address and workspace.
fn prefilled(draft: Draft, viewer: Option<&WorkspaceViewer>) -> Draft {
    match viewer {
        Some(viewer) if draft == Draft::default() => {
            let email = viewer.email().map(Email::as_str).unwrap_or_default();
            Draft::of([("company", viewer.current_membership.tenant_name.as_str()), ("email", email)])
        }
        _ => draft,
    }
}

fn after(is_signed_in: bool) -> AnyView {
    let (path, place) = if is_signed_in {
        ("/membership", text!(enterprise_back_to_membership))
    } else {
        ("/signup", text!(enterprise_open_workspace))
    };
    entry(
        "next",
        text!(enterprise_next),
        None,
        view! {
            <div class="actions">
                <a class="button" href=path>{place}</a>
                <a href=ENTERPRISE_PATH>{text!(enterprise_send_another)}</a>
            </div>
        },
    )
}

/// Returns the error message of a field.
fn mistake(field: &str) -> Option<Cow<'static, str>> {
    Some(match field {
        "company" => text!(enterprise_wrong_company, most = LINE_MAX_CHARS),
        "contactName" => text!(enterprise_wrong_name, most = LINE_MAX_CHARS),
        "email" => text!(enterprise_wrong_email),
        "useCases" => text!(enterprise_wrong_use_cases),
        "expectedScale" => text!(enterprise_wrong_scale, most = LINE_MAX_CHARS),
        "notes" => text!(enterprise_wrong_notes, most = NOTES_MAX_CHARS),
        _ => return None,
    })
}

/// Renders the notice about the last submit.
fn answered(req: &PageRequest) -> Option<AnyView> {
    let code = req.query("code")?;
    let wait_secs = req.query("wait").and_then(|secs| secs.parse().ok());
    Some(answer::notice(req, &code, words(&code, wait_secs)?))
}

fn words(code: &str, wait_secs: Option<i64>) -> Option<Answer> {
    use Outcome::{Done, Refused};

    let (tone, head, body) = match Outcome::of(code) {
        Refused(ErrorCode::Throttled) => {
            (Tone::Near, text!(enterprise_throttled), text!(enterprise_throttled_body, wait = minutes(wait_secs)))
        }
        Refused(ErrorCode::Internal) => (Tone::Stop, text!(enterprise_broken), text!(enterprise_broken_body)),
        Refused(code) => return answer::default_answer(code),
        Done(_) => return None,
    };
    Some(Answer { tone, head, body })
}

fn form(mistakes: &Mistakes, draft: &Draft) -> AnyView {
    let field = |name: &'static str, label: Cow<'static, str>, autocomplete: &'static str| Field {
        name,
        label,
        kind: "text",
        autocomplete,
        wrong: mistakes.of(name),
        value: draft.value(name),
        max_chars: Some(LINE_MAX_CHARS),
        ..Field::default()
    };
    let company = field("company", text!(enterprise_company), "organization");
    let contact = Field { optional: true, ..field("contactName", text!(enterprise_name), "name") };
    let email = Field { kind: "email", max_chars: Some(254), ..field("email", text!(enterprise_email), "email") };
    let cases = UseCase::ALL.into_iter().map(|case| Tick {
        value: case.as_str(),
        title: Locale::current().use_case(case),
        note: None,
        ticked: draft.values("useCases").any(|chosen| chosen == case.as_str()),
    });
    let cases = Ticks {
        name: "useCases",
        label: text!(enterprise_use_cases),
        wrong: mistakes.of("useCases"),
        boxes: cases.collect(),
    };
    let scale = Field {
        hint: Some(text!(enterprise_scale_hint)),
        optional: true,
        ..field("expectedScale", text!(enterprise_scale), "off")
    };
    let notes = Field {
        hint: Some(text!(enterprise_notes_hint)),
        max_chars: Some(NOTES_MAX_CHARS),
        lines: Some(6),
        optional: true,
        ..field("notes", text!(enterprise_notes), "off")
    };
    let note = text!(enterprise_request_note).into_any();
    let body = view! {
        <form class="stack" method="post" action=form_address(SendEnterpriseRequest::PATH)>
            <input type="hidden" name="key" value=KeyedRequest::fresh_key()/>
            {company.view()}
            {contact.view()}
            {email.view()}
            {cases.view()}
            {scale.view()}
            {notes.view()}
            {trap()}
            <button class="button main">{text!(enterprise_send)}</button>
        </form>
    };
    entry("request", text!(enterprise_request), Some(note), body)
}

/// Renders the honeypot: a field hidden from people, which bots fill in.
fn trap() -> impl IntoView {
    view! {
        <div class="unseen">
            <label for="homepage">{text!(enterprise_trap)}</label>
            <input id="homepage" name="homepage" type="text" autocomplete="off" tabindex="-1"/>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_and_each_refusal_has_a_message() {
        for field in FIELDS {
            assert!(mistake(field).is_some(), "{field}");
        }
        assert_eq!(mistake("script"), None);
        assert!(words("throttled", Some(120)).unwrap().body.contains("Wait 2\u{a0}minutes"));
        assert!(words("internal", None).is_some());
        assert_eq!(words("<script>", None), None);
    }
}
