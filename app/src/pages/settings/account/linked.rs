//! Linked sign-ins of other issuers.

use billing::service::account::{elsewhere::provider::LinkedIdentity, firebase::LinkedSignIn};
use domain::time::Timestamp;
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use super::view::AccountView;
use crate::{
    actions::account::RemoveSignIn,
    components::table::{Column, RowAlign, record_table},
    request::drawn_for::form_address,
    wording::minute,
};

/// Renders the linked sign-ins; `None` without any.
pub(super) fn linked(view: &AccountView) -> Option<AnyView> {
    if view.linked.is_empty() && view.identities.is_empty() {
        return None;
    }
    let rows = (view.linked.iter().map(row).collect_view(), view.identities.iter().map(identity_row).collect_view());
    let table = record_table(
        RowAlign::Middle,
        text!(profile_linked_table),
        [
            Column::Text(text!(profile_column_provider)),
            Column::Text(text!(profile_column_linked)),
            Column::Text(text!(profile_column_last_used)),
            Column::Button(text!(profile_remove)),
        ],
        rows,
    );
    let note = if view.has_passwords { text!(profile_linked_note) } else { text!(profile_linked_note_only) };
    Some(
        view! {
            <p class="note">{note}</p>
            {table}
        }
        .into_any(),
    )
}

fn row(sign_in: &LinkedSignIn) -> impl IntoView + use<> {
    let LinkedSignIn { project_id, subject, since, last_used_at } = sign_in;
    let issuer = text!(profile_firebase_project, project = project_id);
    sign_in_row(&issuer, ("project", project_id), subject, (*since, *last_used_at))
}

fn identity_row(identity: &LinkedIdentity) -> impl IntoView + use<> {
    let LinkedIdentity { issuer, subject, since, last_used_at } = identity;
    sign_in_row(issuer, ("issuer", issuer), subject, (*since, *last_used_at))
}

/// Renders a row. `field` is the name and value of the form field that identifies the issuer.
fn sign_in_row(
    issuer: &str,
    field: (&'static str, &str),
    subject: &str,
    (since, last_used_at): (Timestamp, Option<Timestamp>),
) -> impl IntoView + use<> {
    let used = last_used_at.map_or_else(|| text!(profile_unknown), |at| minute(at).into());
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" class="breaking">{issuer.to_owned()}</th>
            <td role="cell" class="nowrap" data-label=text!(profile_column_linked)>{minute(since)}</td>
            <td role="cell" class="nowrap" data-label=text!(profile_column_last_used)>{used}</td>
            <td role="cell" class="num">
                <form method="post" action=form_address(RemoveSignIn::PATH)>
                    <input type="hidden" name=field.0 value=field.1.to_owned()/>
                    <input type="hidden" name="subject" value=subject.to_owned()/>
                    <button class="plain stop">
                        {text!(profile_remove)}
                        <span class="unseen">{format!(" {issuer}")}</span>
                    </button>
                </form>
            </td>
        </tr>
    }
}
