//! `/membership/enterprise`: the request for a custom plan. Needs no sign-in.

use billing::service::operator::enterprise::{LINE_MAX_CHARS, NOTES_MAX_CHARS};
use domain::{
    account::{Email, WorkspaceViewer},
    error_code::ErrorCode,
    tenant::enterprise::UseCase,
};
use leptos::{prelude::*, server_fn::ServerFn};

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
        view! { <a href="/membership#plans">"Plans"</a>" / Enterprise" }.into_any()
    } else {
        view! { <a href="/login">"Sign in"</a> }.into_any()
    };
    let (head, lead, below) = if req.query("code").as_deref() == Some("received") {
        (
            "Your request has arrived.",
            "A person reads it and answers by e-mail. Nothing is ordered or charged.",
            after(is_signed_in),
        )
    } else {
        (
            "Ask for Enterprise.",
            "For limits that no listed plan has, and for how and where it runs. A person reads this and answers by \
             e-mail. Nothing is ordered or charged.",
            form(&mistakes, &prefilled(draft, viewer.as_ref())),
        )
    };
    frame(
        "Enterprise request",
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
    let (path, place) =
        if is_signed_in { ("/membership", "Back to membership") } else { ("/signup", "Open a workspace") };
    entry(
        "next",
        "Meanwhile",
        None,
        view! {
            <div class="actions">
                <a class="button" href=path>{place}</a>
                <a href=ENTERPRISE_PATH>"Send another request"</a>
            </div>
        },
    )
}

/// Returns the error message of a field.
fn mistake(field: &str) -> Option<String> {
    Some(match field {
        "company" => format!("Write the company’s name, in {LINE_MAX_CHARS} characters or fewer"),
        "contactName" => format!("Write your name in {LINE_MAX_CHARS} characters or fewer, on one line"),
        "email" => "Write an e-mail address, as ada@example.com".to_owned(),
        "useCases" => "Choose from the list".to_owned(),
        "expectedScale" => format!("Write the scale in {LINE_MAX_CHARS} characters or fewer, on one line"),
        "notes" => format!("Write notes of {NOTES_MAX_CHARS} characters or fewer, plain text"),
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
        Refused(ErrorCode::Throttled) => (
            Tone::Near,
            "Enough requests for now",
            format!("Five came from your address within an hour. Wait {}, then send this one.", minutes(wait_secs)),
        ),
        Refused(ErrorCode::Internal) => {
            (Tone::Stop, "Something broke on our side", "The request did not arrive.".to_owned())
        }
        Refused(code) => return answer::default_answer(code),
        Done(_) => return None,
    };
    Some(Answer { tone, head: head.to_owned(), body })
}

fn form(mistakes: &Mistakes, draft: &Draft) -> AnyView {
    let field = |name: &'static str, label: &'static str, autocomplete: &'static str| Field {
        name,
        label,
        kind: "text",
        autocomplete,
        wrong: mistakes.of(name),
        value: draft.value(name),
        max_chars: Some(LINE_MAX_CHARS),
        ..Field::default()
    };
    let company = field("company", "Company", "organization");
    let contact = Field { optional: true, ..field("contactName", "Your name", "name") };
    let email = Field { kind: "email", max_chars: Some(254), ..field("email", "E-mail", "email") };
    let cases = UseCase::ALL.into_iter().map(|case| Tick {
        value: case.as_str(),
        title: case.title(),
        note: None,
        ticked: draft.values("useCases").any(|chosen| chosen == case.as_str()),
    });
    let cases =
        Ticks { name: "useCases", label: "What it is for", wrong: mistakes.of("useCases"), boxes: cases.collect() };
    let scale = Field {
        hint: Some("How much of what, as 2 million players a month.".to_owned()),
        optional: true,
        ..field("expectedScale", "Expected scale", "off")
    };
    let notes = Field {
        hint: Some("What else an answer should take into account.".to_owned()),
        max_chars: Some(NOTES_MAX_CHARS),
        lines: Some(6),
        optional: true,
        ..field("notes", "Notes", "off")
    };
    let note = "Company and e-mail are needed. The rest helps whoever answers.".into_any();
    let body = view! {
        <form class="stack" method="post" action=form_address(SendEnterpriseRequest::PATH)>
            {company.view()}
            {contact.view()}
            {email.view()}
            {cases.view()}
            {scale.view()}
            {notes.view()}
            {trap()}
            <button class="button main">"Send request"</button>
        </form>
    };
    entry("request", "Your request", Some(note), body)
}

/// Renders the honeypot: a field hidden from people, which bots fill in.
fn trap() -> impl IntoView {
    view! {
        <div class="unseen">
            <label for="homepage">"Leave this empty"</label>
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
        assert!(words("throttled", Some(120)).unwrap().body.contains("Wait 3 minutes"));
        assert!(words("internal", None).is_some());
        assert_eq!(words("<script>", None), None);
    }
}
