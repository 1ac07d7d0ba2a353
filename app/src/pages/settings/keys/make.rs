//! The form that creates a key.

use std::borrow::Cow;

use billing::service::base::idempotency::KeyedRequest;
use domain::tenant::scope::Scope;
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use crate::{
    actions::keys::MakeKey,
    components::form::{
        key_fields::{last_day, meaning, name, sources},
        mistakes::Mistakes,
        ticks::{Tick, Ticks},
    },
    request::{draft::Draft, drawn_for::form_address},
};

pub(super) fn make(mistakes: &Mistakes, draft: &Draft) -> AnyView {
    let name = name(text!(keys_name_hint), mistakes, draft);
    let end = last_day(mistakes, draft);
    view! {
        <form class="stack" method="post" action=form_address(MakeKey::PATH)>
            <input type="hidden" name="key" value=KeyedRequest::fresh_key()/>
            {name.view()}
            {scopes(mistakes.of("scopes"), draft)}
            {end.view()}
            {sources(mistakes.of("from"), draft).view()}
            <button class="button main">{text!(keys_create)}</button>
        </form>
    }
    .into_any()
}

fn scopes(wrong: Option<Cow<'static, str>>, draft: &Draft) -> AnyView {
    let boxes = Scope::GRANTABLE_BY_ADMINS.into_iter().map(|scope| Tick {
        value: scope.as_str(),
        title: scope.as_str().into(),
        note: Some(meaning(scope)),
        ticked: draft.values("scopes").any(|chosen| chosen == scope.as_str()),
    });
    Ticks { name: "scopes", label: text!(keys_scopes), wrong, boxes: boxes.collect() }.view()
}
