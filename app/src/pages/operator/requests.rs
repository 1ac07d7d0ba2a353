//! `/operator/requests`: enterprise requests and their state.

use billing::service::operator::{NOTE_MAX_CHARS, Place as ListPlace, RequestsPage};
use domain::{
    error_code::ErrorCode,
    ids::TenantId,
    tenant::enterprise::{EnterpriseRequest, EnterpriseRequestState, Handling},
    time::Timestamp,
};
use leptos::{prelude::*, server_fn::ServerFn};

use super::{page_links, words};
use crate::{
    actions::operator::{OperatorRequest, REQUESTS, page_of, part_of_requests},
    components::{
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
        (false, ..) => "Newest first. State and note are for operators alone.",
        (true, None, true) => "Nobody has asked yet. Requests come from the page of plans, and from the API.",
        (true, ..) => "None of that kind.",
    };
    let choices = std::iter::once(None)
        .chain(EnterpriseRequestState::ALL.map(Some))
        .map(|which| {
            let current = (which == wanted).then_some("true");
            let href =
                which.map_or_else(|| REQUESTS.to_owned(), |state| with_query(REQUESTS, &[("show", state.as_str())]));
            let title = which.map_or("All", |state| words::request(state).1);
            view! { <a href=href aria-current=current>{title}</a> }
        })
        .collect_view();
    let mistake = (req.query("code").as_deref() == Some(ErrorCode::ValidationError.as_str())).then(|| {
        let body = format!(
            "A note has at most {NOTE_MAX_CHARS} characters, and a state is one of the list. Nothing was changed."
        );
        alert(Tone::Stop, "That could not be kept", view! { <p>{body}</p> })
    });
    // Another operator's change may have moved the request out of this filter.
    let is_listed = requests.iter().any(|request| request.id == draft.value("request"));
    let unlisted = (!is_listed && !draft.value("note").is_empty()).then(|| rejected_note(draft));
    let body = view! {
        {words::answered_of_request(req)}
        {mistake}
        {unlisted}
        <div class="stack">
            <h1>"Enterprise requests"</h1>
            <p class="lead">{lead}</p>
        </div>
        <nav class="choice" aria-label="Which requests">{choices}</nav>
    };
    let address = |after: Option<&ListPlace>| {
        let pairs = part_of_requests(wanted, after);
        with_query(REQUESTS, &pairs.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>())
    };
    let first = (!is_first).then(|| (address(None), "Newest requests"));
    let older = next.as_ref().map(|next| (address(Some(next)), "Older requests"));
    let page_links =
        page_links("Pages of requests", first, older).map(|page_links| entry("more", "More", None, page_links));
    let is_overtaken = req.query("code").as_deref() == Some(words::OVERTAKEN);
    let shown = part_of_requests(wanted, after.as_ref());
    let entries = requests
        .iter()
        .enumerate()
        .map(|(at, request)| {
            let refused = (draft.value("request") == request.id).then_some(draft);
            let workspace = request.tenant.as_ref().map(|tenant| workspace(tenant, names.get(tenant)));
            request_entry(at + 1, request, workspace, &shown, refused, is_overtaken)
        })
        .collect_view();
    desk_frame("Requests", view! { {opening_beside(operator_nav(DeskPage::Requests), body)} {entries} {page_links} })
}

fn rejected_note(draft: &Draft) -> AnyView {
    view! { <p class="breaking">{format!("You had written: “{}”", draft.value("note"))}</p> }.into_any()
}

fn workspace(tenant: &TenantId, name: Option<&String>) -> AnyView {
    let name = name.cloned().unwrap_or_else(|| tenant.to_string());
    view! { <a class="breaking" href=page_of(tenant)>{name}</a> }.into_any()
}

/// Renders a request. `shown` holds the query parameters of the list to return to; `refused` is the rejected input.
///
/// After a conflict with another operator's change, the rejected note shows beside the current state.
fn request_entry(
    number: usize,
    request: &EnterpriseRequest,
    workspace: Option<AnyView>,
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
    let changed = changed_at.map(|at| format!("Last changed on {}. ", minute(at)));
    let side = view! { {state(tone, word.to_owned())}<br/>{minute(*created_at)} }.into_any();
    let cases = use_cases.iter().map(|case| case.title()).collect::<Vec<_>>().join(", ");
    let workspace = workspace.map(|workspace| view! { <div><dt>"Workspace"</dt><dd>{workspace}</dd></div> });
    let back = shown
        .iter()
        .map(|(name, value)| view! { <input type="hidden" name=*name value=value.clone()/> })
        .collect_view();
    let row = |label: &'static str, text: &str| {
        let text = text.to_owned();
        (!text.is_empty()).then(|| view! { <div><dt>{label}</dt><dd class="breaking">{text}</dd></div> })
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
            {row("Contact", contact_name)}
            {row("E-mail", email.as_str())}
            {row("For", &cases)}
            {row("Scale", expected_scale)}
            {workspace}
        </dl>
        {(!notes.is_empty()).then(|| view! { <div class="tight">{lines}</div> })}
        <form class="stack" method="post" action=form_address(OperatorRequest::PATH) aria-label=format!("Request of {company}")>
            <input type="hidden" name="id" value=id.clone()/>
            {back}
            <input type="hidden" name="seen" value=changed_at.map(Timestamp::as_micros)/>
            <div class="field">
                <label for=state_id.clone()>"State"</label>
                <select id=state_id name="state" autocomplete="off">{options}</select>
            </div>
            {overtaken}
            <div class="field">
                <label for=note_id.clone()>"Note"</label>
                <textarea id=note_id name="note" rows="3" maxlength=NOTE_MAX_CHARS autocomplete="off">
                    {within_textarea(&written)}
                </textarea>
                <span class="hint">{changed}"Whoever asked never sees it."</span>
            </div>
            <button class="button">"Save"<span class="unseen">{format!(" the request of {company}")}</span></button>
        </form>
        <p><small class="note breaking">{format!("Number {id}")}</small></p>
    };
    entry(format!("request-{number}"), company.clone(), Some(side), body)
}
