//! No page and no mail holds a literal text: people read messages only.

use std::{
    fs,
    path::{Path, PathBuf},
};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::root;

/// Folders and files whose texts people read.
const READ_BY_PEOPLE: [&str; 8] = [
    "app/src/components",
    "app/src/pages",
    "app/src/islands",
    "app/src/shell.rs",
    "app/src/wording.rs",
    "app/src/live.rs",
    "server/billing/src/mail/letters.rs",
    "server/billing/src/mail/content.rs",
];
/// Parts of paths that hold no texts for people, or the guide in English.
const NOT_READ: [&str; 5] = ["tests", "render_tests", "pages/docs/", "fixture", "_tests.rs"];
/// Macros whose literals are not shown.
const INTERNAL_MACROS: [&str; 10] =
    ["warn", "error", "info", "debug", "path", "matches", "assert", "assert_eq", "concat", "include_str"];
/// Attributes of markup whose values are no words.
const WORDLESS: [&str; 12] =
    ["class", "d", "transform", "content", "rel", "points", "viewBox", "style", "sandbox", "accept", "reason", "sizes"];

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
            TokenTree::Punct(hash) if hash.as_char() == '#' && is_bracketed(tokens.get(at + 1)) => {
                let is_for_tests = tokens.get(at + 1).is_some_and(|group| {
                    group.to_string().contains("cfg (test)") || group.to_string().contains("cfg(test)")
                });
                at += 1;
                if is_for_tests {
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
                    // In braces within markup is code again.
                    let is_code = is_markup && group.delimiter() == Delimiter::Brace && !starts_markup;
                    read(group.stream(), starts_markup || (is_markup && !is_code), texts);
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
    if attribute.is_some_and(|name| WORDLESS.contains(&name)) {
        return false;
    }
    let words: Vec<&str> = text.split(|c: char| !c.is_alphabetic()).filter(|word| word.chars().count() > 1).collect();
    let has_sentence = text.contains(' ')
        && words.len() > 1
        && text.split(' ').filter(|part| part.chars().filter(|c| c.is_alphabetic()).count() > 1).count() > 1;
    let is_label = attribute.is_some_and(|name| matches!(name, "title" | "alt" | "placeholder") || name == "label");
    has_sentence || (is_markup && !words.is_empty() && (attribute.is_none() || is_label))
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
