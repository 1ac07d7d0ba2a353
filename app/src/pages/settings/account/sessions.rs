//! The user's sessions.

use billing::identity::session::ListedSession;
use leptos::{prelude::*, server_fn::ServerFn};

use super::{device::device, view::AccountView};
use crate::{
    actions::account::{EndEverySession, EndSession},
    components::table::{Column, RowAlign, record_table},
    request::drawn_for::form_address,
    wording::minute,
};

pub(super) fn sessions(view: &AccountView) -> AnyView {
    let rows = view.sessions.iter().map(|session| row(session, view.here.as_deref())).collect_view();
    let table = record_table(
        RowAlign::Middle,
        "Browsers that are signed in",
        [
            Column::Text("Device"),
            Column::Text("IP address"),
            Column::Text("Signed in"),
            Column::Text("Last used"),
            Column::Button("End"),
        ],
        rows,
    );
    view! {
        {table}
        <form class="actions" method="post" action=form_address(EndEverySession::PATH)>
            <button class="button stop">"Sign out everywhere"</button>
            <p class="note">"Ends every session, this one too."</p>
        </form>
    }
    .into_any()
}

fn row(session: &ListedSession, here: Option<&str>) -> impl IntoView + use<> {
    let ListedSession { handle, began_at, seen_at, user_agent, address } = session;
    let is_here = here == Some(handle);
    let device = device(user_agent);
    let address = address.map_or_else(|| "unknown".to_owned(), |address| address.to_string());
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                {device.clone()}
                {is_here.then(|| view! { " "<span class="note">"(this browser)"</span> })}
            </th>
            <td role="cell" class="breaking" data-label="IP address">{address}</td>
            <td role="cell" class="nowrap" data-label="Signed in">{minute(*began_at)}</td>
            <td role="cell" class="nowrap" data-label="Last used">{minute(*seen_at)}</td>
            <td role="cell" class="num">
                <form method="post" action=form_address(EndSession::PATH)>
                    <input type="hidden" name="handle" value=handle.clone()/>
                    <button class="plain stop">"End"<span class="unseen">{format!(" {device}")}</span></button>
                </form>
            </td>
        </tr>
    }
}
