//! The search index: sections of the documents and operations of the API, in memory.

use std::cmp::Reverse;

use crate::pages::docs::{contents::Document, markdown::Article, reference::document::Reference};

/// How many words of a query are searched for. Later ones are ignored.
const MAX_TERMS: usize = 8;
/// The maximum number of results of a query.
pub(in crate::pages::docs) const MAX_RESULTS: usize = 20;
/// Length of an excerpt before its first match and from the match on, in bytes. The ends then move to spaces.
const EXCERPT: (usize, usize) = (60, 180);

/// Points of a term that matches in a page's title, in a heading or in the text. If it matches in several, only the
/// highest points count.
const IN_TITLE: u32 = 100;
const IN_HEADING: u32 = 40;
const IN_TEXT: u32 = 5;
/// Points that are added if the term matches a whole word and not only its beginning.
const WHOLE_WORD: u32 = 3;

/// All sections, with their words.
#[derive(Debug)]
pub(in crate::pages::docs) struct Index(Vec<Entry>);

/// A section or operation that a result links to.
#[derive(Debug)]
struct Entry {
    href: String,
    /// Title of its page; `None` for a page of the API reference.
    page: Option<&'static str>,
    heading: String,
    text: String,
    /// Words of the page's title. Only a page's first section has them, so that it precedes the other sections.
    title_words: Words,
    heading_words: Words,
    text_words: Words,
}

/// A result of a query.
#[derive(Debug)]
pub(in crate::pages::docs) struct Hit<'a> {
    pub(in crate::pages::docs) href: &'a str,
    /// Title of its page; `None` for a page of the API reference.
    pub(in crate::pages::docs) page: Option<&'static str>,
    pub(in crate::pages::docs) heading: Vec<Piece<'a>>,
    pub(in crate::pages::docs) excerpt: Vec<Piece<'a>>,
}

/// A piece of text, and whether it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pages::docs) struct Piece<'a> {
    pub(in crate::pages::docs) text: &'a str,
    pub(in crate::pages::docs) is_match: bool,
}

impl<'a> Piece<'a> {
    const fn unmarked(text: &'a str) -> Self {
        Self { text, is_match: false }
    }
}

impl Index {
    pub(in crate::pages::docs) fn new(articles: &[(&Document, Article)], reference: &Reference) -> Self {
        let sections = articles.iter().flat_map(|(document, article)| {
            article.sections.iter().enumerate().map(move |(at, section)| {
                let href = match at {
                    0 => document.path(),
                    _ => format!("{}#{}", document.path(), section.anchor),
                };
                let title = if at == 0 { document.title } else { "" };
                Entry::new(href, Some(document.title), title, &section.heading, &section.text)
            })
        });
        let operations = reference.tags.iter().flat_map(|tag| {
            tag.operations.iter().map(move |operation| {
                let heading = format!("{} {} {}", operation.title, operation.method, operation.path);
                Entry::new(tag.link_to(operation), None, "", &heading, &operation.text)
            })
        });
        Self(sections.chain(operations).collect())
    }

    /// Returns the sections that contain, for every word of the query, a word that begins with it. Best first.
    pub(in crate::pages::docs) fn find(&self, query: &str) -> Vec<Hit<'_>> {
        let mut terms = words(query).map(|(_, word)| word.to_lowercase()).collect::<Vec<_>>();
        terms.truncate(MAX_TERMS);
        if terms.is_empty() {
            return Vec::new();
        }
        let mut found: Vec<_> = self.0.iter().filter_map(|entry| Some((entry.score(&terms)?, entry))).collect();
        // The sort is stable: entries with equal points keep the reading order.
        found.sort_by_key(|(score, _)| Reverse(*score));
        found.truncate(MAX_RESULTS);
        found.into_iter().map(|(_, entry)| entry.hit(&terms)).collect()
    }
}

impl Entry {
    fn new(href: String, page: Option<&'static str>, title: &str, heading: &str, text: &str) -> Self {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Self {
            href,
            page,
            heading: heading.to_owned(),
            title_words: Words::of(title),
            heading_words: Words::of(heading),
            text_words: Words::of(&text),
            text,
        }
    }

    /// Returns the points of the entry; `None` if a term matches nowhere in it.
    fn score(&self, terms: &[String]) -> Option<u32> {
        let places = [(&self.title_words, IN_TITLE), (&self.heading_words, IN_HEADING), (&self.text_words, IN_TEXT)];
        let points = terms.iter().map(|term| {
            places.iter().find_map(|(words, points)| {
                let is_whole = words.find(term)?;
                Some(if is_whole { points + WHOLE_WORD } else { *points })
            })
        });
        points.sum()
    }

    fn hit(&self, terms: &[String]) -> Hit<'_> {
        let part = excerpt(&self.text, terms);
        let mut pieces = highlight(part, terms);
        if !self.text.starts_with(part) {
            pieces.insert(0, Piece::unmarked("… "));
        }
        if !self.text.ends_with(part) {
            pieces.push(Piece::unmarked(" …"));
        }
        Hit { href: &self.href, page: self.page, heading: highlight(&self.heading, terms), excerpt: pieces }
    }
}

/// Words in lower case, sorted.
#[derive(Debug)]
struct Words(Vec<String>);

impl Words {
    fn of(text: &str) -> Self {
        let mut all: Vec<_> = words(text).map(|(_, word)| word.to_lowercase()).collect();
        all.sort_unstable();
        all.dedup();
        all.shrink_to_fit();
        Self(all)
    }

    /// Looks for a word that begins with the term; `None` if there is none, `Some(true)` if a word equals the term.
    fn find(&self, term: &str) -> Option<bool> {
        let first = self.0.get(self.0.partition_point(|word| word.as_str() < term))?;
        first.starts_with(term).then(|| first == term)
    }
}

/// Returns the words of a text with their positions. A word is a run of letters and digits.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_separator = |char: char| !char.is_alphanumeric();
    let with_positions = text.split_inclusive(is_separator).scan(0_usize, move |end, piece| {
        let start = *end;
        *end += piece.len();
        Some((start, piece.trim_end_matches(is_separator)))
    });
    with_positions.filter(|(_, word)| !word.is_empty())
}

fn is_match(word: &str, terms: &[String]) -> bool {
    let word = word.to_lowercase();
    terms.iter().any(|term| word.starts_with(term.as_str()))
}

/// Cuts the text around its first match, at spaces.
fn excerpt<'a>(text: &'a str, terms: &[String]) -> &'a str {
    let (before, after) = EXCERPT;
    let at = words(text).find(|(_, word)| is_match(word, terms)).map_or(0, |(at, _)| at);
    let cut = text.floor_char_boundary(at.saturating_sub(before));
    let start = match text.get(cut..at).and_then(|part| part.find(' ')) {
        Some(space) if cut > 0 => cut + space + 1,
        _ if cut > 0 => at,
        _ => 0,
    };
    let cut = text.floor_char_boundary(at + after);
    let end = match text.get(start..cut).and_then(|part| part.rfind(' ')) {
        Some(space) if cut < text.len() && start + space > at => start + space,
        _ => cut,
    };
    text.get(start..end).unwrap_or_default()
}

/// Splits a text into the words that match and the text between them.
fn highlight<'a>(text: &'a str, terms: &[String]) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    let mut done = 0;
    for (at, word) in words(text).filter(|(_, word)| is_match(word, terms)) {
        let between = text.get(done..at).unwrap_or_default();
        pieces.extend((!between.is_empty()).then(|| Piece::unmarked(between)));
        pieces.push(Piece { text: word, is_match: true });
        done = at + word.len();
    }
    let rest = text.get(done..).unwrap_or_default();
    pieces.extend((!rest.is_empty()).then(|| Piece::unmarked(rest)));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(entries: &[(&str, &str, &str, &str)]) -> Index {
        let entry = |(href, title, heading, text): &(&str, &str, &str, &str)| {
            Entry::new((*href).to_owned(), Some("Page"), title, heading, text)
        };
        Index(entries.iter().map(entry).collect())
    }

    fn found<'a>(index: &'a Index, query: &str) -> Vec<&'a str> {
        index.find(query).into_iter().map(|hit| hit.href).collect()
    }

    #[test]
    fn a_title_precedes_a_heading_and_a_heading_precedes_text() {
        let index = index(&[
            ("/text", "", "Other", "A webhook is sent."),
            ("/heading", "", "Webhook signatures", "How to verify."),
            ("/title", "Webhooks", "Webhooks", "Events."),
            ("/none", "", "Plans", "Prices."),
        ]);
        assert_eq!(found(&index, "webhook"), ["/title", "/heading", "/text"]);
    }

    #[test]
    fn every_word_must_be_there_or_begin_one() {
        let index = index(&[("/a", "", "Rates", "limit_reached: Retry-After"), ("/b", "", "Rates", "limit")]);
        assert_eq!(found(&index, "LIMIT reach"), ["/a"]);
        assert_eq!(found(&index, "limit_reached"), ["/a"]);
        assert_eq!(found(&index, "limit"), ["/a", "/b"]);
        assert_eq!(found(&index, "eached"), Vec::<&str>::new(), "not in the middle of a word");
        for nothing in ["", "  ", "%&/()=?", "limit missing"] {
            assert_eq!(found(&index, nothing), Vec::<&str>::new(), "{nothing}");
        }
    }

    #[test]
    fn results_and_terms_are_bounded() {
        let entries: Vec<_> = (0..100).map(|_| ("/a", "", "Same", "words")).collect();
        let index = index(&entries);
        assert_eq!(index.find("same").len(), MAX_RESULTS);
        assert_eq!(index.find("same same same same same same same same missing").len(), MAX_RESULTS);
    }

    #[test]
    fn matches_are_marked_in_an_excerpt() {
        let text = format!("{} the Größe counts {}", "vor ".repeat(50), "nach ".repeat(100));
        let index = index(&[("/a", "", "Größe", &text)]);
        let hits = index.find("grö");
        let [hit] = hits.as_slice() else { panic!("{hits:?}") };
        assert_eq!(hit.heading, [Piece { text: "Größe", is_match: true }]);
        let shown: String = hit.excerpt.iter().map(|piece| piece.text).collect();
        assert!(
            shown.starts_with("… vor") && shown.contains("the Größe counts") && shown.ends_with("nach …"),
            "{shown}"
        );
        assert!(shown.len() < EXCERPT.0 + EXCERPT.1 + 20, "{shown}");
        assert_eq!(hit.excerpt.iter().filter(|piece| piece.is_match).count(), 1);
    }
}
