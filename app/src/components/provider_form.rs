//! Buttons that lead to the provider's pages, and the one that asks the provider again.

use domain::subscription::Provider;
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    actions::billing::{OpenPortal, SyncSubscription},
    components::icon::{Icon, icon},
    drawn_for::form_address,
};

/// What the provider's portal opens on; the value of the form's `door`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    Home,
    Cancel,
    UpdateCard,
}

impl Door {
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

/// A button that opens the portal; `class` is `button` with what it adds.
pub(crate) fn portal_form(door: Door, class: &'static str, label: String) -> impl IntoView {
    view! {
        <form method="post" action=form_address(OpenPortal::PATH)>
            <input type="hidden" name="door" value=door.as_str()/>
            <button class=class>{label}" "{icon(Icon::Out)}</button>
        </form>
    }
}

/// Asks the provider now how things stand.
pub(crate) fn sync_form(provider: Provider, note: Option<String>) -> impl IntoView {
    view! {
        <form class="inline-form" method="post" action=form_address(SyncSubscription::PATH)>
            <button class="plain">{format!("Check with {} again", provider.title())}</button>
            {note.map(|note| view! { <span class="note">{note}</span> })}
        </form>
    }
}
