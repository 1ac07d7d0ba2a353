//! Renders a document's Markdown, and collects its headings and its sections for the search.

use std::collections::BTreeSet;

use pulldown_cmark::{Alignment, CodeBlockKind, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html};

use super::{code, contents::DOCUMENTS, picture::Picture};

/// Ids in the frame of every page, which no heading may have.
const RESERVED_IDS: [&str; 2] = ["main", "hatch"];

/// A rendered document.
#[derive(Debug)]
pub(super) struct Article {
    /// The heading of level 1, which `html` lacks.
    pub(super) title: String,
    pub(super) anchor: String,
    pub(super) html: String,
    /// Headings of level 2.
    pub(super) headings: Vec<Heading>,
    /// The text by heading; the first section is that of the title.
    pub(super) sections: Vec<Section>,
    /// The first paragraph, as text.
    pub(super) summary: String,
    pub(super) has_code: bool,
}

/// A heading that a page links to.
#[derive(Debug)]
pub(super) struct Heading {
    pub(super) anchor: String,
    pub(super) text: String,
}

/// A heading with the text below it, as the search sees it.
#[derive(Debug, Default)]
pub(super) struct Section {
    pub(super) anchor: String,
    pub(super) heading: String,
    pub(super) text: String,
}

/// Renders a document.
pub(super) fn article(source: &str) -> Article {
    let mut renderer = Renderer { sections: vec![Section::default()], ..Renderer::default() };
    renderer.ids.extend(RESERVED_IDS.map(ToOwned::to_owned));
    for event in parser(source) {
        renderer.take(event);
    }
    let Renderer { events, sections, headings, summary, has_code, .. } = renderer;
    let (title, anchor) =
        sections.first().map(|first| (first.heading.clone(), first.anchor.clone())).unwrap_or_default();
    let html = to_html(events.into_iter());
    Article { title, anchor, html, headings, sections, summary: summary.unwrap_or_default(), has_code }
}

/// Renders a description from the API document as HTML. Raw HTML in the description is shown as text.
pub(super) fn fragment(source: &str) -> String {
    to_html(parser(source).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        event => event,
    }))
}

/// Like [`fragment`], but renders a single paragraph without its `<p>` tags.
pub(super) fn line(source: &str) -> String {
    let html = fragment(source);
    let inner = html.trim().strip_prefix("<p>").and_then(|html| html.strip_suffix("</p>"));
    inner.filter(|inner| !inner.contains("<p>")).map_or_else(|| html.clone(), ToOwned::to_owned)
}

/// Returns the text of Markdown without markup.
pub(super) fn plain(source: &str) -> String {
    let mut text = String::new();
    for event in parser(source) {
        match event {
            Event::Text(part) | Event::Code(part) => text.push_str(&part),
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            Event::End(end) if ends_word(end) => text.push(' '),
            _ => {}
        }
    }
    text.trim().to_owned()
}

fn parser(source: &str) -> Parser<'_> {
    Parser::new_ext(source, Options::ENABLE_TABLES)
}

fn to_html<'a>(events: impl Iterator<Item = Event<'a>>) -> String {
    let mut out = String::new();
    html::push_html(&mut out, events);
    out.replace("<table>", "<table class=\"ledger\">")
}

#[derive(Default)]
struct Renderer<'a> {
    events: Vec<Event<'a>>,
    heading: Option<OpenHeading<'a>>,
    ids: BTreeSet<String>,
    headings: Vec<Heading>,
    sections: Vec<Section>,
    /// For each link that is open, the innermost last, whether it is rendered as a link.
    links: Vec<bool>,
    /// The open picture.
    picture: Option<Picture>,
    has_title: bool,
    has_code: bool,
    summary: Option<String>,
}

struct OpenHeading<'a> {
    level: HeadingLevel,
    events: Vec<Event<'a>>,
    text: String,
}

impl<'a> Renderer<'a> {
    fn take(&mut self, event: Event<'a>) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                self.heading = Some(OpenHeading { level, events: Vec::new(), text: String::new() });
            }
            Event::End(TagEnd::Heading(_)) => self.close_heading(),
            Event::Start(Tag::Table(columns)) => {
                self.push(Event::Html(self.open_table().into()));
                // Alignment would be rendered as inline style, which the content security policy forbids.
                self.push(Event::Start(Tag::Table(vec![Alignment::None; columns.len()])));
            }
            Event::End(TagEnd::Table) => {
                self.push(Event::End(TagEnd::Table));
                self.push(Event::Html("</div>".into()));
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                let info = match &kind {
                    CodeBlockKind::Fenced(info) => &**info,
                    CodeBlockKind::Indented => "",
                };
                self.push(Event::Html(code::open(info).into()));
                self.has_code = true;
            }
            Event::End(TagEnd::CodeBlock) => {
                self.push(Event::Html(code::CLOSE.into()));
                self.note(" ");
            }
            Event::Start(Tag::Link { dest_url, .. }) => self.open_link(&dest_url),
            Event::End(TagEnd::Link) => {
                if self.links.pop() == Some(true) {
                    self.push(Event::End(TagEnd::Link));
                }
            }
            // An image that is not published is replaced by its alternative text.
            Event::Start(Tag::Image { dest_url, .. }) => self.picture = Picture::named(&dest_url),
            Event::End(TagEnd::Image) => self.close_picture(),
            // Inline HTML is shown as text. HTML blocks and comments are left out.
            Event::Start(Tag::HtmlBlock) | Event::End(TagEnd::HtmlBlock) | Event::Html(_) => {}
            Event::InlineHtml(html) => {
                if !html.starts_with("<!--") {
                    self.note(&html);
                    self.push(Event::Text(html));
                }
            }
            Event::Text(text) => {
                self.note(&text);
                match &mut self.picture {
                    Some(picture) => picture.alt.push_str(&text),
                    None => self.push(Event::Text(text)),
                }
            }
            Event::Code(text) => {
                self.note(&text);
                self.push(Event::Code(text));
            }
            Event::End(end) => {
                if end == TagEnd::Paragraph && self.summary.is_none() {
                    self.summary = self.sections.last().map(|section| section.text.trim().to_owned());
                }
                if ends_word(end) {
                    self.note(" ");
                }
                self.push(Event::End(end));
            }
            event @ (Event::SoftBreak | Event::HardBreak) => {
                self.note(" ");
                match &mut self.picture {
                    Some(picture) => picture.alt.push(' '),
                    None => self.push(event),
                }
            }
            event => self.push(event),
        }
    }

    fn push(&mut self, event: Event<'a>) {
        match &mut self.heading {
            Some(heading) => heading.events.push(event),
            None => self.events.push(event),
        }
    }

    /// Adds text to the open heading or to the current section.
    fn note(&mut self, text: &str) {
        if let Some(heading) = &mut self.heading {
            heading.text.push_str(text);
        } else if let Some(section) = self.sections.last_mut() {
            section.text.push_str(text);
        }
    }

    fn close_heading(&mut self) {
        let Some(OpenHeading { level, events, text }) = self.heading.take() else { return };
        let anchor = self.new_id(&text);
        if level == HeadingLevel::H1 && !self.has_title {
            self.has_title = true;
            if let Some(first) = self.sections.first_mut() {
                (first.anchor, first.heading) = (anchor, text);
            }
            return;
        }
        let (id, classes, attrs) = (Some(anchor.clone().into()), Vec::new(), Vec::new());
        self.events.push(Event::Start(Tag::Heading { level, id, classes, attrs }));
        self.events.extend(events);
        self.events.push(Event::End(TagEnd::Heading(level)));
        if level == HeadingLevel::H2 {
            self.headings.push(Heading { anchor: anchor.clone(), text: text.clone() });
        }
        self.sections.push(Section { anchor, heading: text, text: String::new() });
    }

    /// Returns an id for a heading, as GitHub forms it. A number makes the id of a repeated heading unique.
    fn new_id(&mut self, heading: &str) -> String {
        let slug = slug(heading);
        let numbered = (1..).map(|number| format!("{slug}-{number}"));
        let free = std::iter::once(slug.clone()).chain(numbered).find(|id| !self.ids.contains(id));
        let id = free.unwrap_or(slug);
        self.ids.insert(id.clone());
        id
    }

    /// Returns the start tag of the scrolling box around a table, labeled with the heading above the table.
    ///
    /// The role is `group` and not `region`, because landmarks would need distinct names.
    fn open_table(&self) -> String {
        let heading = self.sections.last().map(|section| section.heading.as_str()).unwrap_or_default();
        let label = code::escaped(heading).replace('"', "&quot;");
        format!(r#"<div class="scroll" tabindex="0" role="group" aria-label="Table: {label}">"#)
    }

    fn close_picture(&mut self) {
        let Some(picture) = self.picture.take() else { return };
        let heading = self.sections.last().map(|section| section.heading.as_str()).unwrap_or_default();
        let html = picture.html(heading);
        self.push(Event::InlineHtml(html.into()));
    }

    fn open_link(&mut self, to: &str) {
        let target = target(to);
        self.links.push(target.is_some());
        if let Some(target) = target {
            self.push(Event::Start(Tag::Link {
                link_type: LinkType::Inline,
                dest_url: target.into(),
                title: "".into(),
                id: "".into(),
            }));
        }
    }
}

/// Whether the end of the element also ends a word, so that a space has to follow in plain text.
const fn ends_word(end: TagEnd) -> bool {
    matches!(end, TagEnd::Paragraph | TagEnd::Item | TagEnd::TableCell | TagEnd::BlockQuote(_))
}

fn slug(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|char| char.is_alphanumeric() || " -_".contains(*char));
    kept.flat_map(char::to_lowercase).map(|char| if char == ' ' { '-' } else { char }).collect()
}

/// Returns the URL that a link leads to on the site; `None` for a file that is not published.
fn target(to: &str) -> Option<String> {
    if to.starts_with(['#', '/']) || ["https://", "http://", "mailto:"].iter().any(|scheme| to.starts_with(scheme)) {
        return Some(to.to_owned());
    }
    let (file, anchor) = to.split_at(to.find('#').unwrap_or(to.len()));
    let slug = file.strip_prefix("./").unwrap_or(file).strip_suffix(".md")?;
    DOCUMENTS.iter().any(|document| document.slug == slug).then(|| format!("/docs/{slug}{anchor}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_become_anchors_and_sections() {
        let page = article("# The `title`\n\nOne *two*.\n\n## A & B: c_d\n\nText\n\n### Deep\n\n## A & B: c_d\n");
        assert_eq!(
            (page.title.as_str(), page.anchor.as_str(), page.summary.as_str()),
            ("The title", "the-title", "One two.")
        );
        let anchors: Vec<_> = page.headings.iter().map(|heading| heading.anchor.as_str()).collect();
        assert_eq!(anchors, ["a--b-c_d", "a--b-c_d-1"]);
        assert!(page.html.contains("<h2 id=\"a--b-c_d\">A &amp; B: c_d</h2>"), "{}", page.html);
        assert!(!page.html.contains("<h1"), "{}", page.html);
        let sections: Vec<_> = page.sections.iter().map(|part| (part.heading.as_str(), part.text.trim())).collect();
        assert_eq!(sections, [("The title", "One two."), ("A & B: c_d", "Text"), ("Deep", ""), ("A & B: c_d", "")]);
    }

    #[test]
    fn links_lead_to_published_pages_or_stay_text() {
        for (to, expected) in [
            ("bounds.md", Some("/docs/bounds")),
            ("./bounds.md#requests", Some("/docs/bounds#requests")),
            ("#here", Some("#here")),
            ("/settings/keys", Some("/settings/keys")),
            ("https://example.com/a.md", Some("https://example.com/a.md")),
            ("../src/api.rs", None),
            ("../../README.md", None),
            ("no-such-page.md", None),
            ("javascript:alert(1)", None),
        ] {
            assert_eq!(target(to).as_deref(), expected, "{to}");
        }
        let page = article("# T\n\n[the code](../src/api.rs) and [bounds](bounds.md)\n");
        assert!(page.html.contains("<p>the code and <a href=\"/docs/bounds\">bounds</a></p>"), "{}", page.html);
    }

    #[test]
    fn code_shows_only_its_text() {
        let page = article("# T\n\n```sh not-run=\"needs a key\"\necho \"<a>\" && true\n```\n");
        let code = "<pre><code class=\"language-sh\">echo \"&lt;a&gt;\" &amp;&amp; true\n</code></pre><button";
        assert!(page.has_code && page.html.contains(code), "{}", page.html);
        assert!(!page.html.contains("not-run"), "{}", page.html);
        assert!(page.sections[0].text.contains("echo \"<a>\" && true"), "the search finds code");
        assert!(!article("# T\n\n`inline`\n").has_code);
    }

    #[test]
    fn tables_scroll_on_their_own_without_inline_style() {
        let page = article("# T\n\n## Costs\n\n| what | ms |\n|---|---:|\n| a | 1 |\n");
        let open = "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table: Costs\">";
        assert!(page.html.contains(open) && page.html.contains("<table class=\"ledger\">"), "{}", page.html);
        assert!(!page.html.contains("style"), "{}", page.html);
    }

    #[test]
    fn a_picture_stands_in_the_page_with_its_text() {
        let page = article("# T\n\n## Here\n\n![Dues, a \"tenant\"\nand you.](integrate.svg)\n\n![A page](page.png)\n");
        let open = "<p><span class=\"picture scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Picture: Here\"><svg \
                    role=\"img\" aria-label=\"Dues, a &quot;tenant&quot; and you.\" ";
        assert!(page.html.contains(open) && page.html.contains("</svg></span></p>"), "{}", page.html);
        assert!(!page.html.contains("style") && !page.html.contains("prefers-color-scheme"), "{}", page.html);
        assert!(page.html.contains("<p>A page</p>"), "{}", page.html);
        assert!(page.sections[1].text.contains("a \"tenant\" and you."), "the search finds the text");
    }

    #[test]
    fn raw_html_is_not_rendered() {
        let page =
            article("# T\n\n<!-- a comment -->\n\nUse <id> here <!-- or not -->.\n\n<script>alert(1)</script>\n");
        assert!(page.html.contains("Use &lt;id&gt; here") && !page.html.contains("<script"), "{}", page.html);
        assert!(!page.html.contains("comment") && !page.html.contains("or not"), "{}", page.html);
    }

    #[test]
    fn a_line_has_no_paragraph() {
        assert_eq!(line("The `key`.\n"), "The <code>key</code>.");
        assert!(line("One.\n\nTwo.").starts_with("<p>One.</p>"));
        assert_eq!(plain("The `key`\nof *it*."), "The key of it.");
    }
}
