//! `/operator/requests`: enterprise requests and their state.

use std::borrow::Cow;

use billing::service::operator::{NOTE_MAX_CHARS, Place as ListPlace, RequestsPage};
use domain::{
    error_code::ErrorCode,
    ids::TenantId,
    tenant::enterprise::{EnterpriseRequest, EnterpriseRequestState, Handling},
    time::Timestamp,
};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::{Locale, text};

use super::words;
use crate::{
    actions::operator::{OperatorRequest, REQUESTS, page_of, part_of_requests},
    components::{
        desk::page_links,
        form::field::within_textarea,
        icon::{Tone, state},
        notice::alert,
        page::{
            access::desk_page,
            desk_frame,
            entry::{entry, opening_beside},
            operator_nav::{DeskPage, operator_nav},
        },
    },
    request::{PageRequest, draft::Draft, drawn_for::form_address, local_path::with_query},
    wording::minute,
};

pub(crate) fn requests() -> AnyView {
    desk_page(|services, operator, req| async move {
        let wanted = wanted(&req);
        let found = services.operators().desk_requests(&operator, wanted, after(&req).as_ref()).await?;
        let draft = Draft::take(&req, &[OperatorRequest::PATH]);
        Ok(page(&req, &found, &draft))
    })
}

fn wanted(req: &PageRequest) -> Option<EnterpriseRequestState> {
    req.query("show").and_then(|state| state.parse().ok())
}

fn after(req: &PageRequest) -> Option<ListPlace> {
    req.query("after").and_then(|place| place.parse().ok())
}

pub(in crate::pages) fn page(req: &PageRequest, found: &RequestsPage, draft: &Draft) -> AnyView {
    let RequestsPage { requests, names, next } = found;
    let wanted = wanted(req);
    let after = after(req);
    let is_first = after.is_none();
    let lead = match (requests.is_empty(), wanted, is_first) {
        (false, ..) => text!(desk_requests_lead),
        (true, None, true) => text!(desk_requests_none),
        (true, ..) => text!(desk_requests_none_found),
    };
    let choices = std::iter::once(None)
        .chain(EnterpriseRequestState::ALL.map(Some))
        .map(|which| {
            let current = (which == wanted).then_some("true");
            let href =
                which.map_or_else(|| REQUESTS.to_owned(), |state| with_query(REQUESTS, &[("show", state.as_str())]));
            let title = which.map_or_else(|| text!(desk_requests_all), |state| words::request(state).1);
            view! { <a href=href aria-current=current>{title}</a> }
        })
        .collect_view();
    let mistake = (req.query("code").as_deref() == Some(ErrorCode::ValidationError.as_str())).then(|| {
        let body = text!(desk_requests_not_saved_reason, max = NOTE_MAX_CHARS);
        alert(Tone::Stop, text!(desk_requests_not_saved), view! { <p>{body}</p> })
    });
    // Another operator's change may have moved the request out of this filter.
    let is_listed = requests.iter().any(|request| request.id == draft.value("request"));
    let unlisted = (!is_listed && !draft.value("note").is_empty()).then(|| rejected_note(draft));
    let body = view! {
        {words::answered_of_request(req)}
        {mistake}
        {unlisted}
        <div class="stack">
            <h1>{text!(desk_requests)}</h1>
            <p class="lead">{lead}</p>
        </div>
        <nav class="choice" aria-label=text!(desk_requests_filter)>{choices}</nav>
    };
    let address = |after: Option<&ListPlace>| {
        let pairs = part_of_requests(wanted, after);
        with_query(REQUESTS, &pairs.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>())
    };
    let first = (!is_first).then(|| (address(None), text!(desk_requests_newest)));
    let older = next.as_ref().map(|next| (address(Some(next)), text!(desk_requests_older)));
    let page_links = page_links(text!(desk_requests_pages), first, older)
        .map(|page_links| entry("more", text!(desk_requests_more), None, page_links));
    let is_overtaken = req.query("code").as_deref() == Some(words::OVERTAKEN);
    let shown = part_of_requests(wanted, after.as_ref());
    let entries = requests
        .iter()
        .enumerate()
        .map(|(at, request)| {
            let refused = (draft.value("request") == request.id).then_some(draft);
            let tenant_link = request.tenant.as_ref().map(|tenant| tenant_link(tenant, names.get(tenant)));
            request_entry(at + 1, request, tenant_link, &shown, refused, is_overtaken)
        })
        .collect_view();
    desk_frame(
        text!(desk_requests_title),
        view! { {opening_beside(operator_nav(DeskPage::Requests), body)} {entries} {page_links} },
    )
}

fn rejected_note(draft: &Draft) -> AnyView {
    view! { <p class="breaking">{text!(desk_requests_your_note, note = draft.value("note"))}</p> }.into_any()
}

fn tenant_link(tenant: &TenantId, name: Option<&String>) -> AnyView {
    let name = name.cloned().unwrap_or_else(|| tenant.to_string());
    view! { <a class="breaking" href=page_of(tenant)><bdi>{name}</bdi></a> }.into_any()
}

/// Renders a request. `shown` holds the query parameters of the list to return to; `refused` is the rejected input.
///
/// After a conflict with another operator's change, the rejected note shows beside the current state.
fn request_entry(
    number: usize,
    request: &EnterpriseRequest,
    tenant_link: Option<AnyView>,
    shown: &[(&'static str, String)],
    refused: Option<&Draft>,
    is_overtaken: bool,
) -> AnyView {
    let EnterpriseRequest {
        id,
        company,
        contact_name,
        email,
        use_cases,
        expected_scale,
        notes,
        tenant: _,
        user: _,
        created_at,
        handling: Handling { state: how_far, note, changed_at },
    } = request;
    let (tone, word) = words::request(*how_far);
    let changed = changed_at.map(|at| view! { {text!(desk_requests_changed, date = minute(at))}" " });
    let side = view! { {state(tone, word)}<br/>{minute(*created_at)} }.into_any();
    let cases = use_cases.iter().map(|case| Locale::current().use_case(*case)).collect::<Vec<_>>().join(", ");
    let tenant_link = tenant_link.map(|link| view! { <div><dt>{text!(desk_column_tenant)}</dt><dd>{link}</dd></div> });
    let back = shown
        .iter()
        .map(|(name, value)| view! { <input type="hidden" name=*name value=value.clone()/> })
        .collect_view();
    let row = |label: Cow<'static, str>, value: &str| {
        let value = value.to_owned();
        (!value.is_empty()).then(|| view! { <div><dt>{label}</dt><dd class="breaking"><bdi>{value}</bdi></dd></div> })
    };
    let lines = notes.lines().map(|line| view! { <p class="breaking">{line.to_owned()}</p> }).collect_view();
    let again = refused.filter(|_| !is_overtaken);
    let chosen_state = again.and_then(|draft| draft.value("state").parse().ok()).unwrap_or(*how_far);
    let written = again.map_or_else(|| note.clone(), |draft| draft.value("note"));
    let overtaken = refused.filter(|_| is_overtaken).map(rejected_note);
    let options = EnterpriseRequestState::ALL
        .into_iter()
        .map(|state| {
            let chosen = state == chosen_state;
            view! { <option value=state.as_str() selected=chosen>{words::request(state).1}</option> }
        })
        .collect_view();
    let (state_id, note_id) = (format!("state-{number}"), format!("note-{number}"));
    let body = view! {
        <dl class="detail-list">
            {row(text!(desk_requests_contact), contact_name)}
            {row(text!(desk_requests_email), email.as_str())}
            {row(text!(desk_requests_use_cases), &cases)}
            {row(text!(desk_requests_scale), expected_scale)}
            {tenant_link}
        </dl>
        {(!notes.is_empty()).then(|| view! { <div class="tight">{lines}</div> })}
        <form
            class="stack"
            method="post"
            action=form_address(OperatorRequest::PATH)
            aria-label=text!(desk_requests_form, company = company)
        >
            <input type="hidden" name="id" value=id.clone()/>
            {back}
            <input type="hidden" name="seen" value=changed_at.map(Timestamp::as_micros)/>
            <div class="field">
                <label for=state_id.clone()>{text!(desk_requests_state)}</label>
                <select id=state_id name="state" autocomplete="off">{options}</select>
            </div>
            {overtaken}
            <div class="field">
                <label for=note_id.clone()>{text!(desk_requests_note)}</label>
                <textarea id=note_id name="note" rows="3" maxlength=NOTE_MAX_CHARS autocomplete="off">
                    {within_textarea(&written)}
                </textarea>
                <span class="hint">{changed}{text!(desk_requests_note_hint)}</span>
            </div>
            <button class="button">
                {text!(desk_requests_save)}<span class="unseen">{text!(desk_button_object, object = company)}</span>
            </button>
        </form>
        <p><small class="note breaking">{text!(desk_requests_id, id = id)}</small></p>
    };
    entry(format!("request-{number}"), company.clone(), Some(side), body)
}
