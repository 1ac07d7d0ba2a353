//! Operators' notes about a tenant, and its contacts.

use std::borrow::Cow;

use billing::service::{
    base::idempotency::KeyedRequest,
    operator::{
        NOTE_MAX_CHARS, OperatorTenantView,
        notes::{MAX_NOTES, TenantNote},
    },
};
use domain::{
    account::{Email, Role},
    ids::TenantId,
};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use crate::{
    actions::operator::notes::{OperatorAddNote, OperatorDeleteNote},
    components::form::{field::Field, mistakes::Mistakes},
    request::{PageRequest, draft::Draft, drawn_for::form_address},
    wording::minute,
};

const FIELD: &str = "noteText";
/// Visible lines of the input.
const LINES: usize = 4;
/// How many owners are listed as contacts.
const CONTACTS_SHOWN: usize = 5;

fn mistake(field: &str) -> Option<Cow<'static, str>> {
    (field == FIELD).then(|| text!(desk_note_wrong, characters = NOTE_MAX_CHARS, notes = MAX_NOTES))
}

/// Renders the error summary, the notes and the form that adds one.
pub(super) fn notes(req: &PageRequest, desk: &OperatorTenantView, draft: &Draft) -> (Option<AnyView>, AnyView) {
    let mistakes = Mistakes::from_query(req, &[FIELD], mistake);
    let tenant = &desk.tenant_plan.tenant.id;
    let list = if desk.notes.is_empty() {
        view! { <p>{text!(desk_notes_none)}</p> }.into_any()
    } else {
        let items = desk.notes.iter().map(|note| item(tenant, note)).collect_view();
        view! { <ul class="stack" role="list">{items}</ul> }.into_any()
    };
    let body = Field {
        name: FIELD,
        label: text!(desk_note_text),
        autocomplete: "off",
        hint: Some(text!(desk_note_hint)),
        wrong: mistakes.of(FIELD),
        value: draft.value(FIELD),
        max_chars: Some(NOTE_MAX_CHARS),
        lines: Some(LINES),
        ..Field::default()
    };
    let content = view! {
        {list}
        <form class="stack" method="post" action=form_address(OperatorAddNote::PATH)>
            <input type="hidden" name="tenant" value=tenant.to_string()/>
            <input type="hidden" name="note_id" value=KeyedRequest::fresh_key()/>
            {body.view()}
            <button class="button">{text!(desk_note_add)}</button>
        </form>
    };
    (mistakes.summary(), content.into_any())
}

fn item(tenant: &TenantId, note: &TenantNote) -> impl IntoView + use<> {
    let TenantNote { id, text, author, created_at } = note;
    let date = minute(*created_at);
    let author = author.as_ref().map_or_else(|| text!(desk_note_former_operator), |email| email.to_string().into());
    let lines = text.lines().map(|line| view! { {line.to_owned()}<br/> }).collect_view();
    let of = text!(desk_button_object, object = &*date);
    view! {
        <li>
            <p class="breaking"><bdi>{lines}</bdi></p>
            <p class="note breaking">{text!(desk_note_by, author = &*author, date = &*date)}</p>
            <form method="post" action=form_address(OperatorDeleteNote::PATH)>
                <input type="hidden" name="tenant" value=tenant.to_string()/>
                <input type="hidden" name="note" value=id.clone()/>
                <button class="plain">{text!(desk_note_delete)}<span class="unseen">{of}</span></button>
            </form>
        </li>
    }
}

/// Renders the addresses to write to: that of the tenant, and those of its owners. `None` without any.
pub(super) fn contacts(desk: &OperatorTenantView) -> Option<AnyView> {
    let owners = desk.members.iter().filter(|member| member.role == Role::Owner).map(|member| &member.email);
    let mut emails: Vec<_> = desk.tenant_plan.tenant.email.iter().chain(owners).collect();
    emails.dedup();
    emails.truncate(CONTACTS_SHOWN);
    let link = |email: &Email| {
        view! { <li><a href=format!("mailto:{email}")><bdi>{email.to_string()}</bdi></a></li> }
    };
    (!emails.is_empty())
        .then(|| view! { <ul role="list">{emails.into_iter().map(link).collect_view()}</ul> }.into_any())
}
