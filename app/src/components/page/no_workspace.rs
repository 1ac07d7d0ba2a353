//! The page for a signed-in user without a workspace, at every path.

use domain::account::Account;
use leptos::{prelude::*, server_fn::ServerFn};
use locales::{rich, text};

use crate::{
    actions::{
        account::PAGE as ACCOUNT,
        operator::HOME as DESK,
        session::{OpenWorkspace, SignOut},
    },
    components::{
        form::{account_fields::mistake, field::Field, mistakes::Mistakes},
        icon::Tone,
        notice::alert,
        page::{Place, entry::opening, frame},
        rich::rich_text,
    },
    request::{PageRequest, draft::Draft, drawn_for::form_address},
};

pub(crate) fn page(req: &PageRequest, account: &Account, draft: &Draft) -> AnyView {
    let desk = req.operator().map(|_| view! { <p>{rich_text(rich!(frame_no_workspace_desk, desk = DESK))}</p> });
    let mistakes = Mistakes::from_query(req, &["workspace"], mistake);
    let why = match req.query("code").as_deref() {
        Some("left") => Some((text!(frame_no_workspace_left_head), text!(frame_no_workspace_left_body))),
        Some("workspace_deleted") => {
            Some((text!(notice_workspace_deleted_head), text!(frame_no_workspace_deleted_body)))
        }
        _ => None,
    };
    let why = why.map(|(head, body)| alert(Tone::Ok, head, view! { <p>{body}</p> }));
    let name = Field {
        name: "workspace",
        label: text!(form_workspace),
        kind: "text",
        autocomplete: "organization",
        hint: Some(text!(account_workspace_hint)),
        wrong: mistakes.of("workspace"),
        value: draft.value("workspace"),
        max_chars: Some(80),
        optional: true,
        ..Field::default()
    };
    frame(
        text!(frame_no_workspace_title),
        Place::Elsewhere,
        None,
        view! {
            {opening(text!(frame_no_workspace_side).into_any(), view! {
                {why}
                {mistakes.summary()}
                <div class="stack">
                    <h1>{text!(frame_no_workspace_head)}</h1>
                    <p class="lead">{text!(frame_no_workspace_lead, email = account.email.as_str())}</p>
                    {desk}
                </div>
                <form class="stack" method="post" action=form_address(OpenWorkspace::PATH)>
                    {name.view()}
                    <button class="button main">{text!(frame_no_workspace_create)}</button>
                </form>
                <p class="note"><a href=ACCOUNT>{text!(frame_account)}</a></p>
                <form method="post" action=form_address(SignOut::PATH)><button class="button">{text!(frame_sign_out)}</button></form>
            })}
        },
    )
}
