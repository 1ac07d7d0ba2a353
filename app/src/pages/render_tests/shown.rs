//! Compares pages with snapshots: outlines of what people see and of what forms send.
//!
//! A line holds one element: its name, the attributes in [`SHOWN_ATTRIBUTES`] and its text. A link is written as
//! `[text](target)`, the tone of a state precedes its text, and `|` separates the cells of a row. Icons, classes, ids,
//! hydration markers and random values are left out.

use std::{fmt::Display, slice};

use similar::{ChangeTag, TextDiff};

use super::markup::{Element, Node, find, parse};

/// Inline elements.
const INLINE: [&str; 18] = [
    "a", "abbr", "b", "bdi", "br", "code", "em", "i", "kbd", "mark", "s", "small", "span", "strong", "sub", "sup",
    "time", "wbr",
];

/// Elements whose text people do not see.
const UNSEEN: [&str; 6] = ["link", "meta", "script", "style", "template", "title"];

/// Elements that get no line, unless one of their attributes is shown.
const TRANSPARENT: [&str; 9] =
    ["div", "dl", "leptos-children", "leptos-island", "main", "span", "tbody", "tfoot", "thead"];

const SHOWN_ATTRIBUTES: [&str; 22] = [
    "action",
    "aria-current",
    "aria-invalid",
    "aria-label",
    "aria-pressed",
    "checked",
    "data-is",
    "disabled",
    "download",
    "formaction",
    "hidden",
    "href",
    "method",
    "name",
    "open",
    "placeholder",
    "readonly",
    "required",
    "role",
    "selected",
    "type",
    "value",
];

/// Roles that the name of the element implies.
const REPEATED_ROLES: [&str; 7] = ["cell", "columnheader", "list", "row", "rowgroup", "rowheader", "table"];

/// Compares the content of a page with the snapshot `name`, which is written as `folder/name`.
pub(super) fn assert_shown(name: &str, html: &str) {
    compare(name, &outline(html));
}

/// Compares the contents of several labeled pages with one snapshot.
pub(super) fn assert_each_shown<L: Display>(name: &str, pages: impl IntoIterator<Item = (L, String)>) {
    let pages: Vec<_> = pages.into_iter().map(|(label, html)| format!("# {label}\n{}", outline(&html))).collect();
    compare(name, &pages.join("\n"));
}

/// Compares the first parts of several labeled pages with one snapshot: title, notices, facts, actions.
pub(super) fn assert_each_opening<L: Display>(name: &str, pages: impl IntoIterator<Item = (L, String)>) {
    let pages: Vec<_> = pages.into_iter().map(|(label, html)| format!("# {label}\n{}", opening(&html))).collect();
    compare(name, &pages.join("\n"));
}

/// Compares the content of a page, then the differences of the labeled pages `others` from it, with one snapshot.
pub(super) fn assert_shown_with<L: Display>(name: &str, html: &str, others: impl IntoIterator<Item = (L, String)>) {
    let base = outline(html);
    compare(name, &format!("{base}\n{}", differences(&base, others)));
}

/// Compares the differences of several labeled pages from the page `base` with one snapshot.
pub(super) fn assert_differences<L: Display>(name: &str, base: &str, pages: impl IntoIterator<Item = (L, String)>) {
    compare(name, &differences(&outline(base), pages));
}

fn differences<L: Display>(base: &str, pages: impl IntoIterator<Item = (L, String)>) -> String {
    let pages: Vec<_> =
        pages.into_iter().map(|(label, html)| format!("# {label}\n{}", difference(base, &outline(&html)))).collect();
    pages.join("\n")
}

fn compare(name: &str, text: &str) {
    let (folder, state) = name.split_once('/').unwrap();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(format!("snapshots/{folder}"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(state, text));
}

/// The lines that only `to` has, marked with `+`, and the lines that only `from` has, marked with `-`.
fn difference(from: &str, to: &str) -> String {
    TextDiff::from_lines(from, to)
        .iter_all_changes()
        .filter_map(|change| match change.tag() {
            ChangeTag::Delete => Some(format!("- {}", change.value())),
            ChangeTag::Insert => Some(format!("+ {}", change.value())),
            ChangeTag::Equal => None,
        })
        .collect()
}

/// The outline of a page's `<main>`; of all markup if it has no `<main>`.
fn outline(html: &str) -> String {
    let nodes = parse(html);
    let mut lines = String::new();
    add_nodes(find(&nodes, "main").map_or(&nodes, |main| &main.children), 0, &mut lines);
    lines
}

/// The outline of the first element of a page's `<main>`.
fn opening(html: &str) -> String {
    let nodes = parse(html);
    let main = find(&nodes, "main").unwrap();
    let first = main.children.iter().find(|node| matches!(node, Node::Element(_))).unwrap();
    let mut lines = String::new();
    add_nodes(slice::from_ref(first), 0, &mut lines);
    lines
}

fn add_line(depth: usize, line: &str, lines: &mut String) {
    if !line.is_empty() {
        lines.push_str(&"  ".repeat(depth));
        lines.push_str(line.trim_end());
        lines.push('\n');
    }
}

fn add_nodes(nodes: &[Node], depth: usize, lines: &mut String) {
    for part in nodes.chunk_by(|left, right| is_inline(left) && is_inline(right)) {
        match part {
            [Node::Element(element)] if !is_inline(&part[0]) => add_element(element, depth, lines),
            inline => add_line(depth, &collapsed(&text(inline)), lines),
        }
    }
}

fn add_element(element: &Element, depth: usize, lines: &mut String) {
    let Element { name, attributes: _, children } = element;
    let head = head(element);
    match name.as_str() {
        "textarea" => add_line(depth, &format!("{head}: {:?}", plain(children)), lines),
        "pre" => {
            add_line(depth, &head, lines);
            for line in plain(children).lines() {
                add_line(depth + 1, &format!("| {line}"), lines);
            }
        }
        "tr" if children.iter().all(has_only_text) => {
            let cells: Vec<_> = children.iter().map(|cell| collapsed(&text_within(cell))).collect();
            add_line(depth, &format!("{head}: {}", cells.join(" | ")), lines);
        }
        _ if children.iter().all(is_inline) => {
            let text = collapsed(&text(children));
            let joint = if head.is_empty() || text.is_empty() { "" } else { ": " };
            add_line(depth, &format!("{head}{joint}{text}"), lines);
        }
        _ => {
            add_line(depth, &head, lines);
            add_nodes(children, if head.is_empty() { depth } else { depth + 1 }, lines);
        }
    }
}

/// The name and the shown attributes; empty for an element of [`TRANSPARENT`] without shown attributes.
fn head(element: &Element) -> String {
    let attributes: Vec<_> = element
        .attributes
        .iter()
        .filter(|(name, value)| is_shown(name, value))
        .map(|(name, value)| match value.as_str() {
            "" => format!(" {name}"),
            random if is_random(random) => format!(" {name}=(random)"),
            value => format!(" {name}={value:?}"),
        })
        .collect();
    if attributes.is_empty() && TRANSPARENT.contains(&element.name.as_str()) {
        return String::new();
    }
    let is_notice = element.attribute("class") == Some("notice");
    format!("{}{}", if is_notice { "notice" } else { element.name.as_str() }, attributes.concat())
}

fn is_shown(attribute: &str, value: &str) -> bool {
    SHOWN_ATTRIBUTES.contains(&attribute) && (attribute != "role" || !REPEATED_ROLES.contains(&value))
}

/// Whether a value is an idempotency key that the page made.
fn is_random(value: &str) -> bool {
    value.len() == 32 && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_inline(node: &Node) -> bool {
    match node {
        Node::Text(_) => true,
        Node::Element(Element { name, children, .. }) => {
            let name = name.as_str();
            name == "svg" || UNSEEN.contains(&name) || (INLINE.contains(&name) && children.iter().all(is_inline))
        }
    }
}

fn has_only_text(node: &Node) -> bool {
    match node {
        Node::Text(_) => true,
        Node::Element(element) => element.children.iter().all(is_inline),
    }
}

fn text_within(node: &Node) -> String {
    match node {
        Node::Text(text) => text.clone(),
        Node::Element(element) => text(&element.children),
    }
}

/// The text of nodes in one line. A space separates adjacent elements, which a grid shows side by side.
fn text(nodes: &[Node]) -> String {
    let mut line = String::new();
    let mut is_after_element = false;
    for node in nodes {
        match node {
            Node::Text(part) => {
                line.push_str(part);
                is_after_element = false;
            }
            Node::Element(element) => {
                let part = inline(element);
                if !part.is_empty() {
                    if is_after_element || element.name == "small" {
                        line.push(' ');
                    }
                    line.push_str(&part);
                    is_after_element = true;
                }
            }
        }
    }
    line
}

fn inline(element: &Element) -> String {
    let inner = text(&element.children);
    match element.name.as_str() {
        "svg" => element.attribute("aria-label").map_or_else(String::new, |label| format!("(picture: {label})")),
        unseen if UNSEEN.contains(&unseen) => String::new(),
        "a" => format!("[{}]({})", inner.trim(), element.attribute("href").unwrap_or_default()),
        "br" => " / ".to_owned(),
        "code" => format!("`{inner}`"),
        "mark" => format!("**{inner}**"),
        "s" => format!("~~{inner}~~"),
        _ => match element.attribute("data-is") {
            Some(tone) => format!("({tone}) {inner}"),
            None => inner,
        },
    }
}

/// The text as it is, without marks for links and code.
fn plain(nodes: &[Node]) -> String {
    nodes
        .iter()
        .map(|node| match node {
            Node::Text(text) => text.clone(),
            Node::Element(element) => plain(&element.children),
        })
        .collect()
}

/// Collapses each run of white space, non-breaking spaces included, to one space.
fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn an_outline_holds_what_people_see_and_what_forms_send() {
    let html = r##"<header>Dues</header><main id="main"><!--bo-1--><div class="notice" data-is="near" role="alert">
        <svg class="icon"><use href="#i"></use></svg><h2>One<!> thing</h2></div>
        <p class="lead"><b>8</b> of&nbsp;10 <a href="/usage?a=1&amp;b=2">All</a>.</p>
        <form method="post" action="/rpc/make-key"><input type="hidden" name="key" value="0123456789abcdef0123456789abcdef">
        <label for="notes">Notes</label><textarea id="notes" name="notes" required>&lt;b>
</textarea><button class="main">Make</button></form>
        <table><tbody><tr><th>Rooms</th><td><span class="state" data-is="stop">Limit reached</span></td></tr></tbody></table>
        </main><footer>2026</footer>"##
        .replace("&nbsp;", "\u{a0}");
    assert_eq!(
        outline(&html),
        r#"notice data-is="near" role="alert"
  h2: One thing
p: 8 of 10 [All](/usage?a=1&b=2).
form method="post" action="/rpc/make-key"
  input type="hidden" name="key" value=(random)
  label: Notes
  textarea name="notes" required: "<b>\n"
  button: Make
table
  tr: Rooms | (stop) Limit reached
"#
    );
}

#[test]
fn a_difference_lists_only_changed_lines() {
    assert_eq!(difference("a\n  b\nc\n", "a\n  d\nc\n"), "-   b\n+   d\n");
}
