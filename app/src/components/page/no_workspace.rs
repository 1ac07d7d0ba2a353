//! The page for a signed-in user without a workspace, at every path.

use domain::account::Account;
use leptos::{prelude::*, server_fn::ServerFn};

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
    },
    request::{PageRequest, draft::Draft, drawn_for::form_address},
};

pub(crate) fn page(req: &PageRequest, account: &Account, draft: &Draft) -> AnyView {
    let desk = req
        .operator()
        .map(|_| view! { <p>"You run this installation: "<a href=DESK>"go to the operator’s desk"</a>"."</p> });
    let mistakes = Mistakes::from_query(req, &["workspace"], mistake);
    let left = (req.query("code").as_deref() == Some("left")).then(|| {
        alert(Tone::Ok, "You have left", view! { <p>"That was the only workspace that you belonged to."</p> })
    });
    let name = Field {
        name: "workspace",
        label: "Name of the workspace",
        kind: "text",
        autocomplete: "organization",
        hint: Some("Left empty, it is made from your address.".to_owned()),
        wrong: mistakes.of("workspace"),
        value: draft.value("workspace"),
        max_chars: Some(80),
        optional: true,
        ..Field::default()
    };
    frame(
        "No workspace",
        Place::Elsewhere,
        None,
        view! {
            {opening("Signed in".into_any(), view! {
                {left}
                {mistakes.summary()}
                <div class="stack">
                    <h1>"You belong to no workspace."</h1>
                    <p class="lead">
                        {format!("You are signed in as {}. ", account.email)}
                        "To join one, open the link of an invitation. Or open one of your own: it begins on Free, which costs nothing."
                    </p>
                    {desk}
                </div>
                <form class="stack" method="post" action=form_address(OpenWorkspace::PATH)>
                    {name.view()}
                    <button class="button main">"Open workspace"</button>
                </form>
                <p class="note"><a href=ACCOUNT>"Your account"</a></p>
                <form method="post" action=form_address(SignOut::PATH)><button class="button">"Sign out"</button></form>
            })}
        },
    )
}
