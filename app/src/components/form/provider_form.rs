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
    let label: Cow<'static, str> = label.into();
    form(page, None, class, label.into_any())
}

/// Renders a small button of the billing page that opens the provider's billing portal at `page`, to change one of
/// several things. Only screen readers read `what` after the label.
pub(crate) fn portal_form_about(
    page: PortalPage,
    label: impl Into<Cow<'static, str>>,
    what: Cow<'static, str>,
) -> impl IntoView {
    let label: Cow<'static, str> = label.into();
    let label = view! { {label}<span class="unseen">" "{what}</span> };
    form(
        page,
        Some(view! { <input type="hidden" name="from" value="settings"/> }.into_any()),
        "button small",
        label.into_any(),
    )
}

fn form(page: PortalPage, from: Option<AnyView>, class: &'static str, label: AnyView) -> impl IntoView {
    view! {
        <form method="post" action=form_address(OpenPortal::PATH)>
            <input type="hidden" name="door" value=page.as_str()/>
            {from}
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
