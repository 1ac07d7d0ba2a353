//! A payment provider: its title, or what messages get in its place, and its words.

use domain::subscription::Provider;
use leptos::prelude::*;

/// What a message gets without a provider. It then has a sentence of its own, because a general term would have to be
/// inflected, and capitalized by its place.
pub(crate) const NO_PROVIDER: &str = "none";

/// Returns the provider's title, for a message that has a variant `[none]`.
pub(crate) fn title_or_none(provider: Option<Provider>) -> &'static str {
    provider.map_or(NO_PROVIDER, Provider::title)
}

/// The language that providers write in.
const PROVIDERS_LANGUAGE: &str = "en";

/// Renders words of a provider, which are not translated.
pub(crate) fn said_by_provider(words: &str) -> AnyView {
    view! { <span lang=PROVIDERS_LANGUAGE>{words.to_owned()}</span> }.into_any()
}
