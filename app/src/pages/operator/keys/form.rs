//! The form that creates a key of the installation.

use std::borrow::Cow;

use billing::service::base::idempotency::KeyedRequest;
use domain::tenant::installation_scope::InstallationScope;
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

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
fn meaning(scope: InstallationScope) -> Cow<'static, str> {
    match scope {
        InstallationScope::Tenants => text!(keys_installation_scope_tenants),
        InstallationScope::Read => text!(keys_installation_scope_read),
        InstallationScope::Usage => text!(keys_installation_scope_usage),
        InstallationScope::Billing => text!(keys_installation_scope_billing),
        InstallationScope::Portal => text!(keys_installation_scope_portal),
        InstallationScope::Webhooks => text!(keys_installation_scope_webhooks),
    }
}

pub(super) fn make(mistakes: &Mistakes, draft: &Draft) -> AnyView {
    let name = name(text!(keys_name_hint_installation), mistakes, draft);
    let end = last_day(mistakes, draft);
    let boxes = InstallationScope::ALL.into_iter().map(|scope| Tick {
        value: scope.as_str(),
        title: scope.as_str().into(),
        note: Some(meaning(scope)),
        ticked: draft.values("scopes").any(|chosen| chosen == scope.as_str()),
    });
    let scopes =
        Ticks { name: "scopes", label: text!(keys_scopes), wrong: mistakes.of("scopes"), boxes: boxes.collect() };
    view! {
        <form class="stack" method="post" action=form_address(MakeInstallationKey::PATH)>
            <input type="hidden" name="key" value=KeyedRequest::fresh_key()/>
            {name.view()}
            {scopes.view()}
            {end.view()}
            {sources(mistakes.of("from"), draft).view()}
            <button class="button main">{text!(keys_create)}</button>
        </form>
    }
    .into_any()
}
