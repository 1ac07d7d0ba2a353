//! No page and no mail holds a literal text: people read messages only.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::root;

/// Folders and files whose texts people read.
const READ_BY_PEOPLE: [&str; 9] = [
    "app/src/components",
    "app/src/pages",
    "app/src/islands",
    "app/src/shell.rs",
    "app/src/wording.rs",
    "app/src/live.rs",
    "server/billing/src/mail/letters",
    "server/billing/src/mail/letters.rs",
    "server/billing/src/mail/content.rs",
];
/// Parts of paths that hold no texts for people, the guide in English, or names of browsers.
const NOT_READ: [&str; 6] = ["tests", "render_tests", "pages/docs/", "fixture", "_tests.rs", "account/device.rs"];
/// Macros whose literals are not shown.
const INTERNAL_MACROS: [&str; 10] =
    ["warn", "error", "info", "debug", "path", "matches", "assert", "assert_eq", "concat", "include_str"];
/// Signs of a command line or a media query.
const COMMANDS: [&str; 2] = [" --", "prefers-color-scheme"];
/// Attributes of markup whose values are no words.
const WORDLESS: [&str; 12] =
    ["class", "d", "transform", "content", "rel", "points", "viewBox", "style", "sandbox", "accept", "reason", "sizes"];

/// The classes of the style sheets: a literal of these alone is a list of classes.
static CLASSES: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let sheet = |name: &str| fs::read_to_string(root().join("style").join(name)).unwrap();
    let style = ["dues.css", "charts.css"].map(sheet).concat();
    let name = |rest: &str| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap().to_owned();
    style.split('.').skip(1).map(name).filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase())).collect()
});

#[test]
fn no_page_and_no_mail_holds_a_literal_text() {
    let mut found = Vec::new();
    for place in READ_BY_PEOPLE {
        for path in code_files(&root().join(place)) {
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            if NOT_READ.iter().any(|part| name.contains(part)) {
                continue;
            }
            let code: TokenStream = fs::read_to_string(&path).unwrap().parse().unwrap();
            let mut texts = Vec::new();
            read(code, false, &mut texts);
            found.extend(texts.into_iter().map(|(line, text)| format!("{name}:{line}: {text}")));
        }
    }
    assert!(found.is_empty(), "{} literal texts:\n{}", found.len(), found.join("\n"));
}

#[test]
fn a_literal_text_is_found_wherever_it_stands() {
    for (code, is_text) in [
        (r#"view! { <p>"Nothing was saved."</p> }"#, true),
        (r#"view! { <p>"Saved"</p> }"#, true),
        (r#"view! { <p aria-label="Main menu">{x}</p> }"#, true),
        (r#"view! { <p title="Menu">{x}</p> }"#, true),
        (r#"format!("{n} limits are reached")"#, true),
        (r#"let head = "Not found here";"#, true),
        (r#"let class = "ledger mid fold";"#, false),
        (r#"view! { <p class="button main">" "{x}" · "</p> }"#, false),
        (r#"tracing::warn!("failed to render a page")"#, false),
        (r#"#[expect(x, reason = "there is always one")] fn a() {}"#, false),
        (r#"view! { <a href="/membership" id="main">{x}</a> }"#, false),
        (r#"#[cfg(test)] mod tests { fn a() { x("Two words") } }"#, false),
        (r#"ServiceError::Internal("request context without services")"#, false),
    ] {
        let mut texts = Vec::new();
        read(code.parse().unwrap(), false, &mut texts);
        assert_eq!(!texts.is_empty(), is_text, "{code}: {texts:?}");
    }
}

/// Collects literal texts with their lines. `is_markup` is true within `view!` and `html!`.
fn read(code: TokenStream, is_markup: bool, texts: &mut Vec<(usize, String)>) {
    let tokens: Vec<TokenTree> = code.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            // An attribute, with the item that it keeps for tests.
            TokenTree::Punct(hash) if hash.as_char() == '#' => {
                // `#![…]` has a `!` before its brackets.
                at += if is_bracketed(tokens.get(at + 1)) { 1 } else { 2 };
                if tokens.get(at).is_some_and(is_for_tests) {
                    while at < tokens.len() && !ends_item(&tokens[at]) {
                        at += 1;
                    }
                }
            }
            TokenTree::Group(group) => {
                let called = called(&tokens[..at]);
                let is_internal =
                    called.as_deref().is_some_and(|name| INTERNAL_MACROS.contains(&name) || name == "Internal");
                if !is_internal {
                    let starts_markup = called.as_deref().is_some_and(|name| matches!(name, "view" | "html"));
                    // Within markup is code again: in braces for `view!`, in parentheses for `html!`.
                    read(group.stream(), starts_markup, texts);
                }
            }
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let attribute = attribute(&tokens[..at]);
                if text.contains('"') && is_shown(&text, is_markup, attribute.as_deref()) {
                    texts.push((literal.span().start().line, text));
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
        at += 1;
    }
}

fn is_shown(text: &str, is_markup: bool, attribute: Option<&str>) -> bool {
    if attribute.is_some_and(|name| WORDLESS.contains(&name)) || COMMANDS.iter().any(|sign| text.contains(sign)) {
        return false;
    }
    let text = without_arguments(text.trim_matches('"'));
    let words: Vec<&str> = text
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 1)
        .collect();
    let is_sentence = words.len() > 2 || (words.len() > 1 && text.contains(char::is_uppercase));
    let is_child = is_markup && attribute.is_none();
    if !is_child && words.iter().all(|word| CLASSES.contains(*word)) {
        return false;
    }
    let is_label = attribute.is_some_and(|name| matches!(name, "title" | "alt" | "placeholder" | "label"));
    is_sentence || (!words.is_empty() && (is_child || (is_markup && is_label)))
}

/// The text without what stands in braces.
fn without_arguments(text: &str) -> String {
    let parts = text.split('{').enumerate().map(|(at, part)| match (at, part.split_once('}')) {
        (0, _) | (_, None) => part,
        (_, Some((_, after))) => after,
    });
    parts.collect::<Vec<_>>().join(" ")
}

fn is_for_tests(token: &TokenTree) -> bool {
    let text = token.to_string();
    text.contains("cfg (test)") || text.contains("cfg(test)")
}

/// The name of the attribute or field whose value follows, such as `class` in `class=`. Of `aria-label`, the last word.
fn attribute(before: &[TokenTree]) -> Option<String> {
    let [.., name, TokenTree::Punct(equals)] = before else { return None };
    (equals.as_char() == '=').then(|| name.to_string())
}

/// The name of the macro or function whose arguments follow.
fn called(before: &[TokenTree]) -> Option<String> {
    match before {
        [.., TokenTree::Ident(name), TokenTree::Punct(bang)] if bang.as_char() == '!' => Some(name.to_string()),
        [.., TokenTree::Ident(name)] => Some(name.to_string()),
        _ => None,
    }
}

fn is_bracketed(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket)
}

fn ends_item(token: &TokenTree) -> bool {
    match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        TokenTree::Ident(_) | TokenTree::Literal(_) => false,
    }
}

fn code_files(place: &Path) -> Vec<PathBuf> {
    if place.is_file() {
        return vec![place.to_owned()];
    }
    fs::read_dir(place)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir() || path.extension().is_some_and(|extension| extension == "rs"))
        .flat_map(|path| code_files(&path))
        .collect()
}
