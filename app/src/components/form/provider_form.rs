//! Forms that open the provider's pages or fetch the subscription again.

use domain::subscription::Provider;
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    actions::billing::{OpenPortal, SyncSubscription},
    components::icon::{Icon, icon},
    request::drawn_for::form_address,
};

/// Page that the provider's portal opens on; the form's `door` value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PortalPage {
    Home,
    Cancel,
    UpdateCard,
}

impl PortalPage {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Cancel => "cancel",
            Self::UpdateCard => "update_card",
        }
    }

    pub(crate) fn named(text: &str) -> Option<Self> {
        [Self::Home, Self::Cancel, Self::UpdateCard].into_iter().find(|door| door.as_str() == text)
    }
}

/// Renders a button that opens the portal. `class` is `button` with modifiers.
pub(crate) fn portal_form(door: PortalPage, class: &'static str, label: String) -> impl IntoView {
    view! {
        <form method="post" action=form_address(OpenPortal::PATH)>
            <input type="hidden" name="door" value=door.as_str()/>
            <button class=class>{label}" "{icon(Icon::Out)}</button>
        </form>
    }
}

/// Renders the button that fetches the subscription from the provider now.
pub(crate) fn sync_form(provider: Provider, note: Option<String>) -> impl IntoView {
    view! {
        <form class="inline-form" method="post" action=form_address(SyncSubscription::PATH)>
            <button class="plain">{format!("Check with {} again", provider.title())}</button>
            {note.map(|note| view! { <span class="note">{note}</span> })}
        </form>
    }
}
