//! Code blocks: plain text, with a copy button that `CopyButtons` reveals.

use leptos::prelude::*;
use locales::{Locale, text};

/// The HTML after a block's text: end tags, and the copy button, which stays hidden without JavaScript. The button has no
/// label: see [`labeled`].
pub(super) const CLOSE: &str = concat!(
    "</code></pre>",
    r#"<button type="button" class="button small" data-copy aria-live="polite" hidden></button></div>"#,
);
/// The end of a copy button in [`CLOSE`]. No other HTML of the documents has it.
const UNLABELED: &str = " hidden></button>";

/// Labels the copy buttons of a document's HTML in the reader's language. The HTML is built once for all languages.
pub(super) fn labeled(html: &str) -> String {
    let language = Locale::current().tag();
    let attribute = |text: &str| escaped(text).replace('"', "&quot;");
    let (copied, failed) = (attribute(&text!(form_copied)), attribute(&text!(form_copy_failed)));
    let label = escaped(&text!(form_copy));
    let button =
        format!(" hidden lang=\"{language}\" data-copied=\"{copied}\" data-failed=\"{failed}\">{label}</button>");
    html.replace(UNLABELED, &button)
}

/// Returns the HTML before a block's text. The first word of `info` is the language; the rest is for tests of the docs.
pub(super) fn open(info: &str) -> String {
    let language = info.split([' ', ',', '{']).next().unwrap_or_default();
    let is_name = |char: char| char.is_ascii_alphanumeric() || "+-_".contains(char);
    if language.is_empty() || !language.chars().all(is_name) {
        r#"<div class="code"><pre><code>"#.to_owned()
    } else {
        format!(r#"<div class="code"><pre><code class="language-{language}">"#)
    }
}

/// Renders a code block.
pub(super) fn block(language: &str, text: &str) -> AnyView {
    let html = labeled(&format!("{}{}{CLOSE}", open(language), escaped(text)));
    view! { <div inner_html=html></div> }.into_any()
}

/// Escapes a text for HTML, outside attributes.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
