//! The form that creates a key of the installation.

use domain::tenant::installation_scope::InstallationScope;
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    actions::operator::installation_key::MakeInstallationKey,
    components::form::{
        field::Field,
        key_fields::sources,
        mistakes::Mistakes,
        ticks::{Tick, Ticks},
    },
    request::{draft::Draft, drawn_for::form_address},
};

/// Describes what a scope allows.
const fn meaning(scope: InstallationScope) -> &'static str {
    match scope {
        InstallationScope::Tenants => "Create, change and delete workspaces, and make keys of theirs",
        InstallationScope::Read => "Read plan, usage and limits of any workspace",
        InstallationScope::Usage => "Count and correct use of any workspace",
        InstallationScope::Billing => "Start checkouts and change what any workspace pays",
        InstallationScope::Portal => "Make links that open a workspace’s pages without a sign-in",
        InstallationScope::Webhooks => "Manage the installation’s webhook endpoints",
    }
}

pub(super) fn make(mistakes: &Mistakes, draft: &Draft) -> AnyView {
    let name = Field {
        name: "name",
        label: "Name",
        kind: "text",
        autocomplete: "off",
        hint: Some("The product or service that will use it.".to_owned()),
        wrong: mistakes.of("name"),
        value: draft.value("name"),
        max_chars: Some(80),
        ..Field::default()
    };
    let end = Field {
        name: "expiresAt",
        label: "Last day",
        kind: "date",
        autocomplete: "off",
        hint: Some("It works until the end of that day. Leave empty to have it work until you revoke it.".to_owned()),
        wrong: mistakes.of("expiresAt"),
        value: draft.value("expiresAt"),
        optional: true,
        ..Field::default()
    };
    let boxes = InstallationScope::ALL.into_iter().map(|scope| Tick {
        value: scope.as_str(),
        title: scope.as_str(),
        note: Some(meaning(scope)),
        ticked: draft.values("scopes").any(|chosen| chosen == scope.as_str()),
    });
    let scopes = Ticks { name: "scopes", label: "Scopes", wrong: mistakes.of("scopes"), boxes: boxes.collect() };
    view! {
        <form class="stack" method="post" action=form_address(MakeInstallationKey::PATH)>
            {name.view()}
            {scopes.view()}
            {end.view()}
            {sources(mistakes.of("from"), draft).view()}
            <button class="button main">"Make key"</button>
        </form>
    }
    .into_any()
}
