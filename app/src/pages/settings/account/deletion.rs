//! The section that deletes the account.

use billing::service::account::deletion::DeletionObstacles;
use leptos::{prelude::*, server_fn::ServerFn};
use locales::{rich, text};

use super::view::AccountView;
use crate::{
    actions::account::DeleteAccount,
    components::{
        form::{field::Field, mistakes::Mistakes},
        rich::rich_text,
    },
    request::drawn_for::form_address,
};

/// Renders the form that deletes the account, or why there is none.
pub(super) fn deletion(view: &AccountView, mistakes: &Mistakes) -> AnyView {
    let DeletionObstacles { only_owner_of, is_operator } = &view.obstacles;
    let email = view.account.email.as_str();
    if *is_operator {
        return view! { <p>{rich_text(rich!(profile_delete_operator, email = email))}</p> }.into_any();
    }
    if !only_owner_of.is_empty() {
        let workspaces = only_owner_of.join(", ");
        return view! { <p class="breaking">{text!(profile_delete_only_owner, workspaces = workspaces)}</p> }
            .into_any();
    }
    let typed = Field {
        name: "typed_address",
        label: text!(profile_delete_type, email = email),
        kind: "email",
        autocomplete: "off",
        wrong: mistakes.of("typed_address"),
        ..Field::default()
    };
    view! {
        <p>{text!(profile_delete_means)}</p>
        <form class="stack" method="post" action=form_address(DeleteAccount::PATH)>
            {typed.view()}
            <button class="button stop">{text!(profile_delete_button)}</button>
        </form>
    }
    .into_any()
}
