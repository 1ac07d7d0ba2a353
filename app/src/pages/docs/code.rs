//! Code blocks: plain text, with a copy button that `CopyCode` reveals.

use leptos::prelude::*;

/// The HTML after a block's text: end tags, and the copy button, which stays hidden without JavaScript.
pub(super) const CLOSE: &str = concat!(
    "</code></pre>",
    r#"<button type="button" class="button small" data-copy aria-live="polite" hidden>Copy</button></div>"#,
);

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
    let html = format!("{}{}{CLOSE}", open(language), escaped(text));
    view! { <div inner_html=html></div> }.into_any()
}

/// Escapes a text for HTML, outside attributes.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
