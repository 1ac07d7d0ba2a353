//! Linked sign-ins of other issuers.

use billing::service::account::firebase::LinkedSignIn;
use leptos::{prelude::*, server_fn::ServerFn};

use super::view::AccountView;
use crate::{actions::account::RemoveSignIn, request::drawn_for::form_address, wording::minute};

/// Renders the linked sign-ins; `None` without any.
pub(super) fn linked(view: &AccountView) -> Option<AnyView> {
    if view.linked.is_empty() {
        return None;
    }
    let rows = view.linked.iter().map(row).collect_view();
    Some(
        view! {
            <p class="note">"Each opens this account without its password. A new password by mail and another address remove them all."</p>
            <table class="ledger mid fold" role="table">
                <caption class="unseen">"Sign-ins of other issuers that open this account"</caption>
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"Issuer"</th>
                        <th role="columnheader" scope="col">"Linked"</th>
                        <th role="columnheader" scope="col">"Last used"</th>
                        <th role="columnheader" scope="col" class="num"><span class="unseen">"Remove"</span></th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{rows}</tbody>
            </table>
        }
        .into_any(),
    )
}

fn row(sign_in: &LinkedSignIn) -> impl IntoView + use<> {
    let LinkedSignIn { project_id, subject, since, last_used_at } = sign_in;
    let issuer = format!("Firebase project {project_id}");
    let used = last_used_at.map_or_else(|| "not known".to_owned(), minute);
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" class="breaking">{issuer.clone()}</th>
            <td role="cell" class="nowrap" data-label="Linked">{minute(*since)}</td>
            <td role="cell" class="nowrap" data-label="Last used">{used}</td>
            <td role="cell" class="num">
                <form method="post" action=form_address(RemoveSignIn::PATH)>
                    <input type="hidden" name="project" value=project_id.clone()/>
                    <input type="hidden" name="subject" value=subject.clone()/>
                    <button class="plain stop">"Remove"<span class="unseen">{format!(" {issuer}")}</span></button>
                </form>
            </td>
        </tr>
    }
}
