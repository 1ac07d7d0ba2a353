//! Forms that open the provider's pages or fetch the subscription again.

use std::borrow::Cow;

use domain::subscription::Provider;
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use crate::{
    actions::billing::{OpenPortal, PortalPage, SyncSubscription},
    components::icon::{Icon, icon},
    request::drawn_for::form_address,
};

/// Renders a button that opens the provider's billing portal at `page`. `class` is `button` with modifiers.
pub(crate) fn portal_form(page: PortalPage, class: &'static str, label: impl Into<Cow<'static, str>>) -> impl IntoView {
    let label = label.into();
    view! {
        <form method="post" action=form_address(OpenPortal::PATH)>
            <input type="hidden" name="door" value=page.as_str()/>
            <button class=class>{label}" "{icon(Icon::Out)}</button>
        </form>
    }
}

/// Renders the button that fetches the subscription from the provider now.
pub(crate) fn sync_form(provider: Provider, note: Option<Cow<'static, str>>) -> impl IntoView {
    view! {
        <form class="inline-form" method="post" action=form_address(SyncSubscription::PATH)>
            <button class="plain">{text!(form_sync, provider = provider.title())}</button>
            {note.map(|note| view! { <span class="note">{note}</span> })}
        </form>
    }
}
