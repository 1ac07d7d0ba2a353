//! The form that creates a key of the installation.

use domain::tenant::installation_scope::InstallationScope;
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    actions::operator::installation_key::MakeInstallationKey,
    components::form::{
        key_fields::{last_day, name, sources},
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
    let name = name("The product or service that will use it.", mistakes, draft);
    let end = last_day(mistakes, draft);
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
