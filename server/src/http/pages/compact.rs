//! Takes out of a page what browsers do not need: markers that only hydration reads, and icons that the page does not
//! show. Pages without a script shrink by a third.

use app::LIVE_ICONS;
use memchr::memmem;

/// Separates pieces of text for hydration. Outside of islands nothing is hydrated.
const MARKER: &[u8] = b"<!>";
const ISLAND: &[u8] = b"<leptos-island";
const ISLAND_END: &[u8] = b"</leptos-island>";
/// Begins the element that holds the symbols of all icons.
const SYMBOLS: &[u8] = b"class=\"defs\">";
const SYMBOLS_END: &[u8] = b"</svg>";
const SYMBOL: &[u8] = b"<symbol id=\"";
const SYMBOL_END: &[u8] = b"</symbol>";
/// Begins the reference to a symbol.
const REFERENCE: &[u8] = b"href=\"#";
/// The script of a page whose icons may change while it is open.
const SCRIPT: &[u8] = b"<script";

pub(super) fn compact(html: &[u8]) -> Vec<u8> {
    let mut compacted = Vec::with_capacity(html.len());
    let mut rest = html;
    if let Some((before, symbols, after)) = between(html, SYMBOLS, SYMBOLS_END) {
        compacted.extend_from_slice(before);
        push_used_symbols(&mut compacted, symbols, after);
        rest = after;
    }
    push_without_markers(&mut compacted, rest);
    compacted
}

/// Splits bytes after the first `start`, and before the `end` that follows it.
fn between<'a>(bytes: &'a [u8], start: &[u8], end: &[u8]) -> Option<(&'a [u8], &'a [u8], &'a [u8])> {
    let (before, rest) = bytes.split_at(memmem::find(bytes, start)? + start.len());
    let (inner, after) = rest.split_at(memmem::find(rest, end)?);
    Some((before, inner, after))
}

/// Copies the symbols that `page` refers to, and what stands between symbols.
fn push_used_symbols(compacted: &mut Vec<u8>, symbols: &[u8], page: &[u8]) {
    let mut used: Vec<&[u8]> = Vec::new();
    for at in memmem::find_iter(page, REFERENCE) {
        let id = page.get(at + REFERENCE.len()..).and_then(|rest| rest.split(|byte| *byte == b'"').next());
        if let Some(id) = id.filter(|id| !used.contains(id)) {
            used.push(id);
        }
    }
    if memmem::find(page, SCRIPT).is_some() {
        used.extend(LIVE_ICONS.map(str::as_bytes));
    }
    let mut rest = symbols;
    while let Some(at) = memmem::find(rest, SYMBOL) {
        let (before, symbol) = rest.split_at(at);
        compacted.extend_from_slice(before);
        let length = memmem::find(symbol, SYMBOL_END).map_or(symbol.len(), |end| end + SYMBOL_END.len());
        let (symbol, after) = symbol.split_at(length);
        let id = symbol.get(SYMBOL.len()..).and_then(|rest| rest.split(|byte| *byte == b'"').next());
        if id.is_some_and(|id| used.contains(&id)) {
            compacted.extend_from_slice(symbol);
        }
        rest = after;
    }
    compacted.extend_from_slice(rest);
}

/// Copies HTML without the markers outside of islands.
fn push_without_markers(compacted: &mut Vec<u8>, html: &[u8]) {
    let mut rest = html;
    while let Some(at) = memmem::find(rest, ISLAND) {
        let (before, island) = rest.split_at(at);
        push_stripped(compacted, before);
        let (island, after) = island.split_at(island_length(island));
        compacted.extend_from_slice(island);
        rest = after;
    }
    push_stripped(compacted, rest);
}

fn push_stripped(compacted: &mut Vec<u8>, html: &[u8]) {
    let mut copied = 0;
    for at in memmem::find_iter(html, MARKER) {
        compacted.extend_from_slice(html.get(copied..at).unwrap_or_default());
        copied = at + MARKER.len();
    }
    compacted.extend_from_slice(html.get(copied..).unwrap_or_default());
}

/// Returns the length of the island that `html` begins with, with the islands in it.
fn island_length(html: &[u8]) -> usize {
    let (mut length, mut open) = (0, 0_usize);
    loop {
        let rest = html.get(length..).unwrap_or_default();
        let Some(end) = memmem::find(rest, ISLAND_END) else { return html.len() };
        open += memmem::find_iter(rest.get(..end).unwrap_or_default(), ISLAND).count();
        length += end + ISLAND_END.len();
        open = open.saturating_sub(1);
        if open == 0 {
            return length;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compacted(html: &str) -> String {
        String::from_utf8(compact(html.as_bytes())).unwrap()
    }

    #[test]
    fn markers_go_except_in_islands() {
        assert_eq!(compacted("<p>a<!> b<!></p><!>"), "<p>a b</p>");
        let island = "<leptos-island><!><leptos-island>x<!></leptos-island><!></leptos-island>";
        assert_eq!(compacted(&format!("a<!>{island}<!>b<!>{island}<!>")), format!("a{island}b{island}"));
        assert_eq!(compacted("<leptos-island>a<!>"), "<leptos-island>a<!>");
        assert_eq!(compacted(""), "");
    }

    #[test]
    fn icons_stay_that_the_page_shows() {
        let symbol = |id: &str| format!("<symbol id=\"{id}\"><path d=\"M0\"/></symbol>");
        let symbols = |ids: &[&str]| {
            let symbols: String = ids.iter().map(|id| symbol(id)).collect();
            format!("<svg class=\"defs\">{symbols}<pattern id=\"hatch\"></pattern></svg>")
        };
        let use_of = |id: &str| format!("<svg class=\"icon\"><use href=\"#{id}\"></use></svg>");
        let page = format!("{}{}", symbols(&["i-up", "i-out", "i-near"]), use_of("i-out"));
        assert_eq!(compacted(&page), format!("{}{}", symbols(&["i-out"]), use_of("i-out")));
        // A live update may bring an icon that the page does not show yet.
        let live = format!("{page}<script></script>");
        assert_eq!(compacted(&live), format!("{}{}<script></script>", symbols(&["i-out", "i-near"]), use_of("i-out")));
    }
}
