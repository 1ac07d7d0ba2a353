//! The user's sessions.

use billing::identity::session::ListedSession;
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

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
        text!(profile_sessions_table),
        [
            Column::Text(text!(profile_column_device)),
            Column::Text(text!(profile_column_ip_address)),
            Column::Text(text!(profile_column_signed_in)),
            Column::Text(text!(profile_column_last_used)),
            Column::Button(text!(profile_end_session)),
        ],
        rows,
    );
    view! {
        {table}
        <form class="actions" method="post" action=form_address(EndEverySession::PATH)>
            <button class="button stop">{text!(profile_sign_out_everywhere)}</button>
            <p class="note">{text!(profile_sign_out_everywhere_note)}</p>
        </form>
    }
    .into_any()
}

fn row(session: &ListedSession, here: Option<&str>) -> impl IntoView + use<> {
    let ListedSession { handle, began_at, seen_at, user_agent, address } = session;
    let is_here = here == Some(handle);
    let device = device(user_agent);
    let address = address.map_or_else(|| text!(profile_unknown), |address| address.to_string().into());
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                {device.clone()}
                {is_here.then(|| view! { " "<span class="note">{text!(profile_this_browser)}</span> })}
            </th>
            <td role="cell" class="breaking" data-label=text!(profile_column_ip_address)>{address}</td>
            <td role="cell" class="nowrap" data-label=text!(profile_column_signed_in)>{minute(*began_at)}</td>
            <td role="cell" class="nowrap" data-label=text!(profile_column_last_used)>{minute(*seen_at)}</td>
            <td role="cell" class="num">
                <form method="post" action=form_address(EndSession::PATH)>
                    <input type="hidden" name="handle" value=handle.clone()/>
                    <button class="plain stop">
                        {text!(profile_end_session)}
                        <span class="unseen">{format!(" {device}")}</span>
                    </button>
                </form>
            </td>
        </tr>
    }
}
