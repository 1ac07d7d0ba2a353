//! The buttons that lead to identity providers.

use billing::service::account::elsewhere::provider::OfferedProvider;
use leptos::prelude::*;
use locales::text;

use crate::request::local_path::with_query;

/// Renders a button for each provider; `None` without any. `next` is where the sign-in leads.
pub(crate) fn provider_buttons(offered: &[OfferedProvider], next: Option<&str>) -> Option<AnyView> {
    if offered.is_empty() {
        return None;
    }
    let pairs: Vec<_> = next.iter().map(|next| ("next", *next)).collect();
    let buttons = offered
        .iter()
        .map(|OfferedProvider { id, name }| {
            let to = with_query(&format!("/login/oidc/{id}"), &pairs);
            // `external` keeps a router from following the link, whose response redirects to another site.
            view! { <a class="button full" rel="external nofollow" href=to>{text!(form_continue_with, provider = name)}</a> }
        })
        .collect_view();
    Some(view! { <div class="stack">{buttons}</div> }.into_any())
}
